#include "gateway/management/node_verbs.hpp"

#include "gateway/accounts/ports/node_list.hpp"
#include "gateway/base/text/rfc3339.hpp"
#include "gateway/management/page.hpp"

namespace yett::management {
namespace {

boost::json::object row_of(accounts::node_entry const& one)
{
    boost::json::object row;
    row["id"] = one.id;
    row["host"] = one.host;
    row["version"] = one.version;
    row["started_at"] = rfc3339(one.started_at);
    row["seen_at"] = rfc3339(one.seen_at);
    if (one.horizon_age) row["horizon_age_ms"] = one.horizon_age->count();
    else row["horizon_age_ms"] = nullptr;
    return row;
}

} // namespace

task<answer> list_nodes(context const& ctx, arguments&, actor const&)
{
    if (!ctx.nodes) co_return client_error(errc::bad_request, "one program works on this storage; several may share postgresql:");
    auto const found = co_await ctx.nodes->list();
    if (!found) co_return found.error();
    co_return page_of(*found, row_of, 0);
}

} // namespace yett::management
