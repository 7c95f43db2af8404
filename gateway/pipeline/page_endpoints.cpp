#include "gateway/pipeline/page_endpoints.hpp"

#include "gateway/accounts/desk.hpp"
#include "gateway/accounts/sessions.hpp"
#include "gateway/http/form.hpp"
#include "gateway/http/problem.hpp"
#include "gateway/pipeline/caller.hpp"
#include "gateway/pipeline/passage.hpp"
#include "gateway/pipeline/read_fields.hpp"
#include "gateway/pipeline/return_address.hpp"
#include "gateway/pipeline/same_origin.hpp"

#include <algorithm>
#include <array>

namespace yett::pipeline {

// One endpoint that takes a form, and the page the form stands on.
struct page_endpoints::form
{
    std::string_view target;
    std::string_view proof; // what its token is for; forms of one page share one
    pages::page page;
    std::array<std::string_view, 2> fields{}; // those a person fills in, all of them
    std::string_view way_on{};                // below the prefix, when it went well
};

// What of a form is needed beside what its endpoint gets.
struct page_endpoints::sent
{
    std::string email;
    std::string link_token;
    std::string next;
    std::string end;     // a session
    bool others = false; // all sessions but this one
    std::vector<std::string_view> empty;
};

page_endpoints::form const* page_endpoints::form_named(std::string_view target) noexcept
{
    using pages::page;
    static constexpr form forms[] = {
        {"login", "login", page::login, {"email", "password"}},
        {"register", "register", page::register_, {"email", "password"}, "/check-mail?for=verify"},
        {"verify", "verify", page::verify, {}, "/login?notice=verified"},
        {"resend", "resend", page::mail_verify, {"email"}, "/check-mail?for=verify"},
        {"reset_request", "reset_request", page::reset, {"email"}, "/check-mail?for=reset"},
        {"reset_confirm", "reset_confirm", page::choose, {"password"}, "/login?notice=reset"},
        {"password", "account", page::login, {"current_password", "new_password"}, "/account?notice=password"},
        {"account", "account", page::login, {}, "/account"},
        {"logout", "account", page::login, {}, "/login?notice=signed_out"},
    };
    for (auto const& each : forms)
        if (each.target == target) return &each;
    return nullptr;
}

namespace {

constexpr std::string_view pages_only[] = {"login_page",   "register_page", "mail_page",   "reset_page",
                                           "account_page", "account",       "change_page", "asset"};

bool is_login_only(std::string_view target) noexcept
{
    constexpr std::string_view targets[] = {"login_page", "login",  "account_page", "account",
                                            "password",   "logout", "change_page"};
    return std::ranges::find(targets, target) != std::ranges::end(targets);
}

bool needs_links(std::string_view target) noexcept
{
    constexpr std::string_view targets[] = {"mail_page", "reset_page", "verify_link", "reset_link"};
    return std::ranges::find(targets, target) != std::ranges::end(targets);
}

bool is_page_only(std::string_view target) noexcept
{
    return std::ranges::find(pages_only, target) != std::ranges::end(pages_only);
}

void add_page_fields(http::reply& r)
{
    r.fields.emplace_back("Content-Security-Policy", std::string{pages::book::security_policy()});
    // Origin has to be sent with our own forms, and no address with a token in it to anybody.
    r.fields.emplace_back("Referrer-Policy", "strict-origin");
    r.fields.emplace_back("X-Frame-Options", "DENY");
    r.fields.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
}

http::reply page_reply(std::string html)
{
    http::reply r;
    r.fields = {
        {"Content-Type", "text/html; charset=utf-8"}, {"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}};
    r.body = std::move(html);
    add_page_fields(r);
    return r;
}

// RFC 9110 section 15.4.4: whatever the method was, a GET follows.
http::reply see_other(std::string where)
{
    http::reply r;
    r.status = 303;
    r.fields = {{"Location", std::move(where)}, {"Cache-Control", "no-store"}};
    return r;
}

seconds wait_of(passage const& seen)
{
    if (seen.spent.empty() || seen.spent.back().allowed()) return seconds{0};
    return seen.spent.back().retry_after_seconds();
}

std::string_view last_segment(std::string_view path)
{
    return path.substr(path.rfind('/') + 1);
}

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

bool is_dead_link(error const& why) noexcept
{
    return why == errc::link_invalid || why == errc::link_expired;
}

} // namespace

page_endpoints::page_endpoints(parts p)
    : parts_{std::move(p)},
      tokens_{parts_.endpoints.transport().form_cookie, parts_.endpoints.transport().secure},
      book_{parts_.look}
{
}

bool page_endpoints::answers(std::string_view target, http::exchange const& ex) const noexcept
{
    if (is_page_only(target)) return true;
    if (!parts_.enabled || (is_login_only(target) && !parts_.look.login)) return false;
    return (target == "verify_link" || target == "reset_link" || form_named(target)) && http::prefers_html(ex.request());
}

task<result<http::reply>> page_endpoints::answer(std::string_view target, auth_endpoints::call& c)
{
    if (target == "asset") co_return send_asset(c);
    if (!parts_.enabled || (is_login_only(target) && !parts_.look.login)) co_return errc::no_such_route;
    if (target == "change_page") co_return see_other(parts_.prefixes.front() + "/account#change");
    if (auto const* f = form_named(target)) co_return co_await answer_form(*f, c);
    co_return co_await show(target, c);
}

task<result<http::reply>> page_endpoints::answer_form(form const& f, auth_endpoints::call& c)
{
    auto body = co_await read_fields(c.ex);
    if (!body) co_return body.error();
    sent s;
    auto const token = body->take("form");
    s.next = return_address(body->take("next"), {});
    s.end = body->take("end");
    s.others = !body->take("others").empty();
    s.email = body->optional_text("email").value_or(std::string_view{});
    s.link_token = body->optional_text(f.page == pages::page::register_ ? "invitation" : "token").value_or(std::string_view{});
    for (auto const name : f.fields)
        if (!name.empty() && body->optional_text(name).value_or(std::string_view{}).empty()) s.empty.push_back(name);

    auto ours = refuse_foreign_origin(c.ex.request(), c.seen.from.https);
    if (ours) ours = tokens_.check(c.ex.request(), f.proof, token);
    if (!ours) co_return co_await explain_form(f, s, ours.error(), c);
    if (!s.empty.empty()) {
        auto const incomplete = client_error(errc::bad_request, "a field of the form is empty");
        co_return co_await explain_form(f, s, incomplete, c);
    }
    c.body.emplace(std::move(*body));
    auto done = co_await act(f, s, c);
    if (!done) co_return co_await explain_form(f, s, done.error(), c);
    auto on = see_other(way_on(f, s, c));
    for (auto& [name, value] : done->fields)
        if (name == "Set-Cookie") on.fields.emplace_back(name, std::move(value));
    co_return on;
}

task<result<http::reply>> page_endpoints::act(form const& f, sent const& s, auth_endpoints::call& c)
{
    if (f.target == "account") co_return co_await end_sessions(s, c);
    co_return co_await parts_.endpoints.answer(f.target, c);
}

task<result<http::reply>> page_endpoints::end_sessions(sent const& s, auth_endpoints::call& c)
{
    if (auto fine = c.body->expect_only({}); !fine) co_return fine.error();
    auto who = session_of(c);
    if (!who) co_return who.error();
    if (s.others) {
        auto ended = co_await accounts::end_other_sessions(parts_.desk, std::move(*who), c.seen.now);
        if (!ended) co_return ended.error();
    } else if (!s.end.empty()) {
        std::string id = s.end;
        auto ended = co_await accounts::end_session(parts_.desk, std::move(*who), std::move(id), c.seen.now);
        // Somebody else was quicker: another tab, or its own end.
        if (!ended && ended.error() != errc::not_found) co_return ended.error();
    }
    http::reply done;
    co_return done;
}

std::string page_endpoints::way_on(form const& f, sent const& s, auth_endpoints::call const& c) const
{
    if (f.target == "login") return s.next.empty() ? parts_.look.home : s.next;
    auto const at = std::string{prefix_of(c.ex.where().path())};
    if (f.target == "account" && s.others) return at + "/account?notice=others_ended";
    if (f.target == "account" && !s.end.empty()) return at + "/account?notice=session_ended";
    auto way = std::string{f.way_on};
    if (f.target == "register" && !parts_.desk.rules.require_verified_email) way = "/login?notice=registered";
    if (way.starts_with("/login") && !parts_.look.login) return parts_.look.home;
    return at + way;
}

// Leaves the page with the form in the passage, filled in as it was but for secrets, and
// says what is wrong with it.
task<error> page_endpoints::explain_form(form const& f, sent const& s, error why, auth_endpoints::call& c)
{
    auto v = view_for(c);
    if (is_dead_link(why)) {
        c.seen.page =
            book_.write(f.page == pages::page::choose ? pages::page::link_dead_reset : pages::page::link_dead_verify, v);
        co_return why;
    }
    if (why == errc::forbidden && f.target == "register") {
        c.seen.page = book_.write(pages::page::register_closed, v);
        co_return why;
    }
    if (!is_about_the_form(why)) co_return why;

    std::vector<pages::field_message> wrong;
    wrong.reserve(s.empty.size() + c.seen.complaints.size() + 1);
    for (auto const each : s.empty) wrong.push_back({each, "required"});
    for (auto const& each : c.seen.complaints) wrong.push_back({each.field, each.code, each.message});
    if (why == errc::email_taken && wrong.empty()) wrong.push_back({"email", "email_taken"});
    if (why == errc::invalid_credentials && f.target == "password") wrong.push_back({"current_password", "current_password"});
    v.wrong = wrong;
    if (wrong.empty()) v.alert = http::face_of(why).code;
    v.email = s.email;
    v.link_token = s.link_token;
    v.next = s.next;
    v.wait = wait_of(c.seen);
    auto const token = token_for(f, c);
    if (!token) co_return token.error();
    v.form_token = *token;
    if (f.proof != "account") {
        c.seen.page = book_.write(f.page, v);
        co_return why;
    }
    // Logging out needs no session, and without one there is no account to show.
    if (!c.seen.who) co_return why;
    auto html = co_await write_account(v, c);
    if (!html) co_return html.error();
    c.seen.page = std::move(*html);
    co_return why;
}

void page_endpoints::dress(http::reply& r, passage const& seen, http::head const& asked)
{
    auto const in = pages::language_for(asked.value(http::known::accept_language));
    r.body = seen.page
                 ? *seen.page
                 : book_.write_failure({.in = in, .status = r.status, .request_id = seen.request_id, .wait = wait_of(seen)});
    for (auto& [name, value] : r.fields)
        if (name == "Content-Type") value = "text/html; charset=utf-8";
    add_page_fields(r);
}

task<result<http::reply>> page_endpoints::show(std::string_view target, auth_endpoints::call& c)
{
    using pages::page;
    auto const query = c.ex.where().query();
    if (!parts_.look.links && needs_links(target)) co_return errc::no_such_route;
    if (target == "login_page") co_return show_form("login", page::login, c);
    if (target == "register_page") co_return show_form("register", page_for_newcomers(query), c);
    if (target == "reset_page") co_return show_form("reset_request", page::reset, c);
    if (target == "verify_link") co_return show_form("verify", page::verify, c);
    if (target == "reset_link") co_return show_form("reset_confirm", page::choose, c);
    if (target == "account_page") co_return co_await show_account(c);
    if (target != "mail_page") co_return our_error(errc::internal, "no such page: " + std::string{target});
    if (http::form_value(query, "for") == "reset") co_return show_form("reset_request", page::mail_reset, c);
    co_return show_form("resend", page::mail_verify, c);
}

// Who has been invited may come in, also where the door is not open to everybody.
pages::page page_endpoints::page_for_newcomers(std::string_view query) const
{
    auto const invited = !http::form_value(query, "invitation").value_or(std::string{}).empty();
    return parts_.look.registration || invited ? pages::page::register_ : pages::page::register_closed;
}

result<http::reply> page_endpoints::show_form(std::string_view target, pages::page which, auth_endpoints::call& c)
{
    auto const query = c.ex.where().query();
    auto const next = http::form_value(query, "next").value_or(std::string{});
    auto const notice = http::form_value(query, "notice").value_or(std::string{});
    auto const token = token_for(*form_named(target), c);
    if (!token) return token.error();
    auto v = view_for(c);
    v.form_token = *token;
    v.next = return_address(next, {});
    v.notice = notice;
    auto const invitation = http::form_value(query, "invitation").value_or(std::string{});
    v.link_token = which == pages::page::register_ ? std::string_view{invitation} : last_segment(c.ex.where().path());
    return page_reply(book_.write(which, v));
}

task<result<http::reply>> page_endpoints::show_account(auth_endpoints::call& c)
{
    auto const token = token_for(*form_named("account"), c);
    if (!token) co_return token.error();
    auto const notice = http::form_value(c.ex.where().query(), "notice").value_or(std::string{});
    auto v = view_for(c);
    v.form_token = *token;
    v.notice = notice;
    auto html = co_await write_account(v, c);
    if (!html) co_return html.error();
    co_return page_reply(std::move(*html));
}

result<http::reply> page_endpoints::send_asset(auth_endpoints::call const& c) const
{
    auto const* file = book_.find_asset(last_segment(c.ex.where().path()));
    if (!file) return errc::no_such_route;
    http::reply r;
    r.fields = {{"Content-Type", file->media_type},
                {"Cache-Control", "public, max-age=31536000, immutable"},
                {"X-Content-Type-Options", "nosniff"},
                // An SVG opened on its own is a document of our origin.
                {"Content-Security-Policy", "default-src 'none'; sandbox"},
                {"Cross-Origin-Resource-Policy", "same-origin"}};
    r.body = file->bytes;
    return r;
}

pages::view page_endpoints::view_for(auth_endpoints::call const& c) const
{
    pages::view v;
    v.in = pages::language_for(c.ex.request().value(http::known::accept_language));
    v.prefix = prefix_of(c.ex.where().path());
    return v;
}

// The cookie that belongs to the token travels with whatever is replied.
result<std::string> page_endpoints::token_for(form const& f, auth_endpoints::call& c) const
{
    auto made = tokens_.issue(c.ex.request(), f.proof);
    if (!made) return made.error();
    if (made->set_cookie) c.seen.set_cookies.emplace_back("Set-Cookie", std::move(*made->set_cookie));
    return std::move(made->token);
}

std::string_view page_endpoints::prefix_of(std::string_view path) const noexcept
{
    for (auto const& each : parts_.prefixes)
        if (path.starts_with(each) && path.substr(each.size()).starts_with('/')) return each;
    return parts_.prefixes.front();
}

} // namespace yett::pipeline
