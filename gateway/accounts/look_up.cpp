#include "gateway/accounts/look_up.hpp"

#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/address.hpp"

namespace yett::accounts {

task<result<std::optional<user>>> look_up(account_services const& services, std::string email)
{
    auto const where = parse_address(email);
    // What is no address is looked up as well, under a key that nobody has.
    std::string key;
    if (where) key = where->key;
    auto found = co_await services.users.find_by_email(key);
    if (found) co_return std::move(*found);
    if (found.error() == errc::not_found) co_return std::nullopt;
    co_return found.error();
}

} // namespace yett::accounts
