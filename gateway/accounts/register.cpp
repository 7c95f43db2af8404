#include "gateway/accounts/register.hpp"

#include "gateway/accounts/address.hpp"
#include "gateway/accounts/audit_sink.hpp"
#include "gateway/accounts/desk.hpp"
#include "gateway/accounts/password.hpp"
#include "gateway/accounts/user_store.hpp"
#include "gateway/base/random.hpp"

#include <iterator>

namespace yett::accounts {

namespace {

struct application
{
    address where;
    secret password;                 // normalised
};

// Both fields are looked at, so that people hear of both mistakes at once.
task<outcome<application>> examine(desk const& at, registration const& asked)
{
    std::vector<field_error> wrong;
    auto const where = parse_address(asked.email);
    if (!where) wrong.push_back({"email", errc::email_invalid, "This is not an e-mail address: " + where.error().note() + "."});
    // A conditional's temporary inside co_await is destroyed twice by g++ 12.
    std::string const email = where ? where->text : std::string{};
    auto password = co_await at.passwords.accept(asked.password, email, at.rules.password);
    if (!password) {
        auto why = password.error();
        if (why.fields.empty()) co_return why;
        std::move(why.fields.begin(), why.fields.end(), std::back_inserter(wrong));
    }
    if (!wrong.empty()) co_return refusal{std::move(wrong)};
    application fit{*where, std::move(*password)};
    co_return fit;
}

user new_user(address const& where, std::string hash, wall_time now)
{
    user made;
    made.id = make_uuid(now);
    made.email = where.text;
    made.email_key = where.key;
    made.password_hash = std::move(hash);
    made.created_at = now;
    made.password_changed_at = now;
    return made;
}

void report(desk const& at, registered const& done, device const& from, wall_time now)
{
    audit_event event;
    event.name = done.created ? "user_registered" : "registration_repeated";
    event.at = now;
    // The id that a repeated registration was told belongs to nobody.
    if (done.created) event.user_id = done.user_id;
    event.client = from.address;
    at.audit.record(event);
}

} // namespace

task<outcome<registered>> register_user(desk const& at, registration asked, wall_time now)
{
    if (!at.rules.registration_open) co_return errc::forbidden;
    auto checked = co_await examine(at, asked);
    if (!checked) co_return checked.error();

    // Hash before the store is asked: a known address must not be cheaper than a new one.
    auto hash = co_await at.passwords.hash(std::move(checked->password));
    if (!hash) co_return hash.error();
    auto const made = new_user(checked->where, std::move(*hash), now);
    auto const added = co_await at.users.add(made);
    if (!added && !(added.error() == errc::conflict)) co_return added.error();

    registered done;
    done.user_id = made.id;
    done.email = made.email;
    done.created = added.has_value();
    report(at, done, asked.from, now);
    if (!done.created && !at.rules.require_verified_email) co_return errc::email_taken;
    co_return done;
}

} // namespace yett::accounts
