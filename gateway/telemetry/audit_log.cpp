#include "gateway/telemetry/audit_log.hpp"

namespace yett::telemetry {

std::string mask_email(std::string_view address)
{
    if (address.empty()) return {};
    // What is not an address may be a password typed into the wrong field: show nothing of it.
    auto const at = address.rfind('@');
    if (at == address.npos || at == 0) return "***";

    std::string masked;
    auto const first = static_cast<unsigned char>(address.front());
    if (first < 0x80) masked += address.front();
    masked += "***";
    masked += address.substr(at);
    return masked;
}

audit_log::audit_log(log_sink& to, line_format format) : sink_{&to}, ring_{&to.add("audit")}, line_{format} {}

void audit_log::write(audit_record const& r)
{
    if (ring_ == nullptr) return;

    std::scoped_lock const lock{mutex_};
    line_.begin(r.at);
    line_.add_bare("event", r.event, 64);
    line_.add("user_id", r.user_id, 255);
    line_.add("email", mask_email(r.email), 255);
    line_.add("sid", r.session, 255);
    line_.add("key", r.key, 64);
    line_.add("client_ip", r.client_ip, 64);
    line_.add("by", r.by, 64);
    line_.add("request_id", r.request_id, 255);
    line_.add("reason", r.reason, 64);
    line_.add("user_agent", r.user_agent, 256);
    ring_->push(line_.end());
    sink_->wake();
}

} // namespace yett::telemetry
