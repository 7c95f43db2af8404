#include "gateway/pipeline/pipeline.hpp"

#include "gateway/base/random.hpp"
#include "gateway/http/glimpse.hpp"
#include "gateway/http/https_entrance.hpp"
#include "gateway/pipeline/certainty.hpp"
#include "gateway/pipeline/destination.hpp"
#include "gateway/pipeline/device_cookie.hpp"
#include "gateway/pipeline/one_rule.hpp"
#include "gateway/pipeline/request_context.hpp"
#include "gateway/pipeline/request_id.hpp"
#include "gateway/pipeline/world.hpp"
#include "gateway/tokens/token_cache.hpp"
#include "policies/decide.hpp"

namespace yett::pipeline {
namespace {

// Known before a byte of the body is read, and before the application hears of it.
bool is_too_large(http::head const& head, std::uint64_t most)
{
    return most != 0 && head.body() == http::body_kind::length && head.content_length() > most;
}

} // namespace

// The table of contents. Every request takes these steps in this order, and each of them
// can only be reached through the one before.
task<result<void>> pipeline::answer(http::exchange& ex, request_context& context)
{
    auto const& world = *context.snapshot->shared; // frozen for this request
    // What the cache knows of the token is on its way from memory while the rule is looked for.
    context.found.shown = credential_of(ex.request(), context.transport());
    if (context.found.shown) context.found.token = station_.cache.expect(context.found.shown->token);
    context.asked.from = address_of(ex.from(), ex.request(), world.trusted_proxies, world.proxies_send);
    context.asked.request_id = request_id_of(ex.request(), context.asked.from.behind_proxy, context.asked.now);

    if (context.asked.from.behind_proxy) ex.came_by_proxy(context.asked.from.https);
    if (ex.from().to_https && (!context.asked.from.https || ex.from().to_https->is_where_asked())) [[unlikely]]
        co_return co_await send_to_https(*ex.from().to_https, ex);

    auto const asked = question_about(ex.request().method_name(), ex.where());
    if (ex.request().method() == http::method::options) [[unlikely]]
        if (auto const* rule = rule_for_preflight(asked, ex.request(), world)) {
            co_return co_await answer_preflight(*rule, asked, ex, context);
        }
    auto const route = world.routes.find(asked);
    if (ex.where().doubts().any()) [[unlikely]]
        if (auto fit = judge_path(asked, route, ex, context); !fit) co_return fit.error();
    if (!route) co_return co_await answer_without_rule(route, ex, context);
    context.found.route = route.get();
    auto const& facts = world.facts[route->index()];
    if (facts.unusual_ways) [[unlikely]]
        look_further(ex.request(), context);
    if (context.found.shown && context.found.shown->several) [[unlikely]]
        choose_cookie(ex.request(), context);
    if (route->credentials() != policies::credential_use::ignored) station_.cache.fetch(context.found.token);
    ex.limit_body(facts.body_bytes);
    if (is_too_large(ex.request(), facts.body_bytes)) co_return errc::body_too_large;
    if (facts.stream) [[unlikely]]
        ex.be_a_stream();
    if (facts.websocket) [[unlikely]]
        if (auto fit = recognise_websocket(ex, context); !fit) co_return fit.error();
    if (facts.knows_devices) [[unlikely]]
        context.spending.early_put_off = !device_mark_in(ex.request(), context.transport()).empty();
    if (!facts.limits.early.empty() && !context.spending.early_put_off)
        if (auto spent = co_await limits_.spend(facts.limits.early, ex, context); !spent) co_return spent.error();

    context.found.known_at = station_.certainty.known_at();
    auto who = authenticate(ex, context);
    if (context.found.key_awaited) who = co_await await_key(ex, context);
    if (context.asked.websocket) [[unlikely]]
        who = from_allowed_page(std::move(who), ex, context);
    if (who && context.found.api_key_unknown) [[unlikely]]
        who = co_await ask_about_key(context);
    if (!context.found.refresh_token.empty()) who = co_await renew(std::move(who), ex, context);
    if (!who) co_return who.error();
    if (*who && (*who)->requests_per_minute != 0) [[unlikely]]
        if (auto spent = co_await limits_.spend_own(ex, context); !spent) co_return spent.error();
    if (!facts.limits.late.empty())
        if (auto spent = co_await limits_.spend(facts.limits.late, ex, context); !spent) co_return spent.error();
    if (*who && !station_.certainty.holds(context.found.known_at)) [[unlikely]] {
        who = co_await make_certain(context);
        if (!who) co_return who.error();
    }
    auto const permit = policies::decide(*route, *who, asked, context.asked.now);
    if (permit.reported) [[unlikely]]
        context.reported.not_enforced = permit.reported;
    if (!permit) co_return permit.error();
    if (names_destination(ex.request().method())) [[unlikely]]
        if (auto open = require_open_destination(world.routes, ex.request(), ex.where(), context.asked.from.https, *who,
                                                 context.asked.now);
            !open)
            co_return open.error();

    co_return co_await dispatch(*permit, ex, context); // the only way to /auth or to an upstream
}

task<void> pipeline::serve(http::exchange& ex)
{
    request_context context;
    context.snapshot = snapshot_;
    context.asked.now = wall_now();
    auto outcome = result<void>{};
    try {
        outcome = co_await answer(ex, context);
    } catch (std::exception const& defect) {
        outcome = our_error(errc::internal, defect.what());
    }
    std::optional<error> failure;
    if (!outcome) failure = outcome.error();
    if (failure) co_await replies_.send(*failure, ex, context);

    auto const* why = failure ? &*failure : nullptr;
    limits_.settle(ex, context, why);
    log_.note(ex, context, why);
}

http::reply pipeline::refuse(http::peer const& from, error const& why, std::string_view head)
{
    auto const asked = http::glimpse_of(head);
    asked_request request;
    request.now = wall_now();
    request.request_id = make_uuid(request.now);
    auto reply = replies_.refusal(why, asked, request.request_id);
    log_.note_refusal(from, why, asked, request);
    return reply;
}

} // namespace yett::pipeline
