#include "gateway/accounts/users/register.hpp"

#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/address.hpp"
#include "gateway/accounts/audit_sink.hpp"
#include "gateway/accounts/letters.hpp"
#include "gateway/accounts/look_up.hpp"
#include "gateway/accounts/passwords/password.hpp"
#include "gateway/accounts/users/follow_link.hpp"
#include "gateway/base/random.hpp"

#include <iterator>

namespace yett::accounts {

namespace {

struct application
{
    address where;
    secret password; // normalised
};

// Both fields are looked at, so that people hear of both mistakes at once.
task<outcome<application>> examine(account_services const& services, registration const& asked)
{
    std::vector<invalid_field> wrong;
    auto const where = parse_address(asked.email);
    if (!where) wrong.push_back({"email", errc::email_invalid, "This is not an e-mail address: " + where.error().note() + "."});
    // A conditional's temporary inside co_await is destroyed twice by g++ 12.
    std::string const email = where ? where->text : std::string{};
    auto password = co_await services.passwords.accept(asked.password, email, services.rules.password);
    if (!password) {
        auto why = password.error();
        if (why.fields.empty()) co_return why;
        std::move(why.fields.begin(), why.fields.end(), std::back_inserter(wrong));
    }
    if (!wrong.empty()) co_return refusal{std::move(wrong)};
    application fit{*where, std::move(*password)};
    co_return fit;
}

// Nothing where registration is open; else the invitation, which need not be for everybody.
task<result<std::optional<link>>> invitation_of(account_services const& services, registration const& asked, wall_time now)
{
    if (services.rules.registration == registration_policy::open) co_return std::nullopt;
    if (services.rules.registration == registration_policy::closed || asked.invitation.empty()) co_return errc::forbidden;
    auto found = co_await find_link(services, asked.invitation, link_purpose::invitation, now);
    if (!found) co_return found.error();
    auto const where = parse_address(asked.email);
    auto const for_another = where && !found->email_key.empty() && found->email_key != where->key;
    if (for_another) co_return errc::link_invalid;
    co_return std::move(*found);
}

// Somebody who registers, and what speaks for them.
struct applicant
{
    user made;
    std::optional<link> invited;
    device from;
    bool silent = false;
    wall_time now{};
};

// Whoever holds an invitation that was mailed to an address reads its mail.
bool is_proved(std::optional<link> const& invited)
{
    return invited && !invited->email_key.empty();
}

user new_user(address const& where, std::string hash, std::optional<link> const& invited, wall_time now)
{
    user made;
    made.id = make_uuid(now);
    made.email = where.text;
    made.email_key = where.key;
    made.password_hash = std::move(hash);
    made.verified = is_proved(invited);
    if (invited) made.roles = invited->roles;
    made.created_at = now;
    made.password_changed_at = now;
    return made;
}

account_transaction transaction_for(applicant const& who)
{
    account_transaction all;
    if (who.invited) all.spent = link_use{who.invited->hash, who.invited->purpose, who.now};
    return all;
}

account_transaction transaction_for_new(account_services const& services, applicant const& who)
{
    auto all = transaction_for(who);
    all.added = who.made;
    if (who.made.verified || !services.rules.links) return all;
    auto const kind = letter_kind::verify_address;
    auto mailed = who.silent ? mail_nothing(kind, who.from, who.now) : mail_link(kind, who.made, who.from, who.now);
    expire(mailed, who.now + services.rules.verify_ttl);
    add(all, std::move(mailed));
    return all;
}

// What the owner of a known address gets to read: that it has an account, or once more the
// link that proves it, which makes the password typed now the account's.
account_transaction transaction_for_known(account_services const& services, applicant const& who, user const& known)
{
    auto all = transaction_for(who);
    auto const kind = known.verified ? letter_kind::address_taken : letter_kind::verify_address;
    auto const readable = !known.disabled && (known.verified || services.rules.links) && !who.silent;
    auto mailed = readable ? mail_link(kind, known, who.from, who.now) : mail_nothing(kind, who.from, who.now);
    if (!known.verified) {
        mailed.link.password_hash = who.made.password_hash;
        expire(mailed, who.now + services.rules.verify_ttl);
    }
    add(all, std::move(mailed));
    return all;
}

void report(account_services const& services, registered const& done, applicant const& who)
{
    audit_event event;
    event.name = done.created ? "user_registered" : "registration_repeated";
    event.at = who.now;
    // The id that a repeated registration was told belongs to nobody.
    if (done.created) event.user_id = done.user_id;
    event.client = who.from.address;
    services.audit.record(event);
}

// Whether the user was added. Of two that come with one address at once, one learns only
// from the commit that it came second.
task<result<bool>> enter(account_services const& services, applicant const& who)
{
    for (int attempt = 0;; ++attempt) {
        auto const known = co_await look_up(services, who.made.email);
        if (!known) co_return known.error();
        auto const is_new = !known->has_value();
        if (!is_new && !services.rules.require_verified_email) co_return false;
        account_transaction all;
        if (is_new) all = transaction_for_new(services, who);
        else all = transaction_for_known(services, who, **known);
        auto const done = co_await services.links.commit(all);
        if (done) co_return is_new;
        auto const came_second = done.error() == errc::conflict || done.error() == errc::not_found;
        if (!came_second || attempt == 3) co_return done.error();
    }
}

} // namespace

task<outcome<registered>> register_user(account_services const& services, registration asked, wall_time now)
{
    auto invited = co_await invitation_of(services, asked, now);
    if (!invited) co_return invited.error();
    auto checked = co_await examine(services, asked);
    if (!checked) co_return checked.error();

    // Hash before the store is asked: a known address must not be cheaper than a new one.
    auto hash = co_await services.passwords.hash(std::move(checked->password));
    if (!hash) co_return hash.error();
    applicant who;
    who.made = new_user(checked->where, std::move(*hash), *invited, now);
    who.invited = std::move(*invited);
    who.from = asked.from;
    who.silent = asked.silent;
    who.now = now;
    auto const added = co_await enter(services, who);
    if (!added) co_return added.error();

    registered done;
    done.user_id = who.made.id;
    done.email = who.made.email;
    done.verified = who.made.verified;
    done.created = *added;
    report(services, done, who);
    // Where nothing has to be proved, or was by the invitation, the answer is for the owner.
    auto const tell = !services.rules.require_verified_email || is_proved(who.invited);
    if (!done.created && tell) co_return errc::email_taken;
    co_return done;
}

} // namespace yett::accounts
