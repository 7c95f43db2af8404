#include "gateway/telemetry/access_log.hpp"

namespace yett::telemetry {
namespace {

// What a client chooses freely is cut, so that a line stays well below a ring's size.
constexpr std::size_t name_length = 255;
constexpr std::size_t path_length = 1024;
constexpr std::size_t agent_length = 256;

std::string_view without_query(std::string_view path)
{
    return path.substr(0, path.find_first_of("?#"));
}

} // namespace

access_log::access_log(log_sink& to, line_format format) : sink_{&to}, ring_{&to.add("access")}, line_{format} {}

void access_log::write(access_record const& r)
{
    if (!on()) return;

    line_.begin(r.at);
    line_.add("request_id", r.request_id, name_length);
    line_.add_bare("client_ip", r.client_ip, name_length);
    if (r.peer_ip != r.client_ip) line_.add("peer_ip", r.peer_ip, name_length);
    line_.add_bare("method", r.method, 32);
    line_.add_bare("host", r.host, name_length);
    line_.add_bare("path", without_query(r.path), path_length);
    line_.add("protocol", r.protocol, 16);
    line_.add("status", std::uint64_t{r.status});
    line_.add_milliseconds("duration_ms", r.duration);
    line_.add("bytes_in", r.bytes_in);
    line_.add("bytes_out", r.bytes_out);
    line_.add("route", r.route, name_length);
    line_.add("upstream", r.upstream, name_length);
    if (r.upstream_status != 0) line_.add("upstream_status", std::uint64_t{r.upstream_status});
    if (r.upstream_duration) line_.add_milliseconds("upstream_ms", *r.upstream_duration);
    line_.add("sub", r.subject, name_length);
    line_.add("sid", r.session, name_length);
    line_.add("auth", r.auth);
    line_.add("auth_reason", r.auth_reason);
    line_.add("decision", r.decision);
    line_.add("ended", r.ended);
    line_.add("error", r.error);
    line_.add("cause", r.cause, name_length);
    line_.add("user_agent", r.user_agent, agent_length);
    ring_->push(line_.end());
    sink_->wake();
}

} // namespace yett::telemetry
