#include "gateway/accounts/address.hpp"
#include "gateway/accounts/passwords/password.hpp"
#include "gateway/accounts/ports/user_store.hpp"
#include "gateway/base/random.hpp"
#include "gateway/management/find_user.hpp"
#include "gateway/management/user_rows.hpp"
#include "gateway/management/user_verbs.hpp"

// Everything is read and judged before anything is stored, and the hash of the password, which is
// made to be expensive, comes last. An operator is told that an address is taken, as a stranger
// never is.

namespace yett::management {
namespace {

task<accounts::outcome<std::string>> hash_of(context const& ctx, secret typed, std::string const& email)
{
    auto accepted = co_await ctx.services.passwords.accept(std::move(typed), email, ctx.services.rules.password);
    if (!accepted) co_return accepted.error();
    auto hash = co_await ctx.services.passwords.hash(std::move(*accepted));
    if (!hash) co_return hash.error();
    co_return std::move(*hash);
}

} // namespace

task<answer> add_user(context const& ctx, arguments& asked, actor const& caller)
{
    auto const email = asked.text("email");
    accounts::user made;
    made.roles = asked.list("roles");
    made.verified = !asked.flag("unverified");
    auto const without = asked.flag("no_password");
    secret typed;
    if (!without) typed = asked.secret_text("password");
    if (auto const fine = asked.fine(); !fine) co_return fine.error();
    auto const where = accounts::parse_address(email);
    if (!where) co_return client_error(errc::email_invalid, email + " is not an e-mail address: " + where.error().note());
    if (auto const fit = check_roles(ctx.services.rules, where->text, made.roles); !fit) co_return fit.error();
    if (!without) {
        auto hash = co_await hash_of(ctx, std::move(typed), where->text);
        if (!hash) co_return hash.error();
        made.password_hash = std::move(*hash);
    }
    made.id = make_uuid(caller.now);
    made.email = where->text;
    made.email_key = where->key;
    made.created_at = made.password_changed_at = caller.now;
    auto const added = co_await ctx.services.users.add(made);
    if (!added && added.error() == errc::conflict) co_return client_error(errc::conflict, made.email + " has an account already");
    if (!added) co_return added.error();
    report(ctx, "user_added", made.id, caller);
    auto body = row_of(made);
    body["message"] = made.email + ": added";
    co_return body;
}

} // namespace yett::management
