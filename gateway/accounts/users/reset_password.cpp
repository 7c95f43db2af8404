#include "gateway/accounts/users/reset_password.hpp"

#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/audit_line.hpp"
#include "gateway/accounts/known_device.hpp"
#include "gateway/accounts/letters.hpp"
#include "gateway/accounts/look_up.hpp"
#include "gateway/accounts/passwords/password.hpp"
#include "gateway/accounts/revoke.hpp"
#include "gateway/accounts/send_letter.hpp"
#include "gateway/accounts/users/follow_link.hpp"

// Asking for a link (`request_reset`) looks the same from outside whether there is such an account
// or not: the same reply, and a letter or its stand-in is made and committed either way, so that
// time tells no more than words do.
//
// Setting the password proves the address, too, since the link came by it. All sessions end before
// the commit and again after it: before, because a crash in between must not leave a thief signed
// in whose password is already gone; after, because one may have signed in with the old password
// meanwhile.

namespace yett::accounts {
namespace {

account_transaction transaction_for(link const& followed, user const& who, std::string hash, device const& from, wall_time now)
{
    account_transaction all;
    all.spent = link_use{followed.hash, followed.purpose, now};
    all.amended.emplace();
    all.amended->user_id = who.id;
    all.amended->verified = true;
    all.amended->password_hash = std::move(hash);
    all.amended->now = now;
    all.posted = write_letter(letter_kind::password_was_reset, from, now);
    all.posted->to = who.email;
    return all;
}

} // namespace

task<result<void>> request_reset(account_services const& services, letter_request asked, wall_time now)
{
    auto const who = co_await look_up(services, asked.email);
    if (!who) co_return who.error();
    auto const due = *who && !(*who)->disabled && services.rules.links && !asked.silent;
    auto mailed = due ? mail_link(letter_kind::reset_password, **who, asked.from, now)
                      : mail_nothing(letter_kind::reset_password, asked.from, now);
    expire(mailed, now + services.rules.reset_ttl);
    auto const sent = co_await send_letter(services, std::move(mailed));
    if (!sent) co_return sent.error();
    audit_event event;
    event.name = "reset_requested";
    if (*who) event.user_id = (*who)->id;
    if (!due) event.reason = *who ? "disabled" : "unknown_user";
    if (asked.silent) event.reason = "too_many_letters";
    report(services, event, asked.from, now);
    co_return result<void>{};
}

task<outcome<secret>> reset_password(account_services const& services, password_reset asked, wall_time now)
{
    auto const found = co_await find_link(services, std::move(asked.token), link_purpose::reset_password, now);
    if (!found) co_return found.error();
    auto const who = co_await owner_of(services, *found);
    if (!who) co_return who.error();
    auto accepted = co_await services.passwords.accept(std::move(asked.password), who->email, services.rules.password);
    if (!accepted) co_return accepted.error();
    auto hash = co_await services.passwords.hash(std::move(*accepted));
    if (!hash) co_return hash.error();

    auto const before = co_await end_sessions(services, who->id, {}, now);
    if (!before) co_return before.error();
    auto const all = transaction_for(*found, *who, std::move(*hash), asked.from, now);
    auto const done = co_await services.links.commit(all);
    if (!done) co_return refused(done.error());
    auto const after = co_await end_sessions(services, who->id, {}, now);
    if (!after) co_return after.error();

    audit_event event;
    event.name = "password_reset";
    event.user_id = who->id;
    report(services, event, asked.from, now);
    auto changed = *who;
    changed.password_changed_at = now;
    co_return mark_device(services, changed, {}, now);
}

} // namespace yett::accounts
