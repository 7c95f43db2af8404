#include "gateway/accounts/sessions/login.hpp"

#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/audit_sink.hpp"
#include "gateway/accounts/look_up.hpp"
#include "gateway/accounts/passwords/password.hpp"
#include "gateway/accounts/ports/user_store.hpp"

#include <optional>

namespace yett::accounts {

namespace {

// Of a login that failed. Whose it was is empty where nobody has the address.
void report_failed(account_services const& services, std::string_view user_id, std::string_view reason, device const& from,
                   wall_time now)
{
    audit_event event;
    event.name = "login_failed";
    event.at = now;
    event.user_id = user_id;
    event.client = from.address;
    event.reason = reason;
    services.audit.record(event);
}

// Spends as long on nobody as on somebody; otherwise the clock tells which accounts exist.
task<result<verdict>> compare(account_services const& services, secret password, std::optional<user> const& who)
{
    if (!who || who->password_hash.empty()) return services.passwords.verify_decoy(std::move(password));
    return services.passwords.verify(std::move(password), who->password_hash);
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
task<void> hash_anew(account_services const& services, user const& who, secret password, wall_time now)
{
    auto hash = co_await services.passwords.hash(std::move(password));
    if (!hash) co_return;
    password_change change;
    change.expected_hash = who.password_hash;
    change.new_hash = std::move(*hash);
    auto const done = co_await services.users.change_password(who.id, change);
    if (!done) co_return;
    audit_event event;
    event.name = "password_rehashed";
    event.at = now;
    event.user_id = who.id;
    services.audit.record(event);
}

} // namespace

task<result<login_outcome>> login(account_services const& services, credentials offered, wall_time now)
{
    auto const& from = offered.session.from;
    // Too long or no text: refused before any work, whoever it is.
    auto const password = normalise_password(offered.password, services.rules.password.max_bytes);
    if (!password) co_return errc::invalid_credentials;
    auto const who = co_await look_up(services, offered.email);
    if (!who) co_return who.error();
    auto const found = co_await compare(services, *password, *who);
    if (!found) co_return found.error();

    if (auto const reason = reason_against(*who, *found); !reason.empty()) {
        report_failed(services, *who ? std::string_view{(*who)->id} : std::string_view{}, reason, from, now);
        co_return errc::invalid_credentials;
    }
    auto const& known = **who;
    if (services.rules.require_verified_email && !known.verified) {
        report_failed(services, known.id, "not_verified", from, now);
        co_return errc::email_not_verified;
    }
    if (*found == verdict::right_but_outdated) co_await hash_anew(services, known, *password, now);
    auto given = co_await open_session(services, known, offered.session, now);
    if (!given) co_return given.error();
    co_return login_outcome{std::move(*given)};
}

} // namespace yett::accounts
