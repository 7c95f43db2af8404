#include "gateway/pipeline/pipeline.hpp"

#include "gateway/base/async/ready.hpp"
#include "gateway/http/bodies/glimpse.hpp"
#include "gateway/http/fields/websocket.hpp"
#include "gateway/http/https_entrance.hpp"
#include "gateway/pipeline/authentication/certainty.hpp"
#include "gateway/pipeline/call/endpoint.hpp"
#include "gateway/pipeline/destination.hpp"
#include "gateway/pipeline/dispatcher.hpp"
#include "gateway/pipeline/error_replies.hpp"
#include "gateway/pipeline/one_rule.hpp"
#include "gateway/pipeline/request/device_cookie.hpp"
#include "gateway/pipeline/request/request_context.hpp"
#include "gateway/pipeline/request/request_id.hpp"
#include "gateway/pipeline/request_limits.hpp"
#include "gateway/pipeline/request_log.hpp"
#include "policies/decide.hpp"

namespace yett::pipeline {
namespace {

// Known before a byte of the body is read, and before the application hears of it.
bool is_too_large(http::head const& head, std::uint64_t most)
{
    return most != 0 && head.body() == http::body_kind::length && head.content_length() > most;
}

// Neither refused, nor is anything left to be done first.
bool is_settled_well(authentication::answer const& found)
{
    auto const* const settled = std::get_if<authentication::settled>(&found);
    return settled && !std::holds_alternative<authentication::refused>(*settled);
}

} // namespace

pipeline::pipeline(dependencies d, std::shared_ptr<worker_snapshot const> first) : stages_{d}, snapshot_{std::move(first)} {}

void pipeline::enter(std::shared_ptr<worker_snapshot const> next)
{
    snapshot_ = std::move(next);
}

// The table of contents: by which rule a request is answered, who sends it (`answer_by_rule`), and whether it may
// (`decide`). Every request takes these steps in this order, and each of them can only be reached through the one before.
//
// The first and the last are no coroutines, but choose one. A frame holds whatever is awaited in its function, and
// Asio uses frames again only up to 1,020 bytes: larger ones are allocated anew for every request.
task<result<void>> pipeline::answer(http::exchange& ex, request_context& context)
{
    auto const& snapshot = *context.snapshot->shared; // frozen for this request
    stages_.authenticator.read(ex.request(), context);
    context.asked.from = address_of(ex.from(), ex.request(), snapshot.trusted_proxies, snapshot.proxies_send);
    context.asked.request_id = request_id_of(ex.request(), context.asked.from.behind_proxy, context.asked.now);

    if (context.asked.from.behind_proxy) ex.came_by_proxy(context.asked.from.https);
    if (ex.from().to_https && (!context.asked.from.https || ex.from().to_https->is_where_asked())) [[unlikely]]
        return send_to_https(*ex.from().to_https, ex);

    auto const asked = question_about(ex.request().method_name(), ex.where(), context.asked.from);
    if (ex.request().method() == http::method::options) [[unlikely]]
        if (auto const* rule = rule_for_preflight(asked, ex.request(), snapshot))
            return answer_preflight(*rule, asked, ex, context);
    auto const route = snapshot.routes.find(asked);
    if (ex.where().doubts().any()) [[unlikely]]
        if (auto fit = judge_path(asked, route, ex, context); !fit) return ready(std::move(fit));
    return route ? answer_by_rule(*route, asked, ex, context) : answer_without_rule(route, ex, context);
}

task<result<void>> pipeline::answer_by_rule(policies::route const& rule, policies::question asked, http::exchange& ex,
                                            request_context& context)
{
    context.found.route = &rule;
    auto const& facts = context.facts();
    stages_.authenticator.read_by_rule(ex.request(), context);
    ex.limit_body(facts.body_bytes);
    if (is_too_large(ex.request(), facts.body_bytes)) co_return errc::body_too_large;
    if (facts.stream) [[unlikely]]
        ex.be_a_stream();
    if (facts.websocket) [[unlikely]]
        if (auto fit = recognise_websocket(ex, context); !fit) co_return fit.error();
    if (facts.endpoint && facts.endpoint->is(trait::knows_devices)) [[unlikely]]
        if (!device_mark_in(ex.request(), context.transport()).empty()) context.spending.early = early_turn::with_device;
    std::optional<authentication::answer> found;
    if (stages_.limits.may_put_off_early(ex, context)) [[unlikely]] {
        found = look(ex, context);
        if (is_settled_well(*found)) context.spending.early = early_turn::with_identity;
    }
    if (!facts.limits.early.empty() && context.spending.early == early_turn::first)
        if (auto spent = co_await stages_.limits.spend(facts.limits.early, ex, context); !spent) co_return spent.error();

    if (!found) found = look(ex, context);
    if (auto* first = std::get_if<authentication::pending>(&*found)) [[unlikely]]
        found = co_await stages_.authenticator.finish(std::move(*first), ex, context);
    auto who = identity_of(std::get<authentication::settled>(std::move(*found)));
    if (!who) co_return who.error();
    if (request_limits::has_late(context))
        if (auto spent = co_await stages_.limits.spend_late(ex, context); !spent) co_return spent.error();
    if (*who && !stages_.certainty.holds(context.found.known_at)) [[unlikely]] {
        who = co_await make_certain(context);
        if (!who) co_return who.error();
    }
    co_return co_await decide(rule, *who, asked, ex, context);
}

authentication::answer pipeline::look(http::exchange const& ex, request_context& context)
{
    context.found.known_at = stages_.certainty.known_at();
    return stages_.authenticator.look(ex, context);
}

task<result<void>> pipeline::decide(policies::route const& rule, identity_ptr const& who, policies::question const& asked,
                                    http::exchange& ex, request_context& context)
{
    auto decided = policies::decide(rule, who, asked, context.asked.now);
    if (decided.reported) [[unlikely]]
        context.reported.not_enforced = decided.reported;
    if (!decided) return ready(result<void>{decided.error()});
    context.found.by_certificate = !who && (*decided).certificate();
    if (context.found.by_certificate) [[unlikely]]
        if (auto ours = stages_.authenticator.admit_page(ex, context); !ours) return ready(std::move(ours));
    if (names_destination(ex.request().method())) [[unlikely]] {
        auto const& routes = context.snapshot->shared->routes;
        auto open = require_open_destination(routes, ex.request(), ex.where(), context.asked.from, who, context.asked.now);
        if (!open) return ready(std::move(open));
    }
    // The only way to /auth or to an upstream.
    return stages_.dispatcher.dispatch(std::move(decided.outcome).value(), ex, context);
}

// What is refused here is as suspicious as what never becomes a request: nothing behind it
// is read, and it is counted with those.
result<void> pipeline::judge_path(policies::question const& asked, policies::found const& found, http::exchange& ex,
                                  request_context const& context)
{
    auto fit = require_one_rule(context.snapshot->shared->routes, asked, found, ex.where());
    if (fit) return fit;
    ex.be_the_last();
    stages_.log.count_doubtful(fit.error().code());
    return fit;
}

// OPTIONS * asks the server itself (RFC 9110 section 9.3.7): that is us.
task<result<void>> pipeline::answer_without_rule(policies::found found, http::exchange& ex, request_context& context)
{
    auto const& methods = context.snapshot->shared->routes.methods();
    context.reported.allowed_methods = found.allowed();
    if (ex.where().path() != "*") co_return found.why();
    http::reply r;
    r.status = 204;
    r.fields.emplace_back("Allow", methods.text(policies::method_set::every()));
    co_return co_await http::send(ex, r);
}

// Where a rule lets WebSockets through. Whatever came behind a handshake that is refused was
// not meant as a request.
result<void> pipeline::recognise_websocket(http::exchange& ex, request_context& context)
{
    auto const kind = http::websocket::is_asked_for(ex.request());
    using http::websocket::asked;
    context.asked.websocket = kind && *kind == asked::websocket;
    context.asked.another_websocket_version = kind && *kind == asked::another_version;
    if (!kind || *kind != asked::something_else) ex.be_the_last();
    if (!kind) return kind.error();
    if (context.asked.another_websocket_version)
        return client_error(errc::bad_request, "a WebSocket handshake of another version");
    return {};
}

// What was known when the token was looked at is too old: another node may have revoked it since.
// Who comes back has to be decided upon anew.
task<result<identity_ptr>> pipeline::make_certain(request_context& context)
{
    auto const caught_up = co_await stages_.certainty.catch_up();
    if (!caught_up) co_return caught_up.error();
    auto who = co_await stages_.authenticator.look_again(context);
    co_return identity_of(std::move(who));
}

task<void> pipeline::serve(http::exchange& ex)
{
    // Beside the frame, which would be too large to be used again (see `answer`); its memory is the next request's.
    auto const held = std::make_unique<request_context>();
    auto& context = *held;
    context.snapshot = snapshot_;
    context.asked.now = wall_now();
    std::optional<error> failure;
    try {
        if (auto outcome = co_await answer(ex, context); !outcome) failure = outcome.error();
    } catch (std::exception const& defect) {
        failure = our_error(errc::internal, defect.what());
    }
    if (failure) co_await stages_.replies.send(*failure, ex, context);

    auto const* why = failure ? &*failure : nullptr;
    stages_.limits.settle(ex, context, why);
    stages_.log.note(ex, context, why);
}

http::reply pipeline::refuse(http::peer const& from, error const& why, std::string_view head)
{
    auto const asked = http::glimpse_of(head);
    request_context context;
    context.snapshot = snapshot_;
    context.asked.now = wall_now();
    context.asked.request_id = new_request_id(context.asked.now);
    auto reply = error_replies::refusal(why, asked, context);
    stages_.log.note_refusal(from, why, asked, context.asked);
    return reply;
}

} // namespace yett::pipeline
