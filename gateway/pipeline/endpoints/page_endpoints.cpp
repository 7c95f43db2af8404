#include "gateway/pipeline/endpoints/page_endpoints.hpp"

#include "gateway/http/bodies/problem.hpp"
#include "gateway/pipeline/call/navigation.hpp"
#include "gateway/pipeline/call/page_replies.hpp"
#include "gateway/pipeline/endpoints/page_handlers.hpp"
#include "gateway/pipeline/request/request_context.hpp"

#include <utility>

// Which of our endpoints a person sees, and how. A row with a page or a form is answered with HTML
// when the client prefers that, and as for a program otherwise; a row that is a page alone is
// always HTML, or not there when the settings switch it off. Whether it is there is asked in two
// steps, because a page that needs letters (`needs_links`) exists only where letters leave.

namespace yett::pipeline {
namespace {

page_services services_of(page_endpoints::parts p)
{
    auto const& ways = p.endpoints.transport();
    return {p.branding,
            std::move(p.prefixes),
            std::move(p.after_logout),
            form_tokens{ways.form_cookie, ways.secure},
            waiting_addresses{{ways.next_cookie, ways.secure, std::move(p.waiting_key)}},
            pages::page_renderer{p.branding}};
}

} // namespace

std::string_view page_services::prefix_of(std::string_view path) const noexcept
{
    for (auto const& each : prefixes)
        if (path.starts_with(each) && (path.size() == each.size() || path[each.size()] == '/')) return each;
    return prefixes.front();
}

page_endpoints::page_endpoints(parts p)
    : enabled_{p.enabled},
      login_page_{p.endpoints.transport().login_page},
      services_{services_of(std::move(p))}
{
}

// Whether the settings let people come there at all.
bool page_endpoints::has(endpoint const& which) const noexcept
{
    return enabled_ && (services_.branding.login || !which.is(trait::needs_login));
}

bool page_endpoints::answers(endpoint const& which, http::exchange const& ex) const noexcept
{
    if (which.is_page_only()) return true;
    return has(which) && (which.page || which.form) && http::prefers_html(ex.request());
}

task<result<http::reply>> page_endpoints::answer(call& c)
{
    auto const& which = c.endpoint;
    if (!has(which) && !which.is(trait::serves_error_pages)) co_return errc::no_such_route;
    if (!services_.branding.links && which.is(trait::needs_links)) co_return errc::no_such_route;
    auto const shown = which.page ? which.page : answer_form;
    co_return co_await shown(c);
}

// A form that changes something cannot be sent again by a GET: it leads back to its page.
http::reply page_endpoints::send_to_login(http::exchange const& ex, request_context const& context, bool confirm) const
{
    auto const safe = http::is_safe(ex.request().method());
    auto const next = safe ? address_of(ex.where()) : std::string{services_.prefix_of(ex.where().path())} + "/account";
    auto const way = login_address(login_page_, next, confirm);
    http::reply r;
    r.status = safe ? 302 : 303;
    r.fields = {{"Location", way.address}, {"Cache-Control", "no-store"}};
    if (!way.waits) return r;
    auto lines = services_.waiting.keep(next, context.asked.now);
    if (lines.empty()) r.fields.front().second = login_page_;
    for (auto& each : lines) r.fields.emplace_back("Set-Cookie", std::move(each));
    return r;
}

// Empty for a form that stands on no page of its own.
std::string page_endpoints::page_of_form(endpoint const& which, std::string_view path) const
{
    if (!which.form || which.form->stands_at.empty()) return {};
    return std::string{services_.prefix_of(path)}.append(which.form->stands_at);
}

bool page_endpoints::offers(endpoint const& which) const noexcept
{
    return !which.is_page_only() || (has(which) && (services_.branding.links || !which.is(trait::needs_links)));
}

// Status and fields stay what they are: a person and a program are told the same, in two forms.
void page_endpoints::render_error(http::reply& r, request_context const& context, std::string_view accept_language,
                                  way_back const& back)
{
    pages::failure told;
    told.in = pages::language_for(accept_language);
    told.status = r.status;
    told.request_id = context.asked.request_id;
    told.wait = wait_of(context);
    told.again = back.again;
    told.confirm = back.confirm;
    r.body = context.reported.page ? *context.reported.page : services_.book.write_failure(told);
    for (auto& [name, value] : r.fields)
        if (name == "Content-Type") value = "text/html; charset=utf-8";
    add_page_fields(r);
}

} // namespace yett::pipeline
