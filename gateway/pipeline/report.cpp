#include "gateway/accounts/link.hpp"
#include "gateway/base/random.hpp"
#include "gateway/http/glimpse.hpp"
#include "gateway/http/problem.hpp"
#include "gateway/pipeline/navigation.hpp"
#include "gateway/pipeline/page_endpoints.hpp"
#include "gateway/pipeline/pipeline.hpp"
#include "gateway/pipeline/request_context.hpp"
#include "gateway/pipeline/return_address.hpp"
#include "gateway/pipeline/unlisted_proxy.hpp"
#include "gateway/pipeline/world.hpp"
#include "gateway/telemetry/log.hpp"

namespace yett::pipeline {
namespace {

using telemetry::account_operation;

std::string_view protocol_of(http::version v)
{
    switch (v) {
    case http::version::http_1_0: return "HTTP/1.0";
    case http::version::http_1_1: return "HTTP/1.1";
    case http::version::http_2: return "HTTP/2";
    }
    return {};
}

limits::admission const* refusal_of(request_context const& context)
{
    return context.spending.admissions.empty() || context.spending.admissions.back().allowed()
               ? nullptr
               : &context.spending.admissions.back();
}

// The token of a mailed link is worth an account, wherever and however often somebody puts
// it into a path. `kept` holds the text where one had to be cut.
std::string_view path_for_log(std::string_view path, std::string& kept)
{
    auto at = path.find(accounts::link_token_prefix);
    if (at == path.npos) return path;
    for (; at != path.npos; at = path.find(accounts::link_token_prefix)) {
        kept.append(path.substr(0, at)).append("{token}");
        path.remove_prefix(std::min(path.find('/', at), path.size()));
    }
    kept.append(path);
    return kept;
}

// Somebody gave an API key to a program that knows passwords alone, and the rule does not.
bool brought_key_in_vain(http::head const& head, request_context const& context)
{
    return context.found.route && !context.reported.credential_sent && !context.facts().ways.basic && has_basic_key(head);
}

// Nobody is there to be answered: what the status says was all there is.
bool is_farewell(error const& why)
{
    return why == errc::peer_broke_off && why.from() == origin::client;
}

// Whoever runs the application wants to know what was wrong with it, and whoever runs the
// gate why a credential did not serve, and what would let a refused request through. These
// notes are sentences of ours: they name a server, a claim or a limit, and quote nothing
// that came. Which origin was refused, and why, cannot be guessed either.
std::string cause_for_log(error const* why, http::head const& head, request_context const& context)
{
    if (!why)
        return context.reported.not_enforced && *context.reported.not_enforced == errc::rate_limited
                   ? context.reported.not_enforced->note()
                   : std::string{};
    if (is_farewell(*why)) return "the client went away";
    if (*why == errc::unauthenticated && brought_key_in_vain(head, context))
        return "an API key as the password of Basic, which a rule takes with challenge: basic alone";
    auto const is_ours_to_explain =
        *why == errc::uri_rejected || *why == errc::forbidden || *why == errc::csrf_rejected || *why == errc::rate_limited;
    if (why->from() != origin::upstream && !is_ours_to_explain && !context.reported.credential_refused) return {};
    if (!why->cause()) return why->note();
    return why->note() + " (" + why->cause().message() + ')';
}

std::optional<account_operation> operation_of(policies::route const& route)
{
    if (route.to() != policies::destination::accounts) return std::nullopt;
    constexpr std::pair<std::string_view, account_operation> operations[] = {
        {"register", account_operation::register_account},
        {"login", account_operation::login},
        {"refresh", account_operation::refresh},
        {"logout", account_operation::logout},
        {"verify", account_operation::verify},
        {"verify_link", account_operation::verify},
        {"resend", account_operation::resend},
        {"reset_request", account_operation::reset_request},
        {"reset_confirm", account_operation::reset_confirm},
        {"other_sessions", account_operation::sessions},
        {"me", account_operation::me},
        {"delete_me", account_operation::me},
        {"delete_account", account_operation::me},
        {"email", account_operation::me},
        {"email_confirm", account_operation::me},
        {"email_undo", account_operation::me},
        {"password", account_operation::password},
        {"sessions", account_operation::sessions},
        {"session", account_operation::sessions},
        {"account", account_operation::sessions},
        {"api_keys", account_operation::api_keys},
        {"create_api_key", account_operation::api_keys},
        {"remove_api_key", account_operation::api_keys},
    };
    for (auto const& [target, operation] : operations)
        if (target == route.target()) return operation;
    return std::nullopt;
}

telemetry::account_outcome outcome_of(error const* why)
{
    using telemetry::account_outcome;
    if (!why) return account_outcome::ok;
    if (*why == errc::rate_limited) return account_outcome::limited;
    return why->from() == origin::client ? account_outcome::refused : account_outcome::failed;
}

telemetry::decision decision_of(error const* why)
{
    using telemetry::decision;
    if (!why) return decision::permitted;
    switch (why->code()) {
    case errc::forbidden: return decision::forbidden;
    case errc::recent_login_required: return decision::recent_login;
    default: return decision::unauthenticated;
    }
}

bool is_decision(error const& why)
{
    return why == errc::unauthenticated || why == errc::forbidden || why == errc::recent_login_required;
}

bool known_refusal(request_context const& context, error const* why)
{
    return context.reported.credential_refused || (why && is_decision(*why));
}

bool is_token_endpoint(policies::route const* route)
{
    return route && route->to() == policies::destination::accounts &&
           (route->target() == "login" || route->target() == "refresh");
}

// Browsers ask people for a name and a password themselves, and keep both: not what a key is for.
bool asks_for_basic(http::head const& head, request_context const& context)
{
    return context.found.route && context.facts().ways.basic && !head.find(http::known::sec_fetch_mode);
}

http::problem_context context_of(request_context const& context, std::string const& allow)
{
    http::problem_context problem{.request_id = context.asked.request_id, .errors = context.reported.complaints, .allow = allow};
    problem.credential_sent = context.reported.credential_sent;
    problem.another_websocket_version = context.asked.another_websocket_version;
    problem.token_endpoint = is_token_endpoint(context.found.route);
    if (auto const* refused = refusal_of(context)) problem.retry_after = refused->retry_after_seconds();
    return problem;
}

bool is_form_of_ours(http::exchange const& ex, request_context const& context)
{
    auto const ours = context.found.route && context.found.route->to() == policies::destination::accounts;
    return ours && ex.request().method() == http::method::post && http::prefers_html(ex.request());
}

// Whoever sent a form comes back to its page: sending it again is theirs to do.
page_endpoints::way_back way_back_from(error const& why, http::exchange const& ex, request_context const& context,
                                       page_endpoints const& pages)
{
    page_endpoints::way_back back;
    // A link to "//a" would lead to a host of that name.
    if (http::is_safe(ex.request().method())) back.again = return_address(address_of(ex.where()), {});
    else if (is_form_of_ours(ex, context)) back.again = pages.page_of_form(context.found.route->target(), ex.where().path());
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

} // namespace

// Somebody without a session who wants a page gets to the page where sessions begin, and so does
// somebody whose login is too old, who comes back from there; a form of our own pages as well,
// which leads back to its page. Two cookies that disagree are told instead.
bool pipeline::is_sent_to_login(error const& why, http::exchange const& ex, request_context const& context) const
{
    if (context.transport().login_page.empty() || http::face_of(why).status != 401) return false;
    if (why == errc::credentials_disagree) return false;
    if (why == errc::recent_login_required)
        return context.found.by_cookie && (is_navigation(ex.request()) || is_form_of_ours(ex, context));
    return (context.found.by_cookie || !context.reported.credential_sent) && is_navigation(ex.request());
}

http::reply pipeline::reply_to(error const& why, http::exchange const& ex, request_context const& context) const
{
    auto const& ways = context.transport();
    http::reply r;
    if (is_sent_to_login(why, ex, context)) {
        r = station_.pages.send_to_login(ex, context, why == errc::recent_login_required);
    } else {
        auto const allow = context.snapshot->shared->routes.methods().text(context.reported.allowed_methods);
        auto problem = context_of(context, allow);
        problem.realm = ways.realm;
        problem.basic = asks_for_basic(ex.request(), context);
        r = http::problem_reply(why, problem);
        add_limits(r, context);
        auto const language = ex.request().value(http::known::accept_language);
        if (http::prefers_html(ex.request()))
            station_.pages.dress(r, context, language, way_back_from(why, ex, context, station_.pages));
    }
    r.fields.insert(r.fields.end(), context.reported.set_cookies.begin(), context.reported.set_cookies.end());
    add_cors_fields(r, ex, context);
    // What does not serve any more should not come with every request.
    auto const session_over = context.found.by_cookie && context.reported.credential_refused && http::face_of(why).status == 401;
    if (session_over && why != errc::credentials_disagree) (void)add_deletions(r, ways);
    return r;
}

// The one place where a failure becomes a reply.
task<void> pipeline::explain(error const& why, http::exchange& ex, request_context const& context)
{
    if (why.from() == origin::ourselves && why != errc::overloaded && why != errc::stopping)
        station_.log.error("a request failed", why);
    if (ex.begun()) {
        ex.abort();
        co_return;
    }
    auto const reply = reply_to(why, ex, context);
    // Whether it arrives makes no difference any more.
    (void)co_await http::send(ex, reply);
}

// Behind a proxy that nobody listed all clients are one.
void pipeline::tell_of_unlisted(http::peer const& proxy)
{
    station_.figures.forwarding_untrusted.add();
    if (station_.unlisted.note(proxy.address)) station_.log.warning(station_.unlisted.advice(), {{"peer", proxy.address}});
}

void pipeline::count(http::exchange const& ex, request_context const& context, error const* why)
{
    auto& figures = station_.figures;
    auto const known = context.found.route != nullptr;
    auto& route = figures.routes[known ? context.facts().slot : telemetry::metrics::no_route];
    route.requests[telemetry::class_of(ex.status())].add();
    if (ex.status() != 101) route.duration.observe(steady_now() - ex.started_at());
    route.bytes_in.add(ex.bytes_in());
    route.bytes_out.add(ex.bytes_out());
    if (known && (!why || is_decision(*why))) route.decisions[decision_of(why)].add();
    if (context.reported.not_enforced) route.report_only.add();
    if (context.asked.from.unreadable) [[unlikely]]
        figures.forwarding_unreadable.add();
    if (context.asked.from.unlisted) [[unlikely]]
        tell_of_unlisted(ex.from());
    if (!known) return;
    if (context.reported.refreshed) figures.refreshes[*context.reported.refreshed].add();
    if (auto const operation = operation_of(*context.found.route)) figures.accounts[*operation][outcome_of(why)].add();
}

void pipeline::write_line(http::exchange const& ex, request_context const& context, error const* why)
{
    if (!station_.access.on()) return;
    telemetry::access_record r;
    r.at = context.asked.now;
    r.request_id = context.asked.request_id;
    r.client_ip = context.asked.from.text;
    r.peer_ip = ex.from().address;
    r.method = ex.request().method_name();
    r.host = ex.where().host();
    std::string cut;
    r.path = path_for_log(ex.where().path(), cut);
    r.protocol = protocol_of(ex.request().version());
    r.status = ex.status();
    r.duration = steady_now() - ex.started_at();
    r.bytes_in = ex.bytes_in();
    r.bytes_out = ex.bytes_out();
    if (context.found.route) r.route = context.found.route->name();
    r.upstream = context.reported.upstream.server;
    r.upstream_status = context.reported.upstream.status;
    r.upstream_duration = context.reported.upstream.duration;
    if (context.found.who) {
        r.subject = context.found.who->subject;
        r.session = context.found.who->session;
    }
    r.auth = context.reported.credential_refused ? "refused" : context.found.who ? "ok" : "none";
    if (context.reported.credential_refused) r.auth_reason = name_of(*context.reported.credential_refused);
    if (known_refusal(context, why)) r.decision = "refused";
    else if (why && *why == errc::rate_limited) r.decision = "limited";
    else if (context.found.route) r.decision = context.reported.not_enforced ? "report_only" : "permitted";
    r.ended = context.reported.upstream.ended;
    if (why && !is_farewell(*why)) r.error = http::face_of(*why).code;
    auto const cause = cause_for_log(why, ex.request(), context);
    r.cause = cause;
    r.user_agent = ex.request().value(http::known::user_agent);
    station_.access.write(r);
}

http::reply pipeline::refuse(http::peer const& from, error const& why, std::string_view head)
{
    auto const asked = http::glimpse_of(head);
    request_context context;
    context.asked.now = wall_now();
    context.asked.request_id = make_uuid(context.asked.now);
    http::problem_context problem;
    problem.request_id = context.asked.request_id;
    auto r = http::problem_reply(why, problem);
    if (http::prefers_html(asked)) station_.pages.dress(r, context, asked.accept_language, {});

    auto& figures = station_.figures;
    figures.framing_refusals[why.code()].add();
    figures.routes[telemetry::metrics::no_route].requests[telemetry::class_of(r.status)].add();
    write_refusal(from, why, asked, context);
    return r;
}

void pipeline::write_refusal(http::peer const& from, error const& why, http::glimpse const& asked, request_context const& context)
{
    if (!station_.access.on()) return;
    auto const face = http::face_of(why);
    std::string cut;
    telemetry::access_record r;
    r.at = context.asked.now;
    r.request_id = context.asked.request_id;
    r.client_ip = from.address;
    r.peer_ip = from.address;
    r.method = asked.method;
    r.host = asked.host;
    r.path = path_for_log(asked.path, cut);
    r.status = face.status;
    r.error = face.code;
    r.cause = why.note();
    r.user_agent = asked.user_agent;
    station_.access.write(r);
}

} // namespace yett::pipeline
