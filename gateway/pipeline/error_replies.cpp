#include "gateway/pipeline/error_replies.hpp"

#include "gateway/http/bodies/glimpse.hpp"
#include "gateway/http/bodies/problem.hpp"
#include "gateway/http/fields/grpc.hpp"
#include "gateway/pipeline/call/endpoint.hpp"
#include "gateway/pipeline/call/navigation.hpp"
#include "gateway/pipeline/cors_fields.hpp"
#include "gateway/pipeline/endpoints/page_endpoints.hpp"
#include "gateway/pipeline/request/paid_checks.hpp"
#include "gateway/pipeline/request/request_context.hpp"
#include "gateway/pipeline/request/return_address.hpp"
#include "gateway/telemetry/log.hpp"

namespace yett::pipeline {
namespace {

limits::limit_result const* refusal_of(request_context const& context)
{
    return context.spending.admissions.empty() || context.spending.admissions.back().allowed()
               ? nullptr
               : &context.spending.admissions.back();
}

// The row of what was asked for; null where that is the application's, or nothing.
endpoint const* endpoint_of(request_context const& context)
{
    return context.found.route ? context.facts().endpoint : nullptr;
}

// Browsers ask people for a name and a password themselves, and keep both: not what a key is for.
bool asks_for_basic(http::head const& head, request_context const& context)
{
    return context.found.route && context.facts().ways.basic && !head.find(http::known::sec_fetch_mode);
}

http::problem_context problem_of(http::exchange const& ex, request_context const& context, std::string const& allow)
{
    http::problem_context problem{.request_id = context.asked.request_id, .errors = context.reported.complaints, .allow = allow};
    problem.credential_sent = context.reported.credential_sent;
    problem.another_websocket_version = context.asked.another_websocket_version;
    if (auto const* row = endpoint_of(context)) problem.token_endpoint = row->is(trait::hands_out_tokens);
    problem.realm = context.transport().realm;
    problem.basic = asks_for_basic(ex.request(), context);
    if (auto const* refused = refusal_of(context)) problem.retry_after = refused->retry_after_seconds();
    else if (context.reported.credential_refused == errc::rate_limited) problem.retry_after = wait_for_check(context);
    return problem;
}

bool is_form_of_ours(http::exchange const& ex, request_context const& context)
{
    return endpoint_of(context) && ex.request().method() == http::method::post && http::prefers_html(ex.request());
}

// Whoever sent a form comes back to its page: sending it again is theirs to do.
way_back way_back_from(error const& why, http::exchange const& ex, request_context const& context)
{
    way_back back;
    // A link to "//a" would lead to a host of that name.
    if (http::is_safe(ex.request().method())) back.again = return_address(address_of(ex.where()), {});
    else if (is_form_of_ours(ex, context)) back.again = page_of_form(*endpoint_of(context), ex.where().path(), context.pages());
    back.confirm = why == errc::recent_login_required;
    return back;
}

void add_limits(http::reply& r, request_context const& context)
{
    auto const* refused = refusal_of(context);
    if (!refused || !refused->refused_by()->is_announced()) return;
    r.fields.emplace_back("RateLimit", limits::rate_limit_field(*refused));
    r.fields.emplace_back("RateLimit-Policy", limits::rate_limit_policy_field(*refused));
}

// Somebody without a session who wants a page gets to the page where sessions begin, and so does
// somebody whose login is too old, who comes back from there; a form of our own pages as well,
// which leads back to its page. Two cookies that disagree are told instead.
bool is_sent_to_login(error const& why, http::exchange const& ex, request_context const& context)
{
    if (context.transport().login_page.empty() || http::public_error_of(why).status != 401) return false;
    if (why == errc::credentials_disagree) return false;
    if (why == errc::recent_login_required)
        return context.found.by_cookie && (is_navigation(ex.request()) || is_form_of_ours(ex, context));
    return (context.found.by_cookie || !context.reported.credential_sent) && is_navigation(ex.request());
}

// A client of gRPC reads its own status alone, which stands in the head where no message follows.
http::reply reply_to_call(error const& why)
{
    auto const face = http::public_error_of(why);
    http::reply r;
    r.fields.emplace_back("Content-Type", "application/grpc");
    r.fields.emplace_back("Grpc-Status", http::grpc::text_of(http::grpc::status_for(face.status)));
    r.fields.emplace_back("Grpc-Message", face.code);
    return r;
}

} // namespace

http::reply error_replies::reply_to(error const& why, http::exchange const& ex, request_context const& context)
{
    if (http::grpc::is_call(ex.request())) [[unlikely]]
        return reply_to_call(why);
    auto const& ways = context.transport();
    http::reply r;
    if (is_sent_to_login(why, ex, context)) {
        r = send_to_login(ex, context, why == errc::recent_login_required);
    } else {
        auto const allow = context.snapshot->shared->routes.methods().text(context.reported.allowed_methods);
        auto const problem = problem_of(ex, context, allow);
        r = http::problem_reply(why, problem);
        add_limits(r, context);
        auto const language = ex.request().value(http::known::accept_language);
        if (http::prefers_html(ex.request())) render_error(r, context, language, way_back_from(why, ex, context));
    }
    r.fields.insert(r.fields.end(), context.reported.set_cookies.begin(), context.reported.set_cookies.end());
    add_cors_fields(r, ex, context);
    // What does not serve any more should not come with every request.
    auto const session_over =
        context.found.by_cookie && context.reported.credential_refused && http::public_error_of(why).status == 401;
    if (session_over && why != errc::credentials_disagree) (void)add_deletions(r, ways);
    return r;
}

task<void> error_replies::send(error const& why, http::exchange& ex, request_context const& context) const
{
    if (why.from() == origin::ourselves && why != errc::overloaded && why != errc::stopping) log_.error("a request failed", why);
    if (ex.begun()) {
        ex.abort();
        co_return;
    }
    auto const reply = reply_to(why, ex, context);
    (void)co_await http::send(ex, reply);
}

http::reply error_replies::refusal(error const& why, http::glimpse const& asked, request_context const& context)
{
    http::problem_context problem;
    problem.request_id = context.asked.request_id;
    auto r = http::problem_reply(why, problem);
    if (http::prefers_html(asked)) render_error(r, context, asked.accept_language, {});
    return r;
}

} // namespace yett::pipeline
