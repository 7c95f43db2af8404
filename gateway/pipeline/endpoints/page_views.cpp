#include "gateway/pipeline/endpoints/page_handlers.hpp"

#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/users/verify_email.hpp"
#include "gateway/http/bodies/form.hpp"
#include "gateway/pipeline/call/endpoint.hpp"
#include "gateway/pipeline/call/endpoint_services.hpp"
#include "gateway/pipeline/call/fields.hpp"
#include "gateway/pipeline/call/page_replies.hpp"
#include "gateway/pipeline/endpoints/forms.hpp"
#include "gateway/pipeline/request/paid_checks.hpp"
#include "gateway/pipeline/request/request_context.hpp"
#include "gateway/pipeline/request/return_address.hpp"

namespace yett::pipeline {

namespace {

std::string asked_for(call const& c, std::string_view name)
{
    return http::form_value(c.ex.where().query(), name).value_or(std::string{});
}

// Who has been invited may come in, also where the door is not open to everybody.
pages::page page_for_newcomers(call const& c)
{
    auto const invited = !asked_for(c, "invitation").empty();
    return c.context.pages().branding.registration || invited ? pages::page::register_ : pages::page::register_closed;
}

// The form of the page that was asked for, on the page it stands on.
result<http::reply> show_form_of(call& c)
{
    auto const& f = *c.endpoint.form;
    return show_form(f, *f.page, c);
}

} // namespace

task<result<http::reply>> show_page(call& c)
{
    co_return show_form_of(c);
}

task<result<http::reply>> show_registration(call& c)
{
    co_return show_form(*c.endpoint.form, page_for_newcomers(c), c);
}

task<result<http::reply>> show_mail_sent(call& c)
{
    if (asked_for(c, "for") == "reset") co_return show_form(forms::reset_request, pages::page::mail_reset, c);
    co_return show_form_of(c);
}

// Whoever is signed in goes on at once, unless somebody wants to know that it is them.
task<result<http::reply>> show_login(call& c)
{
    auto const there = co_await look_at_session(c);
    if (!there.live || view_for(c).confirm) co_return show_form(*c.endpoint.form, pages::page::login, c, there.email);
    auto on = see_other(waiting_or(next_in(asked_for(c, "next")), c.context.pages().branding.home, c));
    for (auto& each : waiting_addresses_of(c.context).forget(c.ex.request()))
        on.fields.emplace_back("Set-Cookie", std::move(each));
    co_return on;
}

task<result<http::reply>> lead_in(call& c)
{
    auto const there = co_await look_at_session(c);
    co_return see_other(prefix_of(c) + (there.live ? "/account" : "/login"));
}

task<result<http::reply>> lead_to_change(call& c)
{
    co_return see_other(c.context.pages().prefixes.front() + "/account#change");
}

task<result<http::reply>> show_link(call& c)
{
    auto const purpose = *c.endpoint.link;
    auto const good =
        co_await accounts::check_link(c.services.services, token_in(c.ex.where()), purpose, c.services.services.now());
    if (good) co_return show_form_of(c);
    if (good.error().from() != origin::client) co_return good.error();
    auto const done_before = co_await explain_link(purpose, token_in(c.ex.where()), c);
    if (done_before) co_return page_reply(*c.context.reported.page);
    co_return good.error();
}

task<result<http::reply>> show_address_link(call& c)
{
    auto const purpose = *c.endpoint.link;
    auto const good =
        co_await accounts::check_link(c.services.services, token_in(c.ex.where()), purpose, c.services.services.now());
    if (good) co_return show_form_of(c);
    if (good.error().from() == origin::client)
        c.context.reported.page = c.context.renderer().write(pages::page::link_dead_address, view_for(c));
    co_return good.error();
}

task<bool> explain_link(accounts::link_purpose purpose, secret token, call& c)
{
    using pages::page;
    auto const verifies = purpose == accounts::link_purpose::verify_address;
    auto before = false;
    if (verifies) before = co_await accounts::was_confirmed(c.services.services, std::move(token), c.services.services.now());
    auto const which = before ? page::verified_before : verifies ? page::link_dead_verify : page::link_dead_reset;
    c.context.reported.page = c.context.renderer().write(which, view_for(c));
    co_return before;
}

result<http::reply> show_form(form const& f, pages::page which, call& c, std::string_view email)
{
    auto const next = next_in(asked_for(c, "next"));
    auto const notice = asked_for(c, "notice");
    auto const invitation = asked_for(c, "invitation");
    auto const token = token_for(f, c);
    if (!token) return token.error();
    auto v = view_for(c);
    v.form_token = *token;
    v.next = next;
    v.notice = notice;
    v.email = email;
    v.link_token = which == pages::page::register_ ? std::string_view{invitation} : last_segment(c.ex.where().path());
    return page_reply(c.context.renderer().write(which, v));
}

task<result<http::reply>> send_asset(call& c)
{
    auto const* file = c.context.renderer().find_asset(last_segment(c.ex.where().path()));
    if (!file) co_return errc::no_such_route;
    http::reply r;
    r.fields = {{"Content-Type", file->media_type},
                {"Cache-Control", "public, max-age=31536000, immutable"},
                {"X-Content-Type-Options", "nosniff"},
                // An SVG opened on its own is a document of our origin.
                {"Content-Security-Policy", "default-src 'none'; sandbox"},
                {"Cross-Origin-Resource-Policy", "same-origin"}};
    r.body = file->bytes;
    co_return r;
}

// The address that waits is looked at once more: the key that signed it proves who wrote it, not
// that it leads to a page of this site.
std::string waiting_or(std::string_view next, std::string_view otherwise, call const& c)
{
    if (next.empty()) return std::string{otherwise};
    if (next != waiting_word) return std::string{next};
    auto const kept = waiting_addresses_of(c.context).find(c.ex.request(), c.context.asked.now);
    return return_address(kept.value_or(std::string{}), otherwise, longest_waiting);
}

std::string next_in(std::string_view wanted)
{
    return wanted == waiting_word ? std::string{waiting_word} : return_address(wanted, {});
}

std::string prefix_of(call const& c)
{
    return std::string{c.context.pages().prefix_of(c.ex.where().path())};
}

seconds wait_of(request_context const& context)
{
    auto const& spent = context.spending.admissions;
    if (!spent.empty() && !spent.back().allowed()) return spent.back().retry_after_seconds();
    return context.reported.credential_refused == errc::rate_limited ? wait_for_check(context) : seconds{0};
}

pages::view view_for(call const& c)
{
    pages::view v;
    v.in = pages::language_for(c.ex.request().value(http::known::accept_language));
    v.prefix = c.context.pages().prefix_of(c.ex.where().path());
    v.host = c.ex.where().host();
    v.confirm = !http::form_value(c.ex.where().query(), "confirm").value_or(std::string{}).empty();
    v.wait = wait_of(c.context);
    return v;
}

form_tokens form_tokens_of(request_context const& context)
{
    auto const& ways = context.transport();
    return {ways.form_cookie, ways.secure};
}

waiting_addresses waiting_addresses_of(request_context const& context)
{
    auto const& ways = context.transport();
    return waiting_addresses{{ways.next_cookie, ways.secure, context.pages().waiting_key}};
}

// The cookie that belongs to the token travels with whatever is replied.
result<std::string> token_for(form const& f, call& c)
{
    auto made = form_tokens_of(c.context).issue(c.ex.request(), f.proof);
    if (!made) return made.error();
    if (made->set_cookie) c.context.reported.set_cookies.emplace_back("Set-Cookie", std::move(*made->set_cookie));
    return std::move(made->token);
}

} // namespace yett::pipeline
