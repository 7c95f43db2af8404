#include "gateway/accounts/sessions/refresh.hpp"

#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/audit_sink.hpp"
#include "gateway/accounts/issue.hpp"
#include "gateway/accounts/letters.hpp"
#include "gateway/accounts/ports/rotation.hpp"
#include "gateway/accounts/ports/user_store.hpp"
#include "gateway/accounts/revoke.hpp"
#include "gateway/base/random.hpp"
#include "gateway/tokens/opaque/refresh_token.hpp"
#include "gateway/tokens/revocations.hpp"

// Rotation as RFC 9700 section 4.14.2 asks for: a refresh token is good once, and whoever shows one
// that was used before ends the session, for one of the two who have it is a thief and nobody can
// tell which.
//
// Networks lose replies, and browsers send two requests at once. So for the length of `grace` the
// token before gets the same successor again. That needs no memory of secrets: the successor is
// computed from what was presented and a salt that the session keeps, so only who has the old token
// can have the new one made, from whichever node.
//
// The decision is one operation of the store (accounts/ports/rotation), under its lock; what is to
// be said to whom happens after it.

namespace yett::accounts {

namespace {

constexpr std::size_t salt_bytes = 32;

void report(account_services const& services, audit_event event, session const& s, device const& from)
{
    event.user_id = s.user_id;
    event.session = s.id;
    event.client = from.address;
    services.audit.record(event);
}

rotation ask_for(account_services const& services, tokens::refresh_token const& presented, device const& from, wall_time now)
{
    rotation asked;
    asked.family = presented.family;
    asked.presented_hash = presented.hash;
    asked.successor_salt = random_bytes(salt_bytes);
    asked.successor_hash = tokens::succeed(presented, asked.successor_salt).hash;
    asked.now = now;
    asked.grace = services.rules.refresh_grace;
    asked.idle_until = now + services.rules.refresh_ttl;
    asked.access_until = access_until(services.rules, now);
    asked.from = shortened(from);
    return asked;
}

// Makes the end known, and tells the owner, whose token somebody else holds perhaps.
task<error> end_family(account_services const& services, user const& who, session ended, device const& from, wall_time now)
{
    services.revocations.add(as_token_revocation(end(ended, now)));
    audit_event event;
    event.name = "refresh_reused";
    event.at = now;
    report(services, event, ended, from);
    auto notice = write_letter(letter_kind::refresh_reused, from, now);
    notice.to = who.email;
    (void)co_await services.letters.post(notice);
    co_return errc::refresh_reused;
}

// The successor of what was presented, which for a replay is the one given out before.
result<grant> hand_out(account_services const& services, rotated const& done, tokens::refresh_token const& presented,
                       wall_time now)
{
    auto successor = tokens::succeed(presented, done.session.successor_salt);
    if (successor.hash != done.session.current_hash)
        return our_error(errc::internal, "a session's successor does not follow from its salt");
    auto given = issue(services, done.owner, done.session, now);
    if (!given) return given;
    given->refresh_token = std::move(successor.text);
    given->replayed = done.outcome == rotation_outcome::replayed;
    return given;
}

} // namespace

task<result<grant>> refresh(account_services const& services, refresh_request asked, wall_time now)
{
    auto const presented = tokens::read_refresh_token(asked.token.reveal());
    if (!presented) co_return errc::token_invalid;
    auto const wanted = ask_for(services, *presented, asked.from, now);
    auto const done = co_await services.sessions.rotate(wanted);
    if (!done) co_return done.error();

    switch (done->outcome) {
    case rotation_outcome::reused: {
        auto const why = co_await end_family(services, done->owner, done->session, asked.from, now);
        co_return why;
    }
    case rotation_outcome::ended:
    case rotation_outcome::unknown: co_return errc::token_invalid;
    case rotation_outcome::rotated:
    case rotation_outcome::replayed: break;
    }
    co_return hand_out(services, *done, *presented, now);
}

} // namespace yett::accounts
