#include "gateway/accounts/sessions/logout.hpp"

#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/audit_sink.hpp"
#include "gateway/accounts/issue.hpp"
#include "gateway/accounts/revoke.hpp"
#include "gateway/tokens/opaque/refresh_token.hpp"

namespace yett::accounts {

namespace {

void report(account_services const& services, leave const& who, wall_time now)
{
    audit_event event;
    event.name = who.everywhere ? "logged_out_everywhere" : "logged_out";
    event.at = now;
    event.user_id = who.user_id;
    event.session = who.session;
    event.client = who.from.address;
    services.audit.record(event);
}

// Fills in who leaves from the refresh token; leaves it empty when the token is nobody's.
task<result<void>> identify(account_services const& services, leave& who)
{
    auto const presented = tokens::read_refresh_token(who.refresh_token.reveal());
    if (!presented) co_return result<void>{};
    auto const found = co_await services.sessions.find_by_family(presented->family);
    if (!found && !(found.error() == errc::not_found)) co_return found.error();
    if (!found) co_return result<void>{};
    if (presented->hash != found->current_hash && presented->hash != found->previous_hash) co_return result<void>{};
    who.user_id = found->user_id;
    who.session = found->id;
    co_return result<void>{};
}

// The store has forgotten the session, but its access token may still be good.
task<result<void>> revoke_unknown(account_services const& services, leave const& who, wall_time now)
{
    revocation lost;
    lost.id = who.session;
    lost.at = now;
    lost.until = access_until(services.rules, now);
    return revoke(services, std::move(lost));
}

} // namespace

task<result<bool>> logout(account_services const& services, leave asked, wall_time now)
{
    if (asked.user_id.empty()) {
        auto const known = co_await identify(services, asked);
        if (!known) co_return known.error();
    }
    // Without a session there is nothing to end, and an empty id would mean all of them.
    if (asked.user_id.empty() || (asked.session.empty() && !asked.everywhere)) co_return false;

    ending wanted;
    wanted.user_id = asked.user_id;
    if (!asked.everywhere) wanted.session_id = asked.session;
    wanted.now = now;
    wanted.until = access_until(services.rules, now);
    wanted.shown = !asked.everywhere;
    auto const done = co_await end_and_revoke(services, std::move(wanted));
    if (!done && !(done.error() == errc::not_found)) co_return done.error();
    if (!done) {
        auto const kept = co_await revoke_unknown(services, asked, now);
        if (!kept) co_return kept.error();
    }
    report(services, asked, now);
    co_return true;
}

} // namespace yett::accounts
