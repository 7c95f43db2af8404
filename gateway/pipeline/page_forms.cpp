#include "gateway/accounts/api_keys.hpp"
#include "gateway/accounts/desk.hpp"
#include "gateway/accounts/sessions.hpp"
#include "gateway/http/problem.hpp"
#include "gateway/pipeline/caller.hpp"
#include "gateway/pipeline/navigation.hpp"
#include "gateway/pipeline/page_form.hpp"
#include "gateway/pipeline/page_replies.hpp"
#include "gateway/pipeline/read_fields.hpp"
#include "gateway/pipeline/request/request_context.hpp"
#include "gateway/pipeline/request/return_address.hpp"
#include "gateway/pipeline/request/same_origin.hpp"

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
std::string_view place_of(std::string_view target, std::string_view field) noexcept
{
    if (field != "password") return field;
    if (target == "email") return "email_password";
    return target == "delete_account" ? "delete_password" : field;
}

bool is_about_address(pages::page which) noexcept
{
    return which == pages::page::move || which == pages::page::undo_move;
}

bool is_dead_link(error const& why) noexcept
{
    return why == errc::link_invalid || why == errc::link_expired;
}

} // namespace

page_endpoints::sent page_endpoints::read_sent(form const& f, http::body_fields& body) const
{
    sent s;
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

task<result<http::reply>> page_endpoints::answer_form(form const& f, auth_endpoints::call& c)
{
    auto body = co_await read_fields(c.ex);
    if (!body) co_return body.error();
    auto const token = body->take("form");
    auto const s = read_sent(f, *body);

    auto ours = refuse_foreign_origin(c.ex.request(), c.context.asked.from.https);
    if (ours) ours = tokens_.check(c.ex.request(), f.proof, token);
    if (!ours) co_return co_await explain_form(f, s, ours.error(), c);
    if (!s.empty.empty()) {
        auto const incomplete = client_error(errc::bad_request, "a field of the form is empty");
        co_return co_await explain_form(f, s, incomplete, c);
    }
    c.body.emplace(std::move(*body));
    auto done = co_await act(f, s, c);
    // Who is nobody has nothing to sign out of, and has come to the same.
    auto const was_nobody = !done && f.target == "logout" && done.error() == errc::unauthenticated;
    if (!done && !was_nobody) co_return co_await explain_form(f, s, done.error(), c);
    if (f.target == "create_api_key") co_return done;
    auto on = lead_on(f, s, c);
    if (!done) co_return on;
    for (auto& [name, value] : done->fields)
        if (name == "Set-Cookie") on.fields.emplace_back(name, std::move(value));
    co_return on;
}

task<result<http::reply>> page_endpoints::act(form const& f, sent const& s, auth_endpoints::call& c)
{
    if (f.target == "create_api_key") co_return co_await show_new_key(c);
    if (f.target == "delete_account") co_return co_await parts_.endpoints.answer("delete_me", c);
    if (f.target != "account") co_return co_await parts_.endpoints.answer(f.target, c);
    auto changed = co_await change_account(s, c);
    if (!changed) co_return changed.error();
    http::reply done;
    co_return done;
}

// Where somebody else was quicker, another tab or its own end, there is nothing left to do.
task<result<void>> page_endpoints::change_account(sent const& s, auth_endpoints::call& c)
{
    if (auto fine = c.body->expect_only({}); !fine) co_return fine.error();
    auto who = session_of(c);
    if (!who) co_return who.error();
    result<void> ended;
    if (s.others) {
        auto const others = co_await accounts::end_other_sessions(parts_.desk, std::move(*who), parts_.desk.now());
        if (!others) ended = others.error();
    } else if (!s.end.empty()) {
        std::string id = s.end;
        ended = co_await accounts::end_session(parts_.desk, std::move(*who), std::move(id), parts_.desk.now());
    } else if (!s.remove_key.empty()) {
        accounts::api_key_removal wanted{who->user_id, s.remove_key, who->from.address, {}};
        auto const gone = co_await accounts::remove_api_keys(parts_.desk, std::move(wanted), parts_.desk.now());
        if (!gone) ended = gone.error();
    }
    if (!ended && ended.error() != errc::not_found) co_return ended.error();
    co_return result<void>{};
}

// 303, and what the way on needs of cookies. What a page was signed out of may still lie in the
// browser's cache.
http::reply page_endpoints::lead_on(form const& f, sent const& s, auth_endpoints::call const& c) const
{
    auto on = see_other(way_on(f, s, c));
    if (f.target == "logout") on.fields.emplace_back("Clear-Site-Data", "\"cache\"");
    std::vector<std::string> lines;
    // Through a mail `next` comes back by the cookie alone.
    auto const mails = f.target == "register" || f.target == "reset_request";
    if (mails && !s.next.empty() && s.next != waiting_word) lines = waiting_.keep(s.next, c.context.asked.now);
    if (f.target == "login") lines = waiting_.forget(c.ex.request());
    for (auto& each : lines) on.fields.emplace_back("Set-Cookie", std::move(each));
    return on;
}

std::string page_endpoints::way_on(form const& f, sent const& s, auth_endpoints::call const& c) const
{
    auto const at = std::string{prefix_of(c.ex.where().path())};
    if (f.target == "login") return waiting_or(s.next, parts_.look.home, c);
    if (f.target == "logout" && !s.next.empty()) return waiting_or(s.next, parts_.look.home, c);
    if (f.target == "logout" && !parts_.after_logout.empty()) return parts_.after_logout;
    if (f.target == "account" && s.others) return at + "/account?notice=others_ended";
    if (f.target == "account" && !s.end.empty()) return at + "/account?notice=session_ended";
    if (f.target == "account" && !s.remove_key.empty()) return at + "/account?notice=key_removed#keys";
    auto way = std::string{f.way_on};
    // An invitation came by mail and proves the address.
    auto const proved = !parts_.desk.rules.require_verified_email || !s.link_token.empty();
    if (f.target == "register" && proved) way = "/login?notice=registered";
    if (way.starts_with("/login") && !parts_.look.login) return parts_.look.home;
    return at + with_next(std::move(way), s, c);
}

std::string page_endpoints::with_next(std::string way, sent const& s, auth_endpoints::call const& c) const
{
    auto const through_mail = s.next.empty() && waiting_.find(c.ex.request(), c.context.asked.now);
    if (way.starts_with("/login") && through_mail) return way + "&next=" + std::string{waiting_word};
    if (s.next.empty()) return way;
    return way + "&next=" + query_value(s.next);
}

// Leaves the page with the form in the context, filled in as it was but for secrets, and
// says what is wrong with it.
task<error> page_endpoints::explain_form(form const& f, sent const& s, error why, auth_endpoints::call& c)
{
    auto v = view_for(c);
    if (is_dead_link(why) && is_about_address(f.page)) {
        c.context.reported.page = book_.write(pages::page::link_dead_address, v);
        co_return why;
    }
    if (is_dead_link(why)) {
        auto const purpose =
            f.page == pages::page::choose ? accounts::link_purpose::reset_password : accounts::link_purpose::verify_address;
        secret token{s.link_token};
        (void)co_await explain_link(purpose, std::move(token), c);
        co_return why;
    }
    if (why == errc::forbidden && f.target == "register") {
        c.context.reported.page = book_.write(pages::page::register_closed, v);
        co_return why;
    }
    auto const about_keys = why == errc::forbidden && f.target == "create_api_key";
    if (!is_about_the_form(why) && !about_keys) co_return why;

    std::vector<pages::field_message> wrong;
    wrong.reserve(s.empty.size() + c.context.reported.complaints.size() + 1);
    for (auto const each : s.empty) wrong.push_back({place_of(f.target, each), "required"});
    for (auto const& each : c.context.reported.complaints) wrong.push_back({each.field, each.code, each.message});
    if (why == errc::email_taken && wrong.empty()) wrong.push_back({"email", "email_taken"});
    if (why == errc::invalid_credentials && f.target == "password") wrong.push_back({"current_password", "current_password"});
    if (why == errc::invalid_credentials && place_of(f.target, "password") != "password")
        wrong.push_back({place_of(f.target, "password"), "current_password"});
    v.wrong = wrong;
    if (wrong.empty()) v.alert = about_keys ? std::string_view{"no_more_keys"} : http::face_of(why).code;
    v.email = s.email;
    v.link_token = s.link_token;
    v.next = s.next;
    auto const token = token_for(f, c);
    if (!token) co_return token.error();
    v.form_token = *token;
    if (f.proof != "account" || f.target == "logout") {
        c.context.reported.page = book_.write(f.page, v);
        co_return why;
    }
    if (!c.context.found.who) co_return why;
    auto html = co_await write_account(v, c);
    if (!html) co_return html.error();
    c.context.reported.page = std::move(*html);
    co_return why;
}

} // namespace yett::pipeline
