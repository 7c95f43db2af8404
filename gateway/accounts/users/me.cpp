#include "gateway/accounts/users/me.hpp"

#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/ports/user_store.hpp"

namespace yett::accounts {

task<result<profile>> me(account_services const& services, std::string user_id)
{
    auto const found = co_await services.users.find(user_id);
    if (!found && found.error() == errc::not_found) co_return errc::unauthenticated;
    if (!found) co_return found.error();
    if (found->disabled) co_return errc::unauthenticated;
    co_return profile_of(*found);
}

} // namespace yett::accounts
