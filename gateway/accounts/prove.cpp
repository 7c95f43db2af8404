#include "gateway/accounts/prove.hpp"

#include "gateway/accounts/desk.hpp"
#include "gateway/accounts/passwords/password.hpp"

namespace yett::accounts {

task<result<user>> prove(desk const& at, std::string user_id, secret typed)
{
    auto const current = normalise_password(typed, at.rules.password.max_bytes);
    if (!current) co_return errc::invalid_credentials;
    auto found = co_await at.users.find(user_id);
    if (!found && found.error() == errc::not_found) co_return errc::invalid_credentials;
    if (!found) co_return found.error();
    auto const same = co_await at.passwords.verify(*current, found->password_hash);
    if (!same) co_return same.error();
    if (*same == verdict::wrong || found->disabled) co_return errc::invalid_credentials;
    co_return found;
}

} // namespace yett::accounts
