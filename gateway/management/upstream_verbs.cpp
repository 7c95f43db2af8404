#include "gateway/management/upstream_verbs.hpp"

#include "gateway/base/text/rfc3339.hpp"

// One page, however many they are: an operator wants to see them side by side, and a configuration that lists them is
// no longer.

namespace yett::management {
namespace {

boost::json::object row_of(upstream_row const& one, wall_time now)
{
    boost::json::object row;
    row["upstream"] = one.upstream;
    row["server"] = one.server;
    row["state"] = one.state;
    // To the nearest second, so that who asks twice is told the same.
    row["since"] = rfc3339(std::chrono::round<seconds>(now - one.unchanged_for));
    row["weight"] = one.weight;
    row["share_percent"] = one.share;
    row["in_flight"] = one.in_flight;
    row["good"] = one.good;
    row["bad"] = one.bad;
    row["cause"] = one.cause;
    return row;
}

} // namespace

task<answer> list_upstreams(context const& ctx, arguments&, actor const& caller)
{
    if (!ctx.upstreams) co_return client_error(errc::stopping, "no program runs here that could know how the servers are");
    boost::json::array items;
    for (auto const& each : ctx.upstreams()) items.push_back(row_of(each, caller.now));
    boost::json::object page;
    page["items"] = std::move(items);
    co_return page;
}

} // namespace yett::management
