#include "gateway/accounts/address.hpp"
#include "gateway/accounts/letters.hpp"
#include "gateway/management/find_user.hpp"
#include "gateway/management/user_rows.hpp"
#include "gateway/management/user_verbs.hpp"

#include <fmt/format.h>

namespace yett::management {
namespace {

constexpr int days_to_follow = 7;

// Where the rules let an invitation lead nowhere, none is sent.
result<void> can_invite(accounts::rules const& rules)
{
    if (rules.registration != accounts::registration_policy::invited)
        return client_error(errc::conflict, "accounts.registration is not `invite`: an invitation would not count");
    if (!rules.links) return client_error(errc::conflict, "mail.public_url is not set: an invitation would lead nowhere");
    return {};
}

accounts::mailed_link invitation_to(accounts::address const& where, std::string languages, wall_time now)
{
    accounts::user guest;
    guest.email = where.text;
    guest.email_key = where.key;
    accounts::device operators_own;
    operators_own.languages = std::move(languages);
    auto mailed = accounts::mail_link(accounts::letter_kind::invitation, guest, operators_own, now);
    expire(mailed, now + std::chrono::days{days_to_follow});
    return mailed;
}

} // namespace

task<answer> invite_user(context const& ctx, arguments& asked, actor const& caller)
{
    auto const email = asked.text("email");
    auto roles = asked.list("roles");
    auto languages = asked.optional_text("language").value_or("");
    if (auto const fine = asked.fine(); !fine) co_return fine.error();
    if (auto const able = can_invite(ctx.services.rules); !able) co_return able.error();
    auto const where = accounts::parse_address(email);
    if (!where) co_return client_error(errc::email_invalid, email + " is not an e-mail address: " + where.error().note());
    if (auto const fit = check_roles(ctx.services.rules, where->text, roles); !fit) co_return fit.error();
    auto const known = co_await ctx.services.users.find_by_email(where->key);
    if (known) co_return client_error(errc::conflict, where->text + " has an account already");
    if (known.error() != errc::not_found) co_return known.error();

    auto mailed = invitation_to(*where, std::move(languages), caller.now);
    mailed.link.roles = std::move(roles);
    accounts::account_transaction all;
    add(all, std::move(mailed));
    auto const done = co_await ctx.services.links.commit(all);
    if (!done) co_return done.error();
    report(ctx, "user_invited", {}, caller);
    boost::json::object body;
    body["message"] = fmt::format("{}: invited, for {} days", where->text, days_to_follow);
    body["email"] = where->text;
    co_return body;
}

} // namespace yett::management
