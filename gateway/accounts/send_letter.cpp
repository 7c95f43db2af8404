#include "gateway/accounts/send_letter.hpp"

#include "gateway/accounts/account_services.hpp"

namespace yett::accounts {

task<result<void>> send_letter(account_services const& services, mailed_link mailed)
{
    account_transaction all;
    add(all, std::move(mailed));
    auto const done = co_await services.links.commit(all);
    if (!done && !(done.error() == errc::not_found)) co_return done.error();
    co_return result<void>{};
}

} // namespace yett::accounts
