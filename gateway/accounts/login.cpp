#include "gateway/accounts/login.hpp"

#include "gateway/accounts/audit_sink.hpp"
#include "gateway/accounts/desk.hpp"
#include "gateway/accounts/issue.hpp"
#include "gateway/accounts/known_device.hpp"
#include "gateway/accounts/look_up.hpp"
#include "gateway/accounts/password.hpp"
#include "gateway/accounts/recognise.hpp"
#include "gateway/accounts/revoke.hpp"
#include "gateway/accounts/user_store.hpp"
#include "gateway/tokens/refresh_token.hpp"
#include "gateway/tokens/revocations.hpp"

#include <optional>

namespace yett::accounts {

namespace {

struct attempt
{
    std::string_view user_id;
    std::string_view session;
    std::string_view reason;
};

void report(desk const& at, attempt const& what, device const& from, wall_time now)
{
    audit_event event;
    event.name = what.reason.empty() ? "login_succeeded" : "login_failed";
    event.at = now;
    event.user_id = what.user_id;
    event.session = what.session;
    event.client = from.address;
    event.reason = what.reason;
    at.audit.record(event);
}

// Spends as long on nobody as on somebody; otherwise the clock tells which accounts exist.
task<result<verdict>> compare(desk const& at, secret password, std::optional<user> const& who)
{
    if (!who || who->password_hash.empty()) return at.passwords.verify_decoy(std::move(password));
    return at.passwords.verify(std::move(password), who->password_hash);
}

// Why not; empty when the password opens the account.
std::string_view reason_against(std::optional<user> const& who, verdict found)
{
    if (!who) return "unknown_user";
    if (found == verdict::wrong) return "wrong_password";
    if (who->disabled) return "disabled";
    return {};
}

// While the password is at hand. A login does not fail for it: the old hash still serves.
task<void> hash_anew(desk const& at, user const& who, secret password, wall_time now)
{
    auto hash = co_await at.passwords.hash(std::move(password));
    if (!hash) co_return;
    password_change change;
    change.expected_hash = who.password_hash;
    change.new_hash = std::move(*hash);
    auto const done = co_await at.users.change_password(who.id, change);
    if (!done) co_return;
    audit_event event;
    event.name = "password_rehashed";
    event.at = now;
    event.user_id = who.id;
    at.audit.record(event);
}

// A user who was disabled, or whose password or roles changed, while the hash was computed:
// whoever did that ended the sessions there were, and this one may have come too late to be
// among them.
task<result<void>> check_again(desk const& at, user const& who, user const& current, session const& begun)
{
    auto const same = !current.disabled && current.password_changed_at == who.password_changed_at && current.roles == who.roles;
    if (same) co_return result<void>{};
    ending asked;
    asked.user_id = who.id;
    asked.session_id = begun.id;
    asked.now = begun.created_at;
    auto const done = co_await end_and_revoke(at, std::move(asked));
    if (!done) co_return done.error();
    co_return errc::invalid_credentials;
}

// A user has only so many sessions: whoever finds one gone a year later can read why.
void report_ended(desk const& at, ended const& displaced, session const& by)
{
    for (auto const& each : displaced.revocations) {
        at.revocations.add(as_token_revocation(each));
        audit_event event;
        event.name = "session_ended";
        event.at = by.created_at;
        event.user_id = by.user_id;
        event.session = each.id;
        event.client = by.from.address;
        event.reason = "too_many_sessions";
        at.audit.record(event);
    }
}

bool is_remembered(rules const& r, bool asked)
{
    return r.remember == memory::always || (r.remember == memory::ask && asked);
}

task<result<grant>> open_session(desk const& at, user const& who, credentials const& offered, wall_time now)
{
    auto first = tokens::make_refresh_token();
    auto begun = begin_session(at, who, first, is_remembered(at.rules, offered.remember), now);
    begun.from = shortened(offered.from);
    auto given = issue(at, who, begun, now);
    if (!given) co_return given;
    arrival asked;
    asked.session = begun;
    asked.most = at.rules.sessions_per_user;
    asked.marks = marks_of(who.id, offered.from);
    auto const done = co_await at.sessions.admit(asked);
    if (!done) co_return done.error();
    report_ended(at, done->displaced, begun);
    auto const unchanged = co_await check_again(at, who, done->owner, begun);
    if (!unchanged) co_return unchanged.error();
    if (done->known == familiarity::strange) co_await tell_of_new_device(at, who, offered.from, now);
    given->refresh_token = std::move(first.text);
    co_return given;
}

} // namespace

task<result<grant>> login(desk const& at, credentials offered, wall_time now)
{
    // Too long or no text: refused before any work, whoever it is.
    auto const password = normalise_password(offered.password, at.rules.password.max_bytes);
    if (!password) co_return errc::invalid_credentials;
    auto const who = co_await look_up(at, offered.email);
    if (!who) co_return who.error();
    auto const found = co_await compare(at, *password, *who);
    if (!found) co_return found.error();

    attempt tried;
    if (*who) tried.user_id = (*who)->id;
    tried.reason = reason_against(*who, *found);
    if (!tried.reason.empty()) {
        report(at, tried, offered.from, now);
        co_return errc::invalid_credentials;
    }
    auto const& known = **who;
    if (at.rules.require_verified_email && !known.verified) {
        tried.reason = "not_verified";
        report(at, tried, offered.from, now);
        co_return errc::email_not_verified;
    }
    if (*found == verdict::right_but_outdated) co_await hash_anew(at, known, *password, now);
    auto given = co_await open_session(at, known, offered, now);
    if (!given) co_return given;
    given->device_mark = mark_device(at, known, offered.known_device, now);
    tried.session = given->session;
    report(at, tried, offered.from, now);
    co_return given;
}

} // namespace yett::accounts
