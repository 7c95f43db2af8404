#include "gateway/management/find_user.hpp"

#include "gateway/accounts/address.hpp"
#include "gateway/accounts/audit_sink.hpp"
#include "gateway/accounts/users/service_account.hpp"

namespace yett::management {

task<result<accounts::user>> find_user(context const& ctx, std::string const& who)
{
    std::string key;
    if (auto const address = accounts::parse_address(who)) key = address->key;
    else if (accounts::is_service_key(who)) key = who;
    result<accounts::user> found{errc::not_found};
    if (!key.empty()) found = co_await ctx.services.users.find_by_email(key);
    else found = co_await ctx.services.users.find(who);
    if (!found && found.error() == errc::not_found) co_return client_error(errc::not_found, "there is no user " + who);
    co_return found;
}

void report(context const& ctx, std::string_view event, std::string_view user_id, actor const& caller)
{
    accounts::audit_event what;
    what.name = event;
    what.at = caller.now;
    what.user_id = user_id;
    what.by = caller.by;
    ctx.services.audit.record(what);
}

} // namespace yett::management
