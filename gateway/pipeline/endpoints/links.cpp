#include "gateway/pipeline/endpoints/handlers.hpp"

#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/users/reset_password.hpp"
#include "gateway/accounts/users/verify_email.hpp"
#include "gateway/base/async/wait_until.hpp"
#include "gateway/http/bodies/problem.hpp"
#include "gateway/pipeline/call/caller.hpp"
#include "gateway/pipeline/call/endpoint.hpp"
#include "gateway/pipeline/call/endpoint_services.hpp"
#include "gateway/pipeline/call/fields.hpp"
#include "gateway/pipeline/call/replies.hpp"
#include "gateway/pipeline/call/response_quantum.hpp"
#include "gateway/pipeline/request/credential.hpp"
#include "gateway/pipeline/request/paid_checks.hpp"
#include "gateway/pipeline/request/request_context.hpp"
#include "gateway/pipeline/request/same_origin.hpp"
#include "gateway/tokens/cache/token_cache.hpp"

namespace yett::pipeline {
namespace {

// Who wants a letter sent where. An address that is none is as good as one that nobody has.
task<result<accounts::letter_request>> read_request(call& c)
{
    auto body = co_await fields_of(c);
    if (!body) co_return body.error();
    accounts::letter_request wanted;
    wanted.email = body->name_text("email");
    wanted.from = device_of(c);
    if (auto fine = require_only(*body, {"email"}, c.context); !fine) co_return fine.error();
    c.context.spending.account = account_of(wanted.email);
    co_return std::move(wanted);
}

// The session that this client has already; whoever follows the link in it need not sign in
// again. Empty when there is none, and when another site sent the cookie.
std::string own_session(call& c)
{
    auto const& credential = c.context.found.shown;
    if (!credential || credential->by == credential::way::none) return {};
    if (credential->by == credential::way::cookie && !require_same_origin(c.ex.request(), c.context.asked.from.https)) return {};
    paid_checks pays{c.context};
    auto const who = c.services.cache.identify(c.context.found.token, c.context.asked.now, pays);
    return who ? (*who)->session : std::string{};
}

task<result<http::reply>> follow_verification(call& c, secret token)
{
    accounts::verification asked;
    asked.token = std::move(token);
    asked.session = own_session(c);
    asked.from = device_of(c);
    auto const who = co_await accounts::verify_email(c.services.services, std::move(asked), c.services.services.now());
    if (!who) co_return who.error();
    co_return verified_reply(*who);
}

using letter_service = task<result<void>> (*)(accounts::account_services const&, accounts::letter_request, wall_time);

// The beat begins when all was read: how it was sent is no choice of phase.
task<result<http::reply>> send_letter(call& c, letter_service service)
{
    auto wanted = co_await read_request(c);
    if (!wanted) co_return wanted.error();
    auto const may_send = co_await may_send_letter(c);
    if (!may_send) co_return may_send.error();
    wanted->silent = !*may_send;
    c.context.spending.counts = tally::always;
    auto const began = steady_now();
    auto const done = co_await service(c.services.services, std::move(*wanted), c.services.services.now());
    co_await wait_until(pad_to_quantum(began, steady_now()));
    if (!done) co_return done.error();
    co_return accepted();
}

} // namespace

task<result<http::reply>> verify(call& c)
{
    auto token = co_await token_of(c);
    if (!token) co_return token.error();
    co_return co_await follow_verification(c, std::move(*token));
}

task<result<http::reply>> look_at_link(call& c)
{
    auto const good =
        co_await accounts::check_link(c.services.services, token_in(c.ex.where()), *c.endpoint.link, c.services.services.now());
    if (!good) co_return good.error();
    co_return no_content();
}

task<result<http::reply>> verify_by_link(call& c)
{
    auto const& head = c.ex.request();
    auto const follows = head.method() == http::method::get && http::asks_for_json(head);
    if (!follows) co_return co_await look_at_link(c);
    co_return co_await follow_verification(c, token_in(c.ex.where()));
}

task<result<http::reply>> resend(call& c)
{
    return send_letter(c, accounts::resend_verification);
}

task<result<http::reply>> request_reset(call& c)
{
    return send_letter(c, accounts::request_reset);
}

task<result<http::reply>> confirm_reset(call& c)
{
    auto body = co_await fields_of(c);
    if (!body) co_return body.error();
    accounts::password_reset asked;
    asked.token = body->secret_text("token");
    asked.password = body->secret_text("password");
    asked.from = device_of(c);
    if (auto fine = require_only(*body, {"token", "password"}, c.context); !fine) co_return fine.error();
    auto done = co_await accounts::reset_password(c.services.services, std::move(asked), c.services.services.now());
    if (!done) co_return refused(done.error(), c.context);
    co_return remembered(c, *done);
}

} // namespace yett::pipeline
