#include "gateway/accounts/users/verify_email.hpp"

#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/audit_line.hpp"
#include "gateway/accounts/letters.hpp"
#include "gateway/accounts/look_up.hpp"
#include "gateway/accounts/revoke.hpp"
#include "gateway/accounts/send_letter.hpp"
#include "gateway/accounts/users/follow_link.hpp"

namespace yett::accounts {
namespace {

// The password that was typed with the latest registration of this address, which a link
// sent once more must not lose. Asked for nobody, too: the work must not tell.
task<result<std::string>> pending_password(account_services const& services, std::string user_id, wall_time now)
{
    auto newest = co_await services.links.find_newest_password(user_id, link_purpose::verify_address, now);
    if (!newest && newest.error() == errc::not_found) co_return std::string{};
    co_return newest;
}

// People open a letter twice, and a scanner before them. Until it expires, the link says that it
// did its work.
link what_is_left_of(link const& followed)
{
    link rest;
    rest.hash = followed.hash;
    rest.purpose = link_purpose::confirmed_address;
    rest.user_id = followed.user_id;
    rest.email_key = followed.email_key;
    rest.created_at = followed.created_at;
    rest.expires_at = followed.expires_at;
    return rest;
}

} // namespace

task<bool> was_confirmed(account_services const& services, secret token, wall_time now)
{
    auto const found = co_await find_link(services, std::move(token), link_purpose::confirmed_address, now);
    if (!found) co_return false;
    auto const who = co_await owner_of(services, *found);
    co_return who && who->verified;
}

task<result<void>> check_link(account_services const& services, secret token, link_purpose purpose, wall_time now)
{
    auto const found = co_await find_link(services, std::move(token), purpose, now);
    if (!found) co_return found.error();
    co_return result<void>{};
}

task<result<profile>> verify_email(account_services const& services, verification asked, wall_time now)
{
    auto const found = co_await find_link(services, asked.token, link_purpose::verify_address, now);
    if (!found) co_return found.error();
    auto who = co_await owner_of(services, *found);
    if (!who) co_return who.error();

    account_transaction all;
    all.spent = link_use{found->hash, found->purpose, now};
    all.amended.emplace();
    all.amended->user_id = who->id;
    all.amended->verified = true;
    all.amended->password_hash = found->password_hash;
    all.amended->now = now;
    all.made = what_is_left_of(*found);
    auto const before = co_await end_sessions(services, who->id, asked.session, now);
    if (!before) co_return before.error();
    auto const done = co_await services.links.commit(all);
    if (!done) co_return refused(done.error());
    auto const after = co_await end_sessions(services, who->id, asked.session, now);
    if (!after) co_return after.error();

    audit_event event;
    event.name = "email_verified";
    event.user_id = who->id;
    report(services, event, asked.from, now);
    who->verified = true;
    co_return profile_of(*who);
}

task<result<void>> resend_verification(account_services const& services, letter_request asked, wall_time now)
{
    auto const who = co_await look_up(services, asked.email);
    if (!who) co_return who.error();
    auto const due = *who && !(*who)->verified && !(*who)->disabled && services.rules.links && !asked.silent;
    std::string id;
    if (due) id = (*who)->id;
    auto pending = co_await pending_password(services, id, now);
    if (!pending) co_return pending.error();

    auto mailed = due ? mail_link(letter_kind::verify_address, **who, asked.from, now)
                      : mail_nothing(letter_kind::verify_address, asked.from, now);
    mailed.link.password_hash = std::move(*pending);
    expire(mailed, now + services.rules.verify_ttl);
    auto const sent = co_await send_letter(services, std::move(mailed));
    if (!sent) co_return sent.error();
    audit_event event;
    event.name = "verification_requested";
    event.user_id = id;
    if (!due) event.reason = *who ? "nothing_to_verify" : "unknown_user";
    if (asked.silent) event.reason = "too_many_letters";
    report(services, event, asked.from, now);
    co_return result<void>{};
}

} // namespace yett::accounts
