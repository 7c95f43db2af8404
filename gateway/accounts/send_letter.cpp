#include "gateway/accounts/send_letter.hpp"

#include "gateway/accounts/desk.hpp"

namespace yett::accounts {

task<result<void>> send_letter(desk const& at, mailed_link mailed)
{
    paperwork all;
    add(all, std::move(mailed));
    auto const done = co_await at.links.commit(all);
    if (!done && !(done.error() == errc::not_found)) co_return done.error();
    co_return result<void>{};
}

} // namespace yett::accounts
