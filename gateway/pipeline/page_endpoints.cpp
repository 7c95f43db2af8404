#include "gateway/pipeline/page_endpoints.hpp"

#include "gateway/http/form.hpp"
#include "gateway/http/problem.hpp"
#include "gateway/pipeline/navigation.hpp"
#include "gateway/pipeline/page_form.hpp"
#include "gateway/pipeline/page_replies.hpp"
#include "gateway/pipeline/request/request_context.hpp"
#include "gateway/pipeline/request/return_address.hpp"

#include <algorithm>
#include <utility>

namespace yett::pipeline {

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
        {"email", "account", page::login, {"new_email", "password"}, "/account?notice=address"},
        {"email_confirm", "email_confirm", page::move, {}, "/login?notice=address_changed"},
        {"email_undo", "email_undo", page::undo_move, {}, "/check-mail?for=reset"},
        {"delete_account", "account", page::login, {"password"}, "/login?notice=deleted"},
        {"create_api_key", "account", page::login, {"name"}},
        {"logout", "account", page::logout, {}, "/login?notice=signed_out"},
    };
    for (auto const& each : forms)
        if (each.target == target) return &each;
    return nullptr;
}

namespace {

constexpr std::string_view pages_only[] = {"login_page",  "register_page", "mail_page",     "reset_page",
                                           "logout_page", "account_page",  "account",       "change_page",
                                           "front",       "asset",         "delete_account"};

bool is_login_only(std::string_view target) noexcept
{
    constexpr std::string_view targets[] = {"login_page",  "login",       "account_page", "account",
                                            "password",    "front",       "logout",       "create_api_key",
                                            "change_page", "logout_page", "email",        "delete_account"};
    return std::ranges::find(targets, target) != std::ranges::end(targets);
}

bool is_link(std::string_view target) noexcept
{
    return target == "verify_link" || target == "reset_link" || target == "email_link" || target == "undo_link";
}

seconds wait_of(request_context const& context)
{
    if (context.spending.admissions.empty() || context.spending.admissions.back().allowed()) return seconds{0};
    return context.spending.admissions.back().retry_after_seconds();
}

} // namespace

bool is_page_only(std::string_view target) noexcept
{
    return std::ranges::find(pages_only, target) != std::ranges::end(pages_only);
}

std::string next_in(std::string_view wanted)
{
    return wanted == waiting_word ? std::string{waiting_word} : return_address(wanted, {});
}

page_endpoints::page_endpoints(parts p)
    : parts_{std::move(p)},
      tokens_{parts_.endpoints.transport().form_cookie, parts_.endpoints.transport().secure},
      waiting_{{parts_.endpoints.transport().next_cookie, parts_.endpoints.transport().secure, parts_.waiting_key}},
      book_{parts_.look}
{
}

bool page_endpoints::answers(std::string_view target, http::exchange const& ex) const noexcept
{
    if (is_page_only(target)) return true;
    if (!parts_.enabled || (is_login_only(target) && !parts_.look.login)) return false;
    return (is_link(target) || form_named(target)) && http::prefers_html(ex.request());
}

task<result<http::reply>> page_endpoints::answer(std::string_view target, auth_endpoints::call& c)
{
    if (target == "asset") co_return send_asset(c);
    if (!parts_.enabled || (is_login_only(target) && !parts_.look.login)) co_return errc::no_such_route;
    if (target == "change_page") co_return see_other(parts_.prefixes.front() + "/account#change");
    if (auto const* f = form_named(target)) co_return co_await answer_form(*f, c);
    co_return co_await show(target, c);
}

// A form that changes something cannot be sent again by a GET: it leads back to its page.
http::reply page_endpoints::send_to_login(http::exchange const& ex, request_context const& context, bool confirm) const
{
    auto const safe = http::is_safe(ex.request().method());
    auto const next = safe ? address_of(ex.where()) : std::string{prefix_of(ex.where().path())} + "/account";
    auto const& page = parts_.endpoints.transport().login_page;
    auto const way = login_address(page, next, confirm);
    http::reply r;
    r.status = safe ? 302 : 303;
    r.fields = {{"Location", way.address}, {"Cache-Control", "no-store"}};
    if (!way.waits) return r;
    auto lines = waiting_.keep(next, context.asked.now);
    if (lines.empty()) r.fields.front().second = page;
    for (auto& each : lines) r.fields.emplace_back("Set-Cookie", std::move(each));
    return r;
}

std::string page_endpoints::page_of_form(std::string_view target, std::string_view path) const
{
    constexpr std::pair<std::string_view, std::string_view> places[] = {
        {"login", "/login"}, {"register", "/register"}, {"resend", "/check-mail?for=verify"}, {"reset_request", "/reset"}};
    auto const at = std::string{prefix_of(path)};
    for (auto const& [sent_to, page] : places)
        if (sent_to == target) return at + std::string{page};
    auto const* const named = form_named(target);
    return named && named->proof == "account" ? at + "/account" : std::string{};
}

bool page_endpoints::offers(std::string_view target) const noexcept
{
    if (!is_page_only(target)) return true;
    return parts_.enabled && (parts_.look.login || !is_login_only(target)) && (parts_.look.links || !needs_links(target));
}

void page_endpoints::dress(http::reply& r, request_context const& context, std::string_view accept_language, way_back const& back)
{
    pages::failure told;
    told.in = pages::language_for(accept_language);
    told.status = r.status;
    told.request_id = context.asked.request_id;
    told.wait = wait_of(context);
    told.again = back.again;
    told.confirm = back.confirm;
    r.body = context.reported.page ? *context.reported.page : book_.write_failure(told);
    for (auto& [name, value] : r.fields)
        if (name == "Content-Type") value = "text/html; charset=utf-8";
    add_page_fields(r);
}

pages::view page_endpoints::view_for(auth_endpoints::call const& c) const
{
    pages::view v;
    v.in = pages::language_for(c.ex.request().value(http::known::accept_language));
    v.prefix = prefix_of(c.ex.where().path());
    v.host = c.ex.where().host();
    v.confirm = !http::form_value(c.ex.where().query(), "confirm").value_or(std::string{}).empty();
    v.wait = wait_of(c.context);
    return v;
}

// The cookie that belongs to the token travels with whatever is replied.
result<std::string> page_endpoints::token_for(form const& f, auth_endpoints::call& c) const
{
    auto made = tokens_.issue(c.ex.request(), f.proof);
    if (!made) return made.error();
    if (made->set_cookie) c.context.reported.set_cookies.emplace_back("Set-Cookie", std::move(*made->set_cookie));
    return std::move(made->token);
}

std::string_view page_endpoints::prefix_of(std::string_view path) const noexcept
{
    for (auto const& each : parts_.prefixes)
        if (path.starts_with(each) && (path.size() == each.size() || path[each.size()] == '/')) return each;
    return parts_.prefixes.front();
}

} // namespace yett::pipeline
