#include "gateway/pipeline/endpoints/handlers.hpp"

#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/known_device.hpp"
#include "gateway/accounts/sessions/login.hpp"
#include "gateway/accounts/sessions/logout.hpp"
#include "gateway/accounts/sessions/refresh.hpp"
#include "gateway/http/fields/cookies.hpp"
#include "gateway/pipeline/call/caller.hpp"
#include "gateway/pipeline/call/endpoint_services.hpp"
#include "gateway/pipeline/call/fields.hpp"
#include "gateway/pipeline/call/replies.hpp"
#include "gateway/pipeline/request/device_cookie.hpp"
#include "gateway/pipeline/request/refreshed_as.hpp"
#include "gateway/pipeline/request/request_context.hpp"
#include "gateway/pipeline/request/rival_cookies.hpp"
#include "gateway/pipeline/request/same_origin.hpp"

namespace yett::pipeline {
namespace {

// A refresh token that does not serve is a failed authentication, whatever was wrong with it.
error refresh_refused(error const& why)
{
    return why == errc::token_invalid ? client_error(errc::unauthenticated, why.note()) : why;
}

// The refresh token from the body or the cookie, as far as the configuration lets it come
// that way; empty when none came. Two that differ are refused, and one in a cookie only
// counts when our own origin sent it.
task<result<secret>> refresh_token_of(call& c, http::body_fields& body)
{
    auto const& way = c.context.transport();
    secret in_body;
    if (way.refresh_in_body && body.has("refresh_token")) in_body = secret{std::string{body.name_text("refresh_token")}};
    if (!way.refresh_in_cookie) co_return in_body;

    auto const cookie = co_await refresh_cookie_of(c.ex.request(), way, c.services.services, c.context);
    if (!cookie) co_return cookie.error();
    if (cookie->empty()) co_return in_body;
    secret in_cookie{std::string{*cookie}};
    if (!in_body.empty() && in_body != in_cookie) co_return errc::credentials_disagree;
    if (in_body.empty())
        if (auto ours = require_same_origin(c.ex.request(), c.context.asked.from.https, c.friends); !ours) co_return ours.error();
    co_return in_cookie;
}

result<http::reply> granted(call const& c, accounts::grant const& g, wall_time now)
{
    auto r = grant_reply(g, c.context.transport());
    if (auto added = add_cookies(r, c.context.transport(), g, now); !added) return added.error();
    if (auto added = add_device_mark(r, c.context.transport(), g.device_mark); !added) return added.error();
    return r;
}

// A login that cannot be told leaves no session behind that nobody has.
task<error> undone(call& c, accounts::grant const& given, error why)
{
    accounts::leave asked;
    asked.user_id = given.user.user_id;
    asked.session = given.session;
    asked.from = device_of(c);
    (void)co_await accounts::logout(c.services.services, std::move(asked), c.services.services.now());
    co_return why;
}

} // namespace

task<result<http::reply>> login(call& c)
{
    if (c.context.transport().uses_cookies())
        if (auto fine = refuse_foreign_origin(c.ex.request(), c.context.asked.from.https); !fine) co_return fine.error();
    auto body = co_await fields_of(c);
    if (!body) co_return body.error();
    // Forms of password managers and of OAuth libraries call the address a user name.
    auto const by_name = body->from_form() && !body->optional_text("username").value_or(std::string_view{}).empty();
    auto const* const name = by_name ? "username" : "email";
    accounts::credentials offered{std::string{body->name_text(name)}, body->secret_text("password"), {device_of(c)}};
    offered.session.remember = body->flag("remember_me");
    if (auto fine = require_only(*body, {name, "password", "remember_me"}, c.context); !fine) co_return fine.error();

    c.context.spending.account = account_of(offered.email);
    auto mark = device_mark_in(c.ex.request(), c.context.transport());
    auto known = co_await accounts::known_device(c.services.services, std::move(mark), offered.email, c.services.services.now());
    if (!known) co_return known.error();
    c.context.spending.device = *known;
    offered.session.known_device = std::move(*known);
    if (auto spent = co_await c.spend_for_account(); !spent) co_return spent.error();
    auto const now = c.services.services.now();
    auto const outcome = co_await accounts::login(c.services.services, std::move(offered), now);
    if (!outcome) co_return outcome.error();
    auto const* const grant = std::get_if<accounts::grant>(&*outcome);
    if (!grant) co_return our_error(errc::internal, "a login asks for one more proof, and no reply says so");
    auto reply = granted(c, *grant, now);
    if (!reply) co_return co_await undone(c, *grant, reply.error());
    // A store that fails here does not undo the login.
    (void)co_await end_what_cookies_name(c, false);
    co_return std::move(*reply);
}

task<result<http::reply>> refresh(call& c)
{
    auto body = co_await fields_of(c);
    if (!body) co_return body.error();
    auto token = co_await refresh_token_of(c, *body);
    if (!token) co_return token.error();
    if (auto fine = require_only(*body, {"refresh_token"}, c.context); !fine) co_return fine.error();
    if (token->empty()) co_return errc::unauthenticated;

    accounts::refresh_request asked{std::move(*token), device_of(c)};
    auto const now = c.services.services.now();
    auto grant = co_await accounts::refresh(c.services.services, std::move(asked), now);
    c.context.reported.refreshed = grant ? refreshed_as(*grant) : refreshed_as(grant.error());
    if (!grant) co_return refresh_refused(grant.error());
    co_return granted(c, *grant, now);
}

} // namespace yett::pipeline
