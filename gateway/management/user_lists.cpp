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

task<answer> list_users(office const& at, order& asked, occasion const&)
{
    auto const wanted = page_asked(asked);
    if (auto const fine = asked.fine(); !fine) co_return fine.error();
    auto const users = co_await at.desk.users.list(wanted);
    if (!users) co_return users.error();
    co_return page_of(*users, row_of, wanted.limit);
}

task<answer> export_users(office const& at, order& asked, occasion const& when)
{
    auto const wanted = page_asked(asked);
    if (auto const fine = asked.fine(); !fine) co_return fine.error();
    auto const users = co_await at.desk.users.list(wanted);
    if (!users) co_return users.error();
    // Hashes leave the house: once for the whole export.
    if (wanted.after.empty()) report(at, "users_exported", {}, when);
    co_return page_of(*users, full_row_of, wanted.limit);
}

} // namespace yett::management
