#include "gateway/management/user_verbs.hpp"

#include "gateway/accounts/passwords/password.hpp"
#include "gateway/accounts/users/change_address.hpp"
#include "gateway/accounts/users/remove_user.hpp"
#include "gateway/accounts/users/service_account.hpp"
#include "gateway/management/find_user.hpp"
#include "gateway/management/session_verbs.hpp"
#include "gateway/management/user_rows.hpp"

#include <fmt/format.h>

// What operators do to one account. Changes that take rights away end its sessions as well, and in
// that order; what only gives something (enabling, a new address) leaves them alone. Answers say
// how many sessions ended.

namespace yett::management {

using accounts::handle_of;

namespace {

boost::json::object said(std::string const& message, accounts::user const& about)
{
    boost::json::object body;
    body["message"] = message;
    body["id"] = about.id;
    body["email"] = handle_of(about);
    return body;
}

struct switching
{
    accounts::user_change change;
    std::string_view event;
    std::string_view done; // "disabled"
};

// First the change, then the end of what was issued before it: a login in between reads the
// user once more after its session is stored, and ends it itself.
task<answer> change_and_sign_out(context const& ctx, std::string who, switching wanted, actor const& caller)
{
    auto const found = co_await find_user(ctx, who);
    if (!found) co_return found.error();
    if (wanted.change.roles)
        if (auto const fit = check_roles(ctx.services.rules, found->email, *wanted.change.roles); !fit) co_return fit.error();
    auto const after = co_await ctx.services.users.change(found->id, wanted.change);
    if (!after) co_return after.error();
    auto const ended = co_await end_all_sessions(ctx, after->id, caller.now);
    if (!ended) co_return ended.error();
    report(ctx, wanted.event, after->id, caller);
    auto body = said(fmt::format("{}: {}, {} sessions ended", handle_of(*after), wanted.done, *ended), *after);
    body["ended"] = *ended;
    co_return body;
}

// An operator replaces whatever is there; a login may rehash it at the same moment.
task<result<void>> replace_password(context const& ctx, std::string const& user_id, accounts::password_change change)
{
    result<void> done{errc::conflict};
    for (int attempt = 0; attempt < 5 && !done && done.error() == errc::conflict; ++attempt) {
        auto const found = co_await ctx.services.users.find(user_id);
        if (!found) co_return found.error();
        change.expected_hash = found->password_hash;
        done = co_await ctx.services.users.change_password(user_id, change);
    }
    co_return done;
}

} // namespace

task<answer> disable_user(context const& ctx, arguments& asked, actor const& caller)
{
    auto who = asked.text("user");
    if (auto const fine = asked.fine(); !fine) co_return fine.error();
    switching wanted{{}, "user_disabled", "disabled"};
    wanted.change.disabled = true;
    co_return co_await change_and_sign_out(ctx, std::move(who), std::move(wanted), caller);
}

task<answer> enable_user(context const& ctx, arguments& asked, actor const& caller)
{
    auto const who = asked.text("user");
    if (auto const fine = asked.fine(); !fine) co_return fine.error();
    auto const found = co_await find_user(ctx, who);
    if (!found) co_return found.error();
    accounts::user_change wanted;
    wanted.disabled = false;
    auto const after = co_await ctx.services.users.change(found->id, wanted);
    if (!after) co_return after.error();
    report(ctx, "user_enabled", after->id, caller);
    co_return said(handle_of(*after) + ": enabled", *after);
}

task<answer> set_roles(context const& ctx, arguments& asked, actor const& caller)
{
    auto who = asked.text("user");
    switching wanted{{}, "roles_changed", "roles changed"};
    wanted.change.roles = asked.list("roles");
    if (auto const fine = asked.fine(); !fine) co_return fine.error();
    co_return co_await change_and_sign_out(ctx, std::move(who), std::move(wanted), caller);
}

task<answer> delete_user(context const& ctx, arguments& asked, actor const& caller)
{
    auto const who = asked.text("user");
    if (auto const fine = asked.fine(); !fine) co_return fine.error();
    auto const found = co_await find_user(ctx, who);
    if (!found) co_return found.error();
    auto const gone = co_await accounts::remove_user(ctx.services, found->id, caller.now);
    if (!gone) co_return gone.error();
    report(ctx, "user_deleted", found->id, caller);
    co_return said(handle_of(*found) + ": deleted", *found);
}

task<answer> set_email(context const& ctx, arguments& asked, actor const& caller)
{
    auto const who = asked.text("user");
    auto const email = asked.text("email");
    if (auto const fine = asked.fine(); !fine) co_return fine.error();
    auto const found = co_await find_user(ctx, who);
    if (!found) co_return found.error();
    if (is_service(*found)) co_return client_error(errc::bad_request, "a service account has no address");
    auto const moved = co_await accounts::set_address(ctx.services, *found, email, caller.now);
    if (!moved && moved.error() == errc::conflict) co_return client_error(errc::conflict, email + " has an account already");
    if (!moved) co_return moved.error();
    report(ctx, "address_set", found->id, caller);
    co_return said(found->email + ": the address is " + moved->email, *moved);
}

task<answer> set_password(context const& ctx, arguments& asked, actor const& caller)
{
    auto const who = asked.text("user");
    auto typed = asked.secret_text("password");
    if (auto const fine = asked.fine(); !fine) co_return fine.error();
    auto const found = co_await find_user(ctx, who);
    if (!found) co_return found.error();
    if (is_service(*found)) co_return client_error(errc::bad_request, "a service account has no password; see api-keys add");
    auto accepted = co_await ctx.services.passwords.accept(std::move(typed), found->email, ctx.services.rules.password);
    if (!accepted) co_return accepted.error();
    auto hash = co_await ctx.services.passwords.hash(std::move(*accepted));
    if (!hash) co_return hash.error();
    accounts::password_change change;
    change.new_hash = std::move(*hash);
    change.changed_at = caller.now;
    auto const done = co_await replace_password(ctx, found->id, std::move(change));
    if (!done) co_return done.error();
    auto const ended = co_await end_all_sessions(ctx, found->id, caller.now);
    if (!ended) co_return ended.error();
    report(ctx, "password_set", found->id, caller);
    auto body = said(fmt::format("{}: password set, {} sessions ended", found->email, *ended), *found);
    body["ended"] = *ended;
    co_return body;
}

} // namespace yett::management
