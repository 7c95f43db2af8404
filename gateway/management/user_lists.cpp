#include "gateway/base/text/rfc3339.hpp"
#include "gateway/management/find_user.hpp"
#include "gateway/management/page.hpp"
#include "gateway/management/user_rows.hpp"
#include "gateway/management/user_verbs.hpp"

namespace yett::management {
namespace {

boost::json::object full_row_of(accounts::user const& u)
{
    auto row = row_of(u);
    row["password_hash"] = u.password_hash;
    row["password_changed_at"] = rfc3339(u.password_changed_at);
    return row;
}

} // namespace

task<answer> list_users(context const& ctx, arguments& asked, actor const&)
{
    auto const wanted = page_asked(asked);
    if (auto const fine = asked.fine(); !fine) co_return fine.error();
    auto const users = co_await ctx.services.users.list(wanted);
    if (!users) co_return users.error();
    co_return page_of(*users, row_of, wanted.limit);
}

task<answer> export_users(context const& ctx, arguments& asked, actor const& caller)
{
    auto const wanted = page_asked(asked);
    if (auto const fine = asked.fine(); !fine) co_return fine.error();
    auto const users = co_await ctx.services.users.list(wanted);
    if (!users) co_return users.error();
    // Hashes leave the house: once for the whole export.
    if (wanted.after.empty()) report(ctx, "users_exported", {}, caller);
    co_return page_of(*users, full_row_of, wanted.limit);
}

} // namespace yett::management
