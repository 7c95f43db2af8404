#include "gateway/pipeline/pipeline.hpp"

#include "gateway/http/https_entrance.hpp"
#include "gateway/pipeline/certainty.hpp"
#include "gateway/pipeline/destination.hpp"
#include "gateway/pipeline/device_cookie.hpp"
#include "gateway/pipeline/one_rule.hpp"
#include "gateway/pipeline/passage.hpp"
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
task<result<void>> pipeline::answer(http::exchange& ex, passage& seen)
{
    auto const& world = *seen.world; // frozen for this request
    // What the cache knows of the token is on its way from memory while the rule is looked for.
    seen.shown = credential_of(ex.request(), station_.endpoints.transport());
    if (seen.shown) seen.token = station_.cache.expect(seen.shown->token);
    seen.from = address_of(ex.from(), ex.request(), world.trusted_proxies, world.proxies_send);
    seen.request_id = request_id_of(ex.request(), seen.from.behind_proxy, seen.now);

    if (seen.from.behind_proxy) ex.came_by_proxy(seen.from.https);
    if (ex.from().to_https && (!seen.from.https || ex.from().to_https->is_where_asked())) [[unlikely]]
        co_return co_await send_to_https(*ex.from().to_https, ex);

    auto const asked = question_about(ex.request().method_name(), ex.where());
    if (ex.request().method() == http::method::options) [[unlikely]]
        if (auto const* rule = rule_for_preflight(asked, ex.request(), world)) {
            co_return co_await answer_preflight(*rule, asked, ex, seen);
        }
    auto const route = world.routes.find(asked);
    if (ex.where().doubts().any()) [[unlikely]]
        if (auto fit = judge_path(asked, route, ex); !fit) co_return fit.error();
    if (!route) co_return co_await answer_without_rule(route, ex, seen);
    seen.route = route.get();
    auto const& facts = world.facts[route->index()];
    if (facts.unusual_ways) [[unlikely]]
        look_further(ex.request(), seen);
    if (seen.shown && seen.shown->several) [[unlikely]]
        choose_cookie(ex.request(), seen);
    if (route->credentials() != policies::credential_use::ignored) station_.cache.fetch(seen.token);
    ex.limit_body(facts.body_bytes);
    if (is_too_large(ex.request(), facts.body_bytes)) co_return errc::body_too_large;
    if (facts.stream) [[unlikely]]
        ex.be_a_stream();
    if (facts.websocket) [[unlikely]]
        if (auto fit = recognise_websocket(ex, seen); !fit) co_return fit.error();
    if (facts.knows_devices) [[unlikely]]
        seen.early_put_off = !device_mark_in(ex.request(), station_.endpoints.transport()).empty();
    if (!facts.limits.early.empty() && !seen.early_put_off)
        if (auto spent = co_await spend(facts.limits.early, ex, seen); !spent) co_return spent.error();

    seen.known_at = station_.certainty.known_at();
    auto who = authenticate(ex, seen);
    if (seen.key_awaited) who = co_await await_key(ex, seen);
    if (seen.websocket) [[unlikely]]
        who = from_allowed_page(std::move(who), ex, seen);
    if (who && seen.api_key_unknown) [[unlikely]]
        who = co_await ask_about_key(seen);
    if (!seen.refresh_token.empty()) who = co_await renew(std::move(who), ex, seen);
    if (!who) co_return who.error();
    if (*who && (*who)->requests_per_minute != 0) [[unlikely]]
        if (auto spent = co_await spend_own(ex, seen); !spent) co_return spent.error();
    if (!facts.limits.late.empty())
        if (auto spent = co_await spend(facts.limits.late, ex, seen); !spent) co_return spent.error();
    if (*who && !station_.certainty.holds(seen.known_at)) [[unlikely]] {
        who = co_await make_certain(seen);
        if (!who) co_return who.error();
    }
    auto const permit = policies::decide(*route, *who, asked, seen.now);
    if (permit.reported) [[unlikely]]
        seen.reported = permit.reported;
    if (!permit) co_return permit.error();
    if (names_destination(ex.request().method())) [[unlikely]]
        if (auto open = require_open_destination(world.routes, ex.request(), ex.where(), seen.from.https, *who, seen.now); !open)
            co_return open.error();

    co_return co_await dispatch(*permit, ex, seen); // the only way to /auth or to an upstream
}

task<void> pipeline::serve(http::exchange& ex)
{
    passage seen;
    seen.world = world_;
    seen.now = wall_now();
    auto outcome = result<void>{};
    try {
        outcome = co_await answer(ex, seen);
    } catch (std::exception const& defect) {
        outcome = our_error(errc::internal, defect.what());
    }
    std::optional<error> failure;
    if (!outcome) failure = outcome.error();
    if (failure) co_await explain(*failure, ex, seen);

    auto const* why = failure ? &*failure : nullptr;
    settle(ex, seen, why);
    count(ex, seen, why);
    write_line(ex, seen, why);
}

} // namespace yett::pipeline
