#include "gateway/pipeline/endpoints/handlers.hpp"

#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/users/change_address.hpp"
#include "gateway/accounts/users/remove_user.hpp"
#include "gateway/accounts/users/verify_email.hpp"
#include "gateway/pipeline/call/caller.hpp"
#include "gateway/pipeline/call/endpoint_services.hpp"
#include "gateway/pipeline/call/fields.hpp"
#include "gateway/pipeline/call/replies.hpp"
#include "gateway/pipeline/request/request_context.hpp"
#include "gateway/pipeline/request/session_cookies.hpp"

// Handlers for the address and the end of an account. Both ask once more who is there, by the
// password; for the end a login that is recent enough does as well.

namespace yett::pipeline {
namespace {

// So recent a login stands for the password.
constexpr std::chrono::minutes recent{15};

using link_service = decltype(&accounts::confirm_address);

task<result<http::reply>> follow(call& c, link_service service)
{
    auto token = co_await token_of(c);
    if (!token) co_return token.error();
    accounts::followed_link asked;
    asked.token = std::move(*token);
    asked.from = device_of(c);
    auto const who = co_await service(c.services.services, std::move(asked), c.services.services.now());
    if (!who) co_return who.error();
    co_return verified_reply(*who);
}

} // namespace

task<result<http::reply>> change_email(call& c)
{
    auto body = co_await fields_of(c);
    if (!body) co_return body.error();
    auto who = session_of(c);
    if (!who) co_return who.error();
    accounts::new_address asked;
    asked.who = std::move(*who);
    asked.email = body->name_text("new_email");
    asked.password = body->secret_text("password");
    if (auto fine = require_only(*body, {"new_email", "password"}, c.context); !fine) co_return fine.error();
    c.context.spending.account = account_of(asked.email);
    auto const may_send = co_await may_send_letter(c);
    if (!may_send) co_return may_send.error();
    asked.silent = !*may_send;

    auto done = co_await accounts::request_address(c.services.services, std::move(asked), c.services.services.now());
    if (!done) co_return refused(done.error(), c.context);
    co_return accepted();
}

task<result<http::reply>> confirm_email(call& c)
{
    return follow(c, accounts::confirm_address);
}

task<result<http::reply>> undo_email(call& c)
{
    return follow(c, accounts::undo_address);
}

task<result<http::reply>> delete_me(call& c)
{
    auto body = co_await fields_of(c);
    if (!body) co_return body.error();
    auto who = session_of(c);
    if (!who) co_return who.error();
    accounts::farewell asked;
    asked.who = std::move(*who);
    if (body->has("password")) asked.password = body->secret_text("password");
    if (auto fine = require_only(*body, {"password"}, c.context); !fine) co_return fine.error();
    auto const is_recent = c.services.services.now() - c.context.found.who->authenticated_at <= recent;
    if (!asked.password && !is_recent) co_return errc::recent_login_required;

    auto const gone = co_await accounts::remove_self(c.services.services, std::move(asked), c.services.services.now());
    if (!gone) co_return gone.error();
    auto r = no_content();
    if (auto added = add_deletions(r, c.context.transport()); !added) co_return added.error();
    co_return r;
}

} // namespace yett::pipeline
