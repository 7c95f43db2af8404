#include "gateway/pipeline/endpoints/page_handlers.hpp"

#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/sessions/sessions.hpp"
#include "gateway/accounts/users/api_keys.hpp"
#include "gateway/http/bodies/problem.hpp"
#include "gateway/pipeline/call/caller.hpp"
#include "gateway/pipeline/call/endpoint.hpp"
#include "gateway/pipeline/call/endpoint_services.hpp"
#include "gateway/pipeline/call/navigation.hpp"
#include "gateway/pipeline/call/page_replies.hpp"
#include "gateway/pipeline/call/read_fields.hpp"
#include "gateway/pipeline/request/request_context.hpp"
#include "gateway/pipeline/request/same_origin.hpp"

// A form goes through the very endpoint that answers JSON, with the same limits, checks and
// audit lines; here its answer becomes a page or the way to one. A form that went well is
// answered with 303, so that going back or reloading sends nothing twice; the one that makes an
// API key shows it at once, for it is shown only then. One that did not fails with the
// endpoint's error and leaves the page that says so in the context.
namespace yett::pipeline {
namespace {

// Failures that the person at the form can do something about, there.
bool is_about_the_form(error const& why) noexcept
{
    switch (why.code()) {
    case errc::invalid_credentials:
    case errc::email_not_verified:
    case errc::email_taken:
    case errc::email_invalid:
    case errc::password_weak:
    case errc::csrf_rejected:
    case errc::rate_limited:
    case errc::bad_request: return true;
    default: return false;
    }
}

// The account page has several places for a password.
std::string_view place_of(form const& f, std::string_view field) noexcept
{
    return field == "password" && !f.old_password.empty() ? f.old_password : field;
}

bool is_about_address(form const& f) noexcept
{
    return f.page == pages::page::move || f.page == pages::page::undo_move;
}

bool is_dead_link(error const& why) noexcept
{
    return why == errc::link_invalid || why == errc::link_expired;
}

sent_form read_sent(form const& f, http::body_fields& body)
{
    sent_form s;
    s.next = next_in(body.take("next"));
    s.end = body.take("end");
    s.remove_key = body.take("remove_key");
    s.others = !body.take("others").empty();
    s.email = body.optional_text("email").value_or(std::string_view{});
    s.link_token = body.optional_text(f.page == pages::page::register_ ? "invitation" : "token").value_or(std::string_view{});
    for (auto const name : f.fields)
        if (!name.empty() && body.optional_text(name).value_or(std::string_view{}).empty()) s.empty.push_back(name);
    return s;
}

std::string with_next(std::string way, call const& c)
{
    auto const& next = c.sent.next;
    auto const through_mail = next.empty() && waiting_addresses_of(c.context).find(c.ex.request(), c.context.asked.now);
    if (way.starts_with("/login") && through_mail) return way + "&next=" + std::string{waiting_word};
    if (next.empty()) return way;
    return way + "&next=" + query_value(next);
}

// An invitation came by mail and proves the address.
bool is_verified(call const& c)
{
    return !c.services.services.rules.require_verified_email || !c.sent.link_token.empty();
}

std::string way_on(form const& f, call const& c)
{
    auto const& home = c.context.pages().branding.home;
    auto const& next = c.sent.next;
    if (f.then == afterwards::signs_in) return waiting_or(next, home, c);
    if (f.then == afterwards::signs_out && !next.empty()) return waiting_or(next, home, c);
    if (f.then == afterwards::signs_out && !c.context.pages().after_logout.empty()) return c.context.pages().after_logout;
    auto const way = !f.leads_to_verified.empty() && is_verified(c) ? f.leads_to_verified : f.leads_to;
    if (way.starts_with("/login") && !c.context.pages().branding.login) return home;
    return prefix_of(c) + with_next(std::string{way}, c);
}

// 303, and what the way on needs of cookies. What a page was signed out of may still lie in the
// browser's cache.
http::reply lead_on(form const& f, call const& c)
{
    auto on = see_other(way_on(f, c));
    auto const& next = c.sent.next;
    if (f.then == afterwards::signs_out) on.fields.emplace_back("Clear-Site-Data", "\"cache\"");
    std::vector<std::string> lines;
    // Through a mail `next` comes back by the cookie alone.
    if (f.then == afterwards::by_mail && !next.empty() && next != waiting_word)
        lines = waiting_addresses_of(c.context).keep(next, c.context.asked.now);
    if (f.then == afterwards::signs_in) lines = waiting_addresses_of(c.context).forget(c.ex.request());
    for (auto& each : lines) on.fields.emplace_back("Set-Cookie", std::move(each));
    return on;
}

// What is wrong with which field.
std::vector<pages::field_message> messages_of(form const& f, error const& why, call const& c)
{
    std::vector<pages::field_message> wrong;
    wrong.reserve(c.sent.empty.size() + c.context.reported.complaints.size() + 1);
    for (auto const each : c.sent.empty) wrong.push_back({place_of(f, each), "required"});
    for (auto const& each : c.context.reported.complaints) wrong.push_back({each.field, each.code, each.message});
    if (why == errc::email_taken && wrong.empty()) wrong.push_back({"email", "email_taken"});
    if (why == errc::invalid_credentials && !f.old_password.empty()) wrong.push_back({f.old_password, "current_password"});
    return wrong;
}

task<void> explain_dead_link(form const& f, call& c)
{
    if (is_about_address(f)) {
        c.context.reported.page = c.context.renderer().write(pages::page::link_dead_address, view_for(c));
        co_return;
    }
    auto const purpose =
        f.page == pages::page::choose ? accounts::link_purpose::reset_password : accounts::link_purpose::verify_address;
    secret token{c.sent.link_token};
    (void)co_await explain_link(purpose, std::move(token), c);
}

// Leaves the page with the form in the context, filled in as it was but for secrets, and
// says what is wrong with it.
task<error> explain_form(form const& f, error why, call& c)
{
    if (is_dead_link(why)) {
        co_await explain_dead_link(f, c);
        co_return why;
    }
    auto v = view_for(c);
    auto const is_forbidden = why == errc::forbidden;
    if (is_forbidden && f.when_forbidden) {
        c.context.reported.page = c.context.renderer().write(*f.when_forbidden, v);
        co_return why;
    }
    auto const has_alert = is_forbidden && !f.forbidden_alert.empty();
    if (!is_about_the_form(why) && !has_alert) co_return why;

    auto const wrong = messages_of(f, why, c);
    v.wrong = wrong;
    if (wrong.empty()) v.alert = has_alert ? f.forbidden_alert : http::public_error_of(why).code;
    v.email = c.sent.email;
    v.link_token = c.sent.link_token;
    v.next = c.sent.next;
    auto const token = token_for(f, c);
    if (!token) co_return token.error();
    v.form_token = *token;
    if (f.page) {
        c.context.reported.page = c.context.renderer().write(*f.page, v);
        co_return why;
    }
    if (!c.context.found.who) co_return why;
    auto html = co_await write_account(v, c);
    if (!html) co_return html.error();
    c.context.reported.page = std::move(*html);
    co_return why;
}

// Ends what was named of sessions and keys.
task<result<void>> end_what_was_named(call& c)
{
    auto who = session_of(c);
    if (!who) co_return who.error();
    auto const& desk = c.services.services;
    auto const& s = c.sent;
    if (s.others) {
        auto const others = co_await accounts::end_other_sessions(desk, std::move(*who), desk.now());
        if (!others) co_return others.error();
    } else if (!s.end.empty()) {
        std::string id = s.end;
        co_return co_await accounts::end_session(desk, std::move(*who), std::move(id), desk.now());
    } else if (!s.remove_key.empty()) {
        accounts::api_key_removal wanted{who->user_id, s.remove_key, who->from.address, {}};
        auto const gone = co_await accounts::remove_api_keys(desk, std::move(wanted), desk.now());
        if (!gone) co_return gone.error();
    }
    co_return result<void>{};
}

std::string way_after_change(call const& c)
{
    auto const& s = c.sent;
    if (s.others) return "/account?notice=others_ended";
    if (!s.end.empty()) return "/account?notice=session_ended";
    if (!s.remove_key.empty()) return "/account?notice=key_removed#keys";
    return with_next("/account", c);
}

} // namespace

task<result<http::reply>> change_account(call& c)
{
    if (auto fine = c.body->expect_only({}); !fine) co_return fine.error();
    auto const ended = co_await end_what_was_named(c);
    if (!ended && ended.error() != errc::not_found) co_return ended.error();
    co_return see_other(prefix_of(c) + way_after_change(c));
}

task<result<http::reply>> answer_form(call& c)
{
    auto const& f = *c.endpoint.form;
    auto body = co_await read_fields(c.ex);
    if (!body) co_return body.error();
    auto const token = body->take("form");
    c.sent = read_sent(f, *body);

    auto ours = refuse_foreign_origin(c.ex.request(), c.context.asked.from.https);
    if (ours) ours = form_tokens_of(c.context).check(c.ex.request(), f.proof, token);
    if (!ours) co_return co_await explain_form(f, ours.error(), c);
    if (!c.sent.empty.empty()) {
        auto const incomplete = client_error(errc::bad_request, "a field of the form is empty");
        co_return co_await explain_form(f, incomplete, c);
    }
    c.body.emplace(std::move(*body));
    auto const act = f.act ? f.act : c.endpoint.answer;
    auto done = co_await act(c);
    // Who is nobody has nothing to sign out of, and has come to the same.
    auto const was_nobody = !done && f.then == afterwards::signs_out && done.error() == errc::unauthenticated;
    if (!done && !was_nobody) co_return co_await explain_form(f, done.error(), c);
    if (f.then == afterwards::replied) co_return done;
    auto on = lead_on(f, c);
    if (!done) co_return on;
    for (auto& [name, value] : done->fields)
        if (name == "Set-Cookie") on.fields.emplace_back(name, std::move(value));
    co_return on;
}

} // namespace yett::pipeline
