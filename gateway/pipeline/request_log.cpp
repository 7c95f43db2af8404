#include "gateway/pipeline/request_log.hpp"

#include "gateway/http/bodies/glimpse.hpp"
#include "gateway/http/bodies/problem.hpp"
#include "gateway/pipeline/call/endpoint.hpp"
#include "gateway/pipeline/log_cause.hpp"
#include "gateway/pipeline/request/request_context.hpp"
#include "gateway/pipeline/unlisted_proxy.hpp"
#include "gateway/telemetry/log.hpp"

namespace yett::pipeline {
namespace {

std::string_view protocol_of(http::version v)
{
    switch (v) {
    case http::version::http_1_0: return "HTTP/1.0";
    case http::version::http_1_1: return "HTTP/1.1";
    case http::version::http_2: return "HTTP/2";
    }
    return {};
}

telemetry::protocol label_of(http::version v)
{
    switch (v) {
    case http::version::http_1_0: return telemetry::protocol::http_1_0;
    case http::version::http_1_1: return telemetry::protocol::http_1_1;
    case http::version::http_2: break;
    }
    return telemetry::protocol::http_2;
}

telemetry::account_outcome outcome_of(error const* why)
{
    using telemetry::account_outcome;
    if (!why) return account_outcome::ok;
    if (*why == errc::rate_limited) return account_outcome::limited;
    return why->from() == origin::client ? account_outcome::refused : account_outcome::failed;
}

telemetry::policy_decision decision_of(error const* why)
{
    using telemetry::policy_decision;
    if (!why) return policy_decision::permitted;
    switch (why->code()) {
    case errc::forbidden: return policy_decision::forbidden;
    case errc::recent_login_required: return policy_decision::recent_login;
    default: return policy_decision::unauthenticated;
    }
}

bool is_decision(error const& why)
{
    return why == errc::unauthenticated || why == errc::forbidden || why == errc::recent_login_required;
}

// One is enough to find the certificate by.
std::string_view name_in(client_certificate const& shown)
{
    for (auto const* names : {&shown.uris, &shown.dns, &shown.emails})
        if (!names->empty()) return names->front();
    return shown.sha256;
}

std::string_view decision_for_log(request_context const& context, error const* why)
{
    if (why && *why == errc::rate_limited) return "limited";
    if (context.reported.credential_refused || (why && is_decision(*why))) return "refused";
    if (!context.found.route) return {};
    return context.reported.not_enforced ? "report_only" : "permitted";
}

} // namespace

// The figures and the line are made of the same facts and have to agree: what /metrics calls refused is
// what the log calls refused. Three words say how a request fared and are easily mixed up. `auth` is about
// the credential alone: none, one that held, one that did not. `decision` is about the rule: it refused,
// a limit did, it let the request in, or it would have refused if it did more than report. `error` is the
// public code of what went wrong after that, at the application or here. A request that was permitted and
// failed has both of the last.

void request_log::note(http::exchange const& ex, request_context const& context, error const* why)
{
    count(ex, context, why);
    write_line(ex, context, why);
}

// Behind a proxy that nobody listed all clients are one.
void request_log::tell_of_unlisted(http::peer const& proxy)
{
    dependencies_.figures.forwarding_untrusted.add();
    if (dependencies_.unlisted.note(proxy.address))
        dependencies_.log.warning(dependencies_.unlisted.advice(), {{"peer", proxy.address}});
}

void request_log::count(http::exchange const& ex, request_context const& context, error const* why)
{
    auto& figures = dependencies_.figures;
    auto const known = context.found.route != nullptr;
    auto& route = figures.routes[known ? context.facts().slot : telemetry::metrics::no_route];
    route.requests[telemetry::class_of(ex.status())].add();
    figures.requests_by_protocol[label_of(ex.request().version())].add();
    if (ex.status() != 101) route.duration.observe(steady_now() - ex.started_at());
    route.bytes_in.add(ex.bytes_in());
    route.bytes_out.add(ex.bytes_out());
    if (known && (!why || is_decision(*why))) route.decisions[decision_of(why)].add();
    if (context.reported.not_enforced) route.report_only.add();
    if (context.asked.from.unreadable) [[unlikely]]
        figures.forwarding_unreadable.add();
    if (context.asked.from.unlisted) [[unlikely]]
        tell_of_unlisted(ex.from());
    if (context.reported.credential_refused == errc::rate_limited) [[unlikely]]
        figures.verifications_refused.add();
    if (!known) return;
    if (context.reported.refreshed) figures.refreshes[*context.reported.refreshed].add();
    if (auto const* row = context.facts().endpoint; row && row->operation)
        figures.accounts[*row->operation][outcome_of(why)].add();
}

void request_log::write_line(http::exchange const& ex, request_context const& context, error const* why)
{
    if (!dependencies_.access.on()) return;
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
    } else if (context.found.by_certificate) {
        r.subject = name_in(*context.asked.from.certificate);
    }
    r.auth = context.reported.credential_refused ? "refused"
             : context.found.who                 ? "ok"
             : context.found.by_certificate      ? "certificate"
                                                 : "none";
    if (context.reported.credential_refused) r.auth_reason = name_of(*context.reported.credential_refused);
    r.decision = decision_for_log(context, why);
    r.ended = context.reported.upstream.ended;
    if (why && !is_farewell(*why)) r.error = http::public_error_of(*why).code;
    auto const cause = cause_for_log(why, ex.request(), context);
    r.cause = cause;
    r.user_agent = ex.request().value(http::known::user_agent);
    dependencies_.access.write(r);
}

// Nothing that could be believed is known of such a client: its address is the socket's.
void request_log::note_refusal(http::peer const& from, error const& why, http::glimpse const& asked, asked_request const& request)
{
    count_doubtful(why.code());
    auto const face = http::public_error_of(why);
    dependencies_.figures.routes[telemetry::metrics::no_route].requests[telemetry::class_of(face.status)].add();
    if (!dependencies_.access.on()) return;
    std::string cut;
    telemetry::access_record r;
    r.at = request.now;
    r.request_id = request.request_id;
    r.client_ip = from.address;
    r.peer_ip = from.address;
    r.method = asked.method;
    r.host = asked.host;
    r.path = path_for_log(asked.path, cut);
    r.status = face.status;
    r.error = face.code;
    r.cause = why.note();
    r.user_agent = asked.user_agent;
    dependencies_.access.write(r);
}

void request_log::count_doubtful(errc why)
{
    dependencies_.figures.framing_refusals[why].add();
}

} // namespace yett::pipeline
