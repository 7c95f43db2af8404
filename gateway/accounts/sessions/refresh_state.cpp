#include "gateway/accounts/sessions/refresh_state.hpp"

#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/ports/session_store.hpp"
#include "gateway/base/secret.hpp"
#include "gateway/tokens/opaque/refresh_token.hpp"

namespace yett::accounts {
namespace {

refresh_state within(session const& s, std::string_view hash, milliseconds grace, wall_time now)
{
    if (!is_live(s, now)) return refresh_state::unknown;
    if (equal_in_constant_time(hash, s.current_hash)) return refresh_state::current;
    auto const is_previous = equal_in_constant_time(hash, s.previous_hash);
    return is_previous && now - s.rotated_at <= grace ? refresh_state::replayed : refresh_state::spent;
}

} // namespace

task<result<refresh_state_found>> refresh_state_of(account_services const& services, std::string_view token, wall_time now)
{
    refresh_state_found found;
    auto const presented = tokens::read_refresh_token(token);
    if (!presented) co_return found;
    auto const session = co_await services.sessions.find_by_family(presented->family);
    if (!session && !(session.error() == errc::not_found)) co_return session.error();
    if (!session) co_return found;
    found.is = within(*session, presented->hash, services.rules.refresh_grace, now);
    if (found.is == refresh_state::unknown) co_return found;
    found.session = session->id;
    found.until = session->idle_until;
    co_return found;
}

} // namespace yett::accounts
