#include "gateway/upstream/balancing/verdict.hpp"

#include <fmt/format.h>

// A reply that says 500 may have been passed on as a whole, which is a success to the request and none of the
// server. A request that nobody waits for says nothing: who looked away does not know how it ended. Nor does a
// WebSocket that breaks off: applications end them as they like.

namespace yett::upstream {
namespace {

bool speaks_of_the_server(unsigned status) noexcept
{
    return status >= 500 && status <= 599 && status != 501 && status != 505;
}

bool is_the_servers(error const& why) noexcept
{
    if (why.from() != origin::upstream) return false;
    return why == errc::upstream_unavailable || why == errc::upstream_timeout || why == errc::upstream_broken;
}

} // namespace

server_verdict verdict_on(attempt_report const& a) noexcept
{
    if (a.outcome) return speaks_of_the_server(a.status) ? server_verdict::bad : server_verdict::good;
    auto const& why = a.outcome.error();
    auto const died_of_age = a.on_kept_connection && a.status == 0 && why == errc::upstream_broken;
    auto const was_tunnel = a.status == 101;
    return is_the_servers(why) && !died_of_age && !was_tunnel ? server_verdict::bad : server_verdict::nothing;
}

std::string cause_of(attempt_report const& a)
{
    return a.outcome ? fmt::format("status {}", a.status) : cause_of(a.outcome.error());
}

std::string cause_of(error const& why)
{
    auto const text = why.note().empty() ? std::string{name_of(why.code())} : why.note();
    return why.cause() ? fmt::format("{}: {}", text, why.cause().message()) : text;
}

} // namespace yett::upstream
