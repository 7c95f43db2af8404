// A session is opened in an order that no step may leave.
//
// The token is signed before the store hears of the session: what cannot be handed out must
// leave nothing behind. The store reads the owner in the transaction that writes the session,
// after everything that changed that user before; so whoever disables a user, and ends the
// sessions there are, either finds this one among them or is seen here, and this one ends
// itself. Only then does anybody learn of it: the owner by a letter, the audit log, the caller.

#include "gateway/accounts/sessions/open_session.hpp"

#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/audit_sink.hpp"
#include "gateway/accounts/issue.hpp"
#include "gateway/accounts/known_device.hpp"
#include "gateway/accounts/ports/user_store.hpp"
#include "gateway/accounts/revoke.hpp"
#include "gateway/accounts/sessions/new_device.hpp"
#include "gateway/tokens/opaque/refresh_token.hpp"
#include "gateway/tokens/revocations.hpp"

namespace yett::accounts {

namespace {

bool is_remembered(rules const& r, bool asked)
{
    return r.remember == memory::always || (r.remember == memory::ask && asked);
}

// A user who was disabled, or whose password or roles changed, while the hash was computed:
// whoever did that ended the sessions there were, and this one may have come too late to be
// among them.
task<result<void>> check_again(account_services const& services, user const& who, user const& current, session const& begun)
{
    auto const same = !current.disabled && current.password_changed_at == who.password_changed_at && current.roles == who.roles;
    if (same) co_return result<void>{};
    ending asked;
    asked.user_id = who.id;
    asked.session_id = begun.id;
    asked.now = begun.created_at;
    auto const done = co_await end_and_revoke(services, std::move(asked));
    if (!done) co_return done.error();
    co_return errc::invalid_credentials;
}

// A user has only so many sessions: whoever finds one gone a year later can read why.
void report_ended(account_services const& services, ended const& displaced, session const& by)
{
    for (auto const& each : displaced.revocations) {
        services.revocations.add(as_token_revocation(each));
        audit_event event;
        event.name = "session_ended";
        event.at = by.created_at;
        event.user_id = by.user_id;
        event.session = each.id;
        event.client = by.from.address;
        event.reason = "too_many_sessions";
        services.audit.record(event);
    }
}

void report_opened(account_services const& services, grant const& given, device const& from, wall_time now)
{
    audit_event event;
    event.name = "login_succeeded";
    event.at = now;
    event.user_id = given.user.user_id;
    event.session = given.session;
    event.client = from.address;
    services.audit.record(event);
}

// Writes the session, which displaces others, and looks again at its owner.
task<result<void>> admit(account_services const& services, user const& who, session const& begun, device const& from)
{
    arrival asked;
    asked.session = begun;
    asked.most = services.rules.sessions_per_user;
    asked.marks = marks_of(who.id, from);
    auto const done = co_await services.sessions.admit(asked);
    if (!done) co_return done.error();
    report_ended(services, done->displaced, begun);
    auto const unchanged = co_await check_again(services, who, done->owner, begun);
    if (!unchanged) co_return unchanged.error();
    if (done->known == device_status::strange) co_await tell_of_new_device(services, who, from, begun.created_at);
    co_return result<void>{};
}

} // namespace

task<result<grant>> open_session(account_services const& services, user const& who, session_request const& asked, wall_time now)
{
    auto first = tokens::make_refresh_token();
    auto begun = begin_session(services, who, first, is_remembered(services.rules, asked.remember), now);
    begun.from = shortened(asked.from);
    auto given = issue(services, who, begun, now);
    if (!given) co_return given;
    auto const admitted = co_await admit(services, who, begun, asked.from);
    if (!admitted) co_return admitted.error();
    given->refresh_token = std::move(first.text);
    given->device_mark = mark_device(services, who, asked.known_device, now);
    report_opened(services, *given, asked.from, now);
    co_return given;
}

} // namespace yett::accounts
