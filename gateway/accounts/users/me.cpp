#include "gateway/accounts/users/me.hpp"

#include "gateway/accounts/desk.hpp"
#include "gateway/accounts/ports/user_store.hpp"

namespace yett::accounts {

task<result<profile>> me(desk const& at, std::string user_id)
{
    auto const found = co_await at.users.find(user_id);
    if (!found && found.error() == errc::not_found) co_return errc::unauthenticated;
    if (!found) co_return found.error();
    if (found->disabled) co_return errc::unauthenticated;
    co_return profile_of(*found);
}

} // namespace yett::accounts
