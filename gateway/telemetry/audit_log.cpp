#include "gateway/telemetry/audit_log.hpp"

namespace yett::telemetry {

audit_log::audit_log(log_sink& to, line_format format) : sink_{&to}, ring_{&to.add("audit")}, line_{format} {}

void audit_log::write(audit_record const& r)
{
    if (ring_ == nullptr) return;

    std::scoped_lock const lock{mutex_};
    line_.begin(r.at);
    line_.add_bare("event", r.event, 64);
    line_.add("user_id", r.user_id, 255);
    line_.add("sid", r.session, 255);
    line_.add("key", r.key, 64);
    line_.add("client_ip", r.client_ip, 64);
    line_.add("by", r.by, 64);
    line_.add("reason", r.reason, 64);
    ring_->push(line_.end());
    sink_->wake();
}

} // namespace yett::telemetry
