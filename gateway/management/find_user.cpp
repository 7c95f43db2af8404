#include "gateway/management/find_user.hpp"

#include "gateway/accounts/address.hpp"
#include "gateway/accounts/audit_sink.hpp"
#include "gateway/accounts/users/service_account.hpp"

namespace yett::management {

task<result<accounts::user>> find_user(office const& at, std::string const& who)
{
    std::string key;
    if (auto const address = accounts::parse_address(who)) key = address->key;
    else if (accounts::is_service_key(who)) key = who;
    result<accounts::user> found{errc::not_found};
    if (!key.empty()) found = co_await at.desk.users.find_by_email(key);
    else found = co_await at.desk.users.find(who);
    if (!found && found.error() == errc::not_found) co_return client_error(errc::not_found, "there is no user " + who);
    co_return found;
}

void report(office const& at, std::string_view event, std::string_view user_id, occasion const& when)
{
    accounts::audit_event what;
    what.name = event;
    what.at = when.now;
    what.user_id = user_id;
    what.by = when.by;
    at.desk.audit.record(what);
}

} // namespace yett::management
