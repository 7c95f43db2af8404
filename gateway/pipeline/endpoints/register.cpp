#include "gateway/pipeline/endpoints/handlers.hpp"

#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/users/register.hpp"
#include "gateway/limits/spec.hpp"
#include "gateway/pipeline/call/caller.hpp"
#include "gateway/pipeline/call/endpoint_services.hpp"
#include "gateway/pipeline/call/fields.hpp"
#include "gateway/pipeline/call/replies.hpp"
#include "gateway/pipeline/request/device_cookie.hpp"
#include "gateway/pipeline/request/request_context.hpp"

#include <algorithm>

// Registration says the same for an address that is taken as for one that is free: what differs is
// the letter. The limit of letters follows that: beyond it the answer stays and the letter goes
// unsent (`silent`), while every other limit refuses.

namespace yett::pipeline {

task<result<http::reply>> register_user(call& c)
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

    auto made = co_await accounts::register_user(c.services.services, std::move(asked), c.services.services.now());
    if (!made) co_return refused(made.error(), c.context);
    co_return registered_reply(*made);
}

// Whether the one that refused is a limit of letters; it is the last that was asked.
task<result<bool>> may_send_letter(call& c)
{
    auto const spent = co_await c.spend_for_account();
    if (spent) co_return true;
    auto const& letters = limits::for_letters;
    auto const* const full = c.context.spending.admissions.empty() ? nullptr : c.context.spending.admissions.back().refused_by();
    if (full && std::ranges::find(letters, full->name()) != std::ranges::end(letters)) co_return false;
    co_return spent.error();
}

result<http::reply> remembered(call const& c, secret const& mark)
{
    auto r = no_content();
    if (auto added = add_device_mark(r, c.context.transport(), mark); !added) return added.error();
    return r;
}

} // namespace yett::pipeline
