#include "gateway/accounts/users/change_address.hpp"

#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/address.hpp"
#include "gateway/accounts/audit_line.hpp"
#include "gateway/accounts/issue.hpp"
#include "gateway/accounts/letters.hpp"
#include "gateway/accounts/look_up.hpp"
#include "gateway/accounts/prove.hpp"
#include "gateway/accounts/revoke.hpp"
#include "gateway/accounts/send_letter.hpp"
#include "gateway/accounts/users/follow_link.hpp"

// An address is who somebody is, so it changes in two steps and can be taken back.
//
// Asking (`request_address`) needs the password, and tells the same whether the new address is
// free, taken, or asked for too often: only its owner may learn whether there is an account, by a
// letter. Following the link (`confirm_address`) moves the account, and in the same transaction
// spends the link and posts a letter to the old address with a way back.
//
// Taking back (`undo_address`) is for the owner of an account that somebody else was in. It ends
// all sessions twice, before the commit and after it. Before, for a failure in between must leave
// the thief out rather than the owner; after, since somebody who was in may have signed in again
// while it ran. It puts the address back even from under another account that never proved it,
// voids the thief's own ways back, and sends a link for a new password.
//
// Tokens name the address. Sessions go on after a change, but tokens that were issued before are
// refused, so that whoever holds one renews it and gets the new address.

namespace yett::accounts {
namespace {

audit_event about(std::string_view name, std::string_view user_id)
{
    audit_event event;
    event.name = name;
    event.user_id = user_id;
    return event;
}

refusal about_email(errc code, std::string message)
{
    std::vector<invalid_field> wrong;
    wrong.push_back({"new_email", code, std::move(message)});
    return wrong;
}

// With its roles the new address has to fit where tokens travel, or no login works any more.
outcome<address> examine(account_services const& services, user const& who, std::string const& typed)
{
    auto where = parse_address(typed);
    if (!where) return about_email(errc::email_invalid, "This is not an e-mail address: " + where.error().note() + ".");
    if (!check_room(services.rules, where->text, who.roles)) return about_email(errc::email_invalid, "This address is too long.");
    return *where;
}

mailed_link letter_to(address const& where, user const& who, device const& from, wall_time now)
{
    auto reader = who;
    reader.email = where.text;
    auto mailed = mail_link(letter_kind::change_address, reader, from, now);
    mailed.link.new_email = where.text;
    return mailed;
}

account_update move_to(user const& who, address const& where, wall_time now)
{
    account_update moved;
    moved.user_id = who.id;
    moved.verified = true;
    moved.now = now;
    moved.new_email = where.text;
    moved.new_email_key = where.key;
    return moved;
}

// Sessions go on; what says the address before has to be renewed.
task<result<void>> refuse_tokens(account_services const& services, std::string user_id, wall_time now)
{
    revocation before;
    before.what = revocation::kind::subject;
    before.id = std::move(user_id);
    before.at = now;
    before.until = access_until(services.rules, now);
    return revoke(services, std::move(before));
}

mailed_link letter_before(user const& who, device const& from, wall_time now)
{
    auto mailed = mail_link(letter_kind::address_changed, who, from, now);
    mailed.link.new_email = who.email;
    expire(mailed, now + undo_life);
    return mailed;
}

mailed_link letter_for_password(account_services const& services, user const& who, device const& from, wall_time now)
{
    auto mailed = mail_link(letter_kind::reset_password, who, from, now);
    expire(mailed, now + services.rules.reset_ttl);
    return mailed;
}

profile moved_profile(user who, address const& where)
{
    who.email = where.text;
    who.email_key = where.key;
    who.verified = true;
    return profile_of(who);
}

} // namespace

task<outcome<void>> request_address(account_services const& services, new_address asked, wall_time now)
{
    auto const who = co_await prove(services, asked.who.user_id, std::move(asked.password));
    auto done = about("address_change_requested", asked.who.user_id);
    if (!who) {
        done.reason = "wrong_password";
        if (who.error() == errc::invalid_credentials) report(services, done, asked.who.from, now);
        co_return who.error();
    }
    auto const where = examine(services, *who, asked.email);
    if (!where) co_return where.error();
    auto const taken = co_await look_up(services, where->text);
    if (!taken) co_return taken.error();

    auto const due = !*taken && services.rules.links && !asked.silent;
    auto mailed =
        due ? letter_to(*where, *who, asked.who.from, now) : mail_nothing(letter_kind::change_address, asked.who.from, now);
    expire(mailed, now + services.rules.verify_ttl);
    auto const sent = co_await send_letter(services, std::move(mailed));
    if (!sent) co_return sent.error();
    if (!due) done.reason = *taken ? "address_taken" : "too_many_letters";
    report(services, done, asked.who.from, now);
    co_return outcome<void>{};
}

task<result<profile>> confirm_address(account_services const& services, followed_link asked, wall_time now)
{
    auto const found = co_await find_link(services, std::move(asked.token), link_purpose::change_address, now);
    if (!found) co_return found.error();
    auto const who = co_await owner_of(services, *found);
    if (!who) co_return who.error();
    auto const where = parse_address(found->new_email);
    if (!where) co_return errc::link_invalid;

    account_transaction all;
    all.spent = link_use{found->hash, found->purpose, now};
    all.amended = move_to(*who, *where, now);
    add(all, letter_before(*who, asked.from, now));
    auto const done = co_await services.links.commit(all);
    if (!done) co_return refused(done.error());
    auto const renewed = co_await refuse_tokens(services, who->id, now);
    if (!renewed) co_return renewed.error();
    report(services, about("address_changed", who->id), asked.from, now);
    co_return moved_profile(*who, *where);
}

task<result<profile>> undo_address(account_services const& services, followed_link asked, wall_time now)
{
    auto const found = co_await find_link(services, std::move(asked.token), link_purpose::undo_change, now);
    if (!found) co_return found.error();
    auto const who = co_await services.users.find(found->user_id);
    if (!who) co_return refused(who.error());
    auto const where = parse_address(found->new_email);
    if (!where || who->disabled) co_return errc::link_invalid;
    auto const before = co_await end_sessions(services, who->id, {}, now);
    if (!before) co_return before.error();

    auto restored = *who;
    restored.email = where->text;
    restored.email_key = where->key;
    account_transaction all;
    all.spent = link_use{found->hash, found->purpose, now};
    all.amended = move_to(*who, *where, now);
    all.amended->displaces_unverified = true;
    all.amended->voids_undo_since = found->created_at;
    add(all, letter_for_password(services, restored, asked.from, now));
    auto const done = co_await services.links.commit(all);
    if (!done) co_return refused(done.error());
    auto const after = co_await end_sessions(services, who->id, {}, now);
    if (!after) co_return after.error();
    report(services, about("address_change_undone", who->id), asked.from, now);
    co_return moved_profile(*who, *where);
}

task<result<user>> set_address(account_services const& services, user who, std::string email, wall_time now)
{
    auto const where = parse_address(email);
    if (!where) co_return client_error(errc::email_invalid, email + " is not an e-mail address: " + where.error().note());
    if (auto const fits = check_room(services.rules, where->text, who.roles); !fits) co_return fits.error();
    account_transaction all;
    all.amended = move_to(who, *where, now);
    auto const done = co_await services.links.commit(all);
    if (!done) co_return done.error();
    auto const renewed = co_await refuse_tokens(services, who.id, now);
    if (!renewed) co_return renewed.error();
    who.email = where->text;
    who.email_key = where->key;
    who.verified = true;
    co_return who;
}

} // namespace yett::accounts
