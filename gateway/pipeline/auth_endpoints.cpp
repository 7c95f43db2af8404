#include "gateway/pipeline/auth_endpoints.hpp"

#include "gateway/accounts/change_password.hpp"
#include "gateway/accounts/known_device.hpp"
#include "gateway/accounts/login.hpp"
#include "gateway/accounts/me.hpp"
#include "gateway/accounts/refresh.hpp"
#include "gateway/accounts/register.hpp"
#include "gateway/accounts/sessions.hpp"
#include "gateway/pipeline/auth_fields.hpp"
#include "gateway/pipeline/auth_replies.hpp"
#include "gateway/pipeline/authentication/renewals.hpp"
#include "gateway/pipeline/caller.hpp"
#include "gateway/pipeline/request/device_cookie.hpp"
#include "gateway/pipeline/request/request_context.hpp"
#include "gateway/pipeline/request/rival_cookies.hpp"
#include "gateway/pipeline/request/same_origin.hpp"
#include "gateway/tokens/signer.hpp"
#include "gateway/tokens/token_cache.hpp"

#include <algorithm>

namespace yett::pipeline {
namespace {

// A refresh token that does not serve is a failed authentication, whatever was wrong with it.
error refresh_refused(error const& why)
{
    return why == errc::token_invalid ? client_error(errc::unauthenticated, why.note()) : why;
}

} // namespace

auth_endpoints::endpoint auth_endpoints::endpoint_named(std::string_view target) noexcept
{
    constexpr std::pair<std::string_view, endpoint> endpoints[] = {
        {"register", &auth_endpoints::register_user},
        {"login", &auth_endpoints::login},
        {"refresh", &auth_endpoints::refresh},
        {"logout", &auth_endpoints::logout},
        {"me", &auth_endpoints::me},
        {"password", &auth_endpoints::change_password},
        {"delete_me", &auth_endpoints::delete_me},
        {"email", &auth_endpoints::email},
        {"email_confirm", &auth_endpoints::email_confirm},
        {"email_link", &auth_endpoints::email_link},
        {"email_undo", &auth_endpoints::email_undo},
        {"undo_link", &auth_endpoints::undo_link},
        {"sessions", &auth_endpoints::sessions},
        {"session", &auth_endpoints::end_session},
        {"other_sessions", &auth_endpoints::end_others},
        {"verify", &auth_endpoints::verify},
        {"verify_link", &auth_endpoints::verify_link},
        {"resend", &auth_endpoints::resend},
        {"reset_request", &auth_endpoints::request_reset},
        {"reset_link", &auth_endpoints::reset_link},
        {"reset_confirm", &auth_endpoints::confirm_reset},
        {"jwks", &auth_endpoints::jwks},
        {"metadata", &auth_endpoints::metadata},
        {"api_keys", &auth_endpoints::api_keys},
        {"create_api_key", &auth_endpoints::create_api_key},
        {"remove_api_key", &auth_endpoints::remove_api_key},
        {"nothing", &auth_endpoints::nothing},
    };
    for (auto const& [name, handler] : endpoints)
        if (name == target) return handler;
    return nullptr;
}

task<result<http::reply>> auth_endpoints::answer(std::string_view target, call& c)
{
    auto const answers = endpoint_named(target);
    if (!answers) co_return our_error(errc::internal, "no such endpoint: " + std::string{target});
    co_return co_await (this->*answers)(c);
}

task<result<http::reply>> auth_endpoints::register_user(call& c)
{
    auto body = co_await fields_of(c);
    if (!body) co_return body.error();
    accounts::registration asked;
    asked.email = body->name_text("email");
    asked.password = body->secret_text("password");
    if (body->has("invitation") && !body->name_text("invitation").empty()) asked.invitation = body->secret_text("invitation");
    asked.from = device_of(c);
    if (auto fine = require_only(*body, {"email", "password", "invitation"}, c.context); !fine) co_return fine.error();
    c.context.spending.account = account_of(asked.email);
    auto const may_send = co_await may_send_letter(c);
    if (!may_send) co_return may_send.error();
    asked.silent = !*may_send;

    auto made = co_await accounts::register_user(parts_.desk, std::move(asked), parts_.desk.now());
    if (!made) co_return refused(made.error(), c.context);
    co_return registered_reply(*made);
}

task<result<http::reply>> auth_endpoints::login(call& c)
{
    if (parts_.transport.uses_cookies())
        if (auto fine = refuse_foreign_origin(c.ex.request(), c.context.asked.from.https); !fine) co_return fine.error();
    auto body = co_await fields_of(c);
    if (!body) co_return body.error();
    // Forms of password managers and of OAuth libraries call the address a user name.
    auto const by_name = body->from_form() && !body->optional_text("username").value_or(std::string_view{}).empty();
    auto const* const name = by_name ? "username" : "email";
    accounts::credentials offered{std::string{body->name_text(name)}, body->secret_text("password"), device_of(c)};
    offered.remember = body->flag("remember_me");
    if (auto fine = require_only(*body, {name, "password", "remember_me"}, c.context); !fine) co_return fine.error();

    c.context.spending.account = account_of(offered.email);
    auto mark = device_mark_in(c.ex.request(), parts_.transport);
    auto known = co_await accounts::known_device(parts_.desk, std::move(mark), offered.email, parts_.desk.now());
    if (!known) co_return known.error();
    c.context.spending.device = *known;
    offered.known_device = std::move(*known);
    if (auto spent = co_await c.spend_for_account(); !spent) co_return spent.error();
    auto const now = parts_.desk.now();
    auto grant = co_await accounts::login(parts_.desk, std::move(offered), now);
    if (!grant) co_return grant.error();
    auto reply = granted(*grant, now);
    if (!reply) co_return co_await undone(c, *grant, reply.error());
    // A store that fails here does not undo the login.
    (void)co_await end_what_cookies_name(c, false);
    co_return std::move(*reply);
}

// A login that cannot be told leaves no session behind that nobody has.
task<error> auth_endpoints::undone(call& c, accounts::grant const& given, error why)
{
    accounts::leave asked;
    asked.user_id = given.user.user_id;
    asked.session = given.session;
    asked.from = device_of(c);
    (void)co_await accounts::logout(parts_.desk, std::move(asked), parts_.desk.now());
    co_return why;
}

task<result<http::reply>> auth_endpoints::refresh(call& c)
{
    auto body = co_await fields_of(c);
    if (!body) co_return body.error();
    auto token = co_await refresh_token_of(c, *body);
    if (!token) co_return token.error();
    if (auto fine = require_only(*body, {"refresh_token"}, c.context); !fine) co_return fine.error();
    if (token->empty()) co_return errc::unauthenticated;

    accounts::refresh_request asked{std::move(*token), device_of(c)};
    auto const now = parts_.desk.now();
    auto grant = co_await accounts::refresh(parts_.desk, std::move(asked), now);
    c.context.reported.refreshed = grant ? refreshed_as(*grant) : refreshed_as(grant.error());
    if (!grant) co_return refresh_refused(grant.error());
    co_return granted(*grant, now);
}

task<result<http::reply>> auth_endpoints::me(call& c)
{
    // What another issuer calls its users says nothing about ours.
    if (c.context.found.who->issuer != parts_.desk.signer.issuer()) co_return client_error(errc::forbidden, "not a user of ours");
    auto profile = co_await accounts::me(parts_.desk, c.context.found.who->subject);
    if (!profile) co_return profile.error();
    co_return profile_reply(*profile);
}

task<result<http::reply>> auth_endpoints::change_password(call& c)
{
    auto body = co_await fields_of(c);
    if (!body) co_return body.error();
    auto who = session_of(c);
    if (!who) co_return who.error();
    accounts::new_password asked{std::move(*who), body->secret_text("current_password"), body->secret_text("new_password")};
    if (auto fine = require_only(*body, {"current_password", "new_password"}, c.context); !fine) co_return fine.error();

    auto changed = co_await accounts::change_password(parts_.desk, std::move(asked), parts_.desk.now());
    if (!changed) co_return refused(changed.error(), c.context);
    co_return remembered(*changed);
}

task<result<http::reply>> auth_endpoints::sessions(call& c)
{
    auto who = session_of(c);
    if (!who) co_return who.error();
    auto wanted = part_asked(c.ex.where().query());
    if (!wanted) co_return wanted.error();
    auto all = co_await accounts::list_sessions(parts_.desk, std::move(*who), std::move(*wanted), parts_.desk.now());
    if (!all) co_return all.error();
    co_return sessions_reply(*all);
}

task<result<http::reply>> auth_endpoints::end_session(call& c)
{
    auto who = session_of(c);
    if (!who) co_return who.error();
    std::string id{last_segment(c.ex.where().path())};
    auto ended = co_await accounts::end_session(parts_.desk, std::move(*who), std::move(id), parts_.desk.now());
    if (!ended) co_return ended.error();
    co_return no_content();
}

task<result<http::reply>> auth_endpoints::end_others(call& c)
{
    auto who = session_of(c);
    if (!who) co_return who.error();
    auto ended = co_await accounts::end_other_sessions(parts_.desk, std::move(*who), parts_.desk.now());
    if (!ended) co_return ended.error();
    co_return no_content();
}

task<result<http::reply>> auth_endpoints::nothing(call&)
{
    co_return errc::no_such_route;
}

// A copy that is still good is not sent again (RFC 9110 section 13.1.2).
result<http::reply> auth_endpoints::shown(call& c, key_documents::document const& wanted, char const* type) const
{
    if (wanted.body.empty()) return errc::no_such_route;
    http::reply r;
    r.fields = {{"Cache-Control", parts_.keys->cache_control}, {"ETag", wanted.etag}};
    auto const* const known = c.ex.request().find("if-none-match");
    if (known && (known->value == "*" || known->value.find(wanted.etag) != std::string_view::npos)) {
        r.status = 304;
        return r;
    }
    r.fields.emplace_back("Content-Type", type);
    r.body = wanted.body;
    return r;
}

task<result<http::reply>> auth_endpoints::jwks(call& c)
{
    co_return shown(c, parts_.keys->jwks, "application/jwk-set+json");
}

task<result<http::reply>> auth_endpoints::metadata(call& c)
{
    co_return shown(c, parts_.keys->metadata, "application/json");
}

// The refresh token from the body or the cookie, as far as the configuration lets it come
// that way; empty when none came. Two that differ are refused, and one in a cookie only
// counts when our own origin sent it.
task<result<secret>> auth_endpoints::refresh_token_of(call& c, http::body_fields& body) const
{
    auto const& way = parts_.transport;
    secret in_body;
    if (way.refresh_in_body && body.has("refresh_token")) in_body = secret{std::string{body.name_text("refresh_token")}};
    if (!way.refresh_in_cookie) co_return in_body;

    auto const cookie = co_await refresh_cookie_of(c.ex.request(), way, parts_.desk, c.context);
    if (!cookie) co_return cookie.error();
    if (cookie->empty()) co_return in_body;
    secret in_cookie{std::string{*cookie}};
    if (!in_body.empty() && in_body != in_cookie) co_return errc::credentials_disagree;
    if (in_body.empty())
        if (auto ours = require_same_origin(c.ex.request(), c.context.asked.from.https, friends_of(c)); !ours)
            co_return ours.error();
    co_return in_cookie;
}

result<http::reply> auth_endpoints::granted(accounts::grant const& g, wall_time now) const
{
    auto r = grant_reply(g, parts_.transport);
    if (auto added = add_cookies(r, parts_.transport, g, now); !added) return added.error();
    if (auto added = add_device_mark(r, parts_.transport, g.device_mark); !added) return added.error();
    return r;
}

// Nothing but that the device is known from now on.
result<http::reply> auth_endpoints::remembered(secret const& mark) const
{
    auto r = no_content();
    if (auto added = add_device_mark(r, parts_.transport, mark); !added) return added.error();
    return r;
}

// False when the account has had as many letters as it gets: then everything is done as if
// one went, and nobody can tell.
task<result<bool>> auth_endpoints::may_send_letter(call& c)
{
    auto const spent = co_await c.spend_for_account();
    if (spent) co_return true;
    auto const& letters = limits::for_letters;
    auto const* const full = c.context.spending.admissions.empty() ? nullptr : c.context.spending.admissions.back().refused_by();
    if (full && std::ranges::find(letters, full->name()) != std::ranges::end(letters)) co_return false;
    co_return spent.error();
}

} // namespace yett::pipeline
