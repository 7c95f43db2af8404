#include "gateway/accounts/users/remove_user.hpp"

#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/ports/user_store.hpp"
#include "gateway/accounts/prove.hpp"
#include "gateway/accounts/revoke.hpp"
#include "gateway/accounts/users/api_keys.hpp"
#include "gateway/accounts/users/own_deed.hpp"

namespace yett::accounts {
namespace {

constexpr own_deed deed{"user_deleted", "user_deletion_failed"};

} // namespace

// Disabled first, so that no login comes in between; its session would vanish with the user,
// and its access token would outlive both. Once more at the end, for a store that keeps sessions
// elsewhere and forgets there what it knows of somebody who is gone: the removal has happened by
// then, and what fails of that is forgotten by its age.
task<result<void>> remove_user(account_services const& services, std::string user_id, wall_time now)
{
    user_change off;
    off.disabled = true;
    auto const disabled = co_await services.users.change(user_id, off);
    if (!disabled) co_return disabled.error();
    auto const ended = co_await end_sessions(services, user_id, {}, now);
    if (!ended) co_return ended.error();
    api_key_removal all;
    all.user_id = user_id;
    auto const keys = co_await remove_api_keys(services, std::move(all), now);
    if (!keys) co_return keys.error();
    auto const gone = co_await services.users.remove(user_id);
    if (!gone) co_return gone.error();
    static_cast<void>(co_await end_sessions(services, user_id, {}, now));
    co_return result<void>{};
}

task<result<void>> remove_self(account_services const& services, farewell asked, wall_time now)
{
    if (!services.rules.self_delete) co_return client_error(errc::forbidden, "users do not remove their accounts");
    if (asked.password) {
        auto const known = co_await prove(services, asked.who.user_id, std::move(*asked.password));
        if (!known && known.error() == errc::invalid_credentials) report(services, deed, asked.who, "wrong_password", now);
        if (!known) co_return known.error();
    }
    auto const gone = co_await remove_user(services, asked.who.user_id, now);
    if (!gone) co_return gone.error() == errc::not_found ? error{errc::unauthenticated} : gone.error();
    report(services, deed, asked.who, {}, now);
    co_return result<void>{};
}

} // namespace yett::accounts
