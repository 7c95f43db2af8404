#include "gateway/accounts/users/reset_password.hpp"

#include "gateway/accounts/audit_line.hpp"
#include "gateway/accounts/desk.hpp"
#include "gateway/accounts/issue.hpp"
#include "gateway/accounts/known_device.hpp"
#include "gateway/accounts/letters.hpp"
#include "gateway/accounts/look_up.hpp"
#include "gateway/accounts/passwords/password.hpp"
#include "gateway/accounts/revoke.hpp"
#include "gateway/accounts/send_letter.hpp"
#include "gateway/accounts/users/follow_link.hpp"

namespace yett::accounts {
namespace {

paperwork papers_for(link const& followed, user const& who, std::string hash, device const& from, wall_time now)
{
    paperwork all;
    all.spent = spending{followed.hash, followed.purpose, now};
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

task<result<void>> request_reset(desk const& at, letter_request asked, wall_time now)
{
    auto const who = co_await look_up(at, asked.email);
    if (!who) co_return who.error();
    auto const due = *who && !(*who)->disabled && at.rules.links && !asked.silent;
    auto mailed = due ? mail_link(letter_kind::reset_password, **who, asked.from, now)
                      : mail_nothing(letter_kind::reset_password, asked.from, now);
    expire(mailed, now + at.rules.reset_ttl);
    auto const sent = co_await send_letter(at, std::move(mailed));
    if (!sent) co_return sent.error();
    audit_event event;
    event.name = "reset_requested";
    if (*who) event.user_id = (*who)->id;
    if (!due) event.reason = *who ? "disabled" : "unknown_user";
    if (asked.silent) event.reason = "too_many_letters";
    report(at, event, asked.from, now);
    co_return result<void>{};
}

task<outcome<secret>> reset_password(desk const& at, password_reset asked, wall_time now)
{
    auto const found = co_await find_link(at, std::move(asked.token), link_purpose::reset_password, now);
    if (!found) co_return found.error();
    auto const who = co_await owner_of(at, *found);
    if (!who) co_return who.error();
    auto accepted = co_await at.passwords.accept(std::move(asked.password), who->email, at.rules.password);
    if (!accepted) co_return accepted.error();
    auto hash = co_await at.passwords.hash(std::move(*accepted));
    if (!hash) co_return hash.error();

    auto const before = co_await end_sessions(at, who->id, {}, now);
    if (!before) co_return before.error();
    auto const all = papers_for(*found, *who, std::move(*hash), asked.from, now);
    auto const done = co_await at.links.commit(all);
    if (!done) co_return refused(done.error());
    auto const after = co_await end_sessions(at, who->id, {}, now);
    if (!after) co_return after.error();

    audit_event event;
    event.name = "password_reset";
    event.user_id = who->id;
    report(at, event, asked.from, now);
    auto changed = *who;
    changed.password_changed_at = now;
    co_return mark_device(at, changed, {}, now);
}

} // namespace yett::accounts
