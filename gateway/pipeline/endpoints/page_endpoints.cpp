#include "gateway/pipeline/endpoints/page_endpoints.hpp"

#include "gateway/http/bodies/problem.hpp"
#include "gateway/pipeline/call/call.hpp"
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

// Whether the settings let people come there at all.
bool has_page(endpoint const& which, page_settings const& with) noexcept
{
    return with.offered && (with.branding.login || !which.is(trait::needs_login));
}

} // namespace

bool is_answered_by_page(endpoint const& which, http::exchange const& ex, page_settings const& with) noexcept
{
    if (which.is_page_only()) return true;
    return has_page(which, with) && (which.page || which.form) && http::prefers_html(ex.request());
}

task<result<http::reply>> answer_by_page(call& c)
{
    auto const& which = c.endpoint;
    auto const& with = c.context.pages();
    if (!has_page(which, with) && !which.is(trait::serves_error_pages)) co_return errc::no_such_route;
    if (!with.branding.links && which.is(trait::needs_links)) co_return errc::no_such_route;
    auto const shown = which.page ? which.page : answer_form;
    co_return co_await shown(c);
}

// A form that changes something cannot be sent again by a GET: it leads back to its page.
http::reply send_to_login(http::exchange const& ex, request_context const& context, bool confirm)
{
    auto const safe = http::is_safe(ex.request().method());
    auto const next = safe ? address_of(ex.where()) : std::string{context.pages().prefix_of(ex.where().path())} + "/account";
    auto const& page = context.transport().login_page;
    auto const way = login_address(page, next, confirm);
    http::reply r;
    r.status = safe ? 302 : 303;
    r.fields = {{"Location", way.address}, {"Cache-Control", "no-store"}};
    if (!way.waits) return r;
    auto lines = waiting_addresses_of(context).keep(next, context.asked.now);
    if (lines.empty()) r.fields.front().second = page;
    for (auto& each : lines) r.fields.emplace_back("Set-Cookie", std::move(each));
    return r;
}

// Empty for a form that stands on no page of its own.
std::string page_of_form(endpoint const& which, std::string_view path, page_settings const& with)
{
    if (!which.form || which.form->stands_at.empty()) return {};
    return std::string{with.prefix_of(path)}.append(which.form->stands_at);
}

bool is_offered(endpoint const& which, page_settings const& with) noexcept
{
    return !which.is_page_only() || (has_page(which, with) && (with.branding.links || !which.is(trait::needs_links)));
}

// Status and fields stay what they are: a person and a program are told the same, in two forms.
void render_error(http::reply& r, request_context const& context, std::string_view accept_language, way_back const& back)
{
    pages::failure told;
    told.in = pages::language_for(accept_language);
    told.status = r.status;
    told.request_id = context.asked.request_id;
    told.wait = wait_of(context);
    told.again = back.again;
    told.confirm = back.confirm;
    r.body = context.reported.page ? *context.reported.page : context.renderer().write_failure(told);
    for (auto& [name, value] : r.fields)
        if (name == "Content-Type") value = "text/html; charset=utf-8";
    add_page_fields(r);
}

} // namespace yett::pipeline
