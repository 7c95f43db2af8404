#include "gateway/accounts/users/follow_link.hpp"

#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/ports/link_store.hpp"

namespace yett::accounts {

error refused(error const& why)
{
    return why == errc::not_found || why == errc::conflict ? error{errc::link_invalid} : why;
}

task<result<link>> find_link(account_services const& services, secret token, link_purpose purpose, wall_time now)
{
    auto const read = read_link_token(token.reveal());
    if (!read) co_return errc::link_invalid;
    auto found = co_await services.links.find(read->hash);
    if (!found) co_return refused(found.error());
    if (found->purpose != purpose) co_return errc::link_invalid;
    if (now >= found->expires_at) co_return errc::link_expired;
    co_return found;
}

task<result<user>> owner_of(account_services const& services, link const& followed)
{
    auto found = co_await services.users.find(followed.user_id);
    if (!found) co_return refused(found.error());
    if (found->disabled || found->email_key != followed.email_key) co_return errc::link_invalid;
    co_return found;
}

} // namespace yett::accounts
