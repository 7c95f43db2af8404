#include "gateway/accounts/users/change_password.hpp"

#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/known_device.hpp"
#include "gateway/accounts/letters.hpp"
#include "gateway/accounts/passwords/password.hpp"
#include "gateway/accounts/ports/user_store.hpp"
#include "gateway/accounts/prove.hpp"
#include "gateway/accounts/revoke.hpp"
#include "gateway/accounts/users/own_deed.hpp"

namespace yett::accounts {

namespace {

constexpr own_deed deed{"password_changed", "password_change_failed"};

// With the letter that tells the owner, in case it was somebody else.
account_transaction transaction_for(user const& who, std::string hash, device const& from, wall_time now)
{
    account_transaction all;
    all.amended.emplace();
    all.amended->user_id = who.id;
    all.amended->expected_hash = who.password_hash;
    all.amended->password_hash = std::move(hash);
    all.amended->now = now;
    all.posted = write_letter(letter_kind::password_changed, from, now);
    all.posted->to = who.email;
    return all;
}

task<outcome<secret>> accept(account_services const& services, secret chosen, user const& who)
{
    auto accepted = co_await services.passwords.accept(std::move(chosen), who.email, services.rules.password);
    if (accepted) co_return accepted;
    auto why = accepted.error();
    for (auto& each : why.fields) each.field = "new_password";
    co_return why;
}

} // namespace

task<outcome<secret>> change_password(account_services const& services, new_password asked, wall_time now)
{
    auto const who = co_await prove(services, asked.who.user_id, asked.current);
    if (!who) {
        if (who.error() == errc::invalid_credentials) report(services, deed, asked.who, "wrong_password", now);
        co_return who.error();
    }
    auto accepted = co_await accept(services, asked.chosen, *who);
    if (!accepted) co_return accepted.error();
    auto hash = co_await services.passwords.hash(std::move(*accepted));
    if (!hash) co_return hash.error();

    auto const before = co_await end_sessions(services, asked.who.user_id, asked.who.session, now);
    if (!before) co_return before.error();
    auto const all = transaction_for(*who, std::move(*hash), asked.who.from, now);
    auto const done = co_await services.links.commit(all);
    // Somebody changed it meanwhile: what was proved is no longer the password.
    if (!done && done.error() == errc::conflict) co_return errc::invalid_credentials;
    if (!done) co_return done.error();
    report(services, deed, asked.who, {}, now);
    auto const others = co_await end_other_sessions(services, asked.who, now);
    if (!others) co_return others.error();
    auto changed = *who;
    changed.password_changed_at = now;
    co_return mark_device(services, changed, {}, now);
}

} // namespace yett::accounts
