#include "gateway/accounts/prove.hpp"

#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/passwords/password.hpp"

namespace yett::accounts {

task<result<user>> prove(account_services const& services, std::string user_id, secret typed)
{
    auto const current = normalise_password(typed, services.rules.password.max_bytes);
    if (!current) co_return errc::invalid_credentials;
    auto found = co_await services.users.find(user_id);
    if (!found && found.error() == errc::not_found) co_return errc::invalid_credentials;
    if (!found) co_return found.error();
    auto const same = co_await services.passwords.verify(*current, found->password_hash);
    if (!same) co_return same.error();
    if (*same == verdict::wrong || found->disabled) co_return errc::invalid_credentials;
    co_return found;
}

} // namespace yett::accounts
