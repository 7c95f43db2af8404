#include "gateway/pipeline/request_limits.hpp"

#include "gateway/base/async/ready.hpp"
#include "gateway/base/async/wait_until.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/limits/shared/shared_limiter.hpp"
#include "gateway/pipeline/guesses.hpp"
#include "gateway/pipeline/request/counted.hpp"
#include "gateway/pipeline/request/request_context.hpp"

namespace yett::pipeline {
namespace {

// Of requests that find a limit on failures full of others that may yet succeed.
constexpr milliseconds wait_timeout{5000};
constexpr milliseconds first_pause{2};
constexpr milliseconds longest_pause{50};
constexpr unsigned most_waiting = 256; // on one worker

limits::subject subject_of(http::exchange const& ex, request_context const& context)
{
    limits::subject who;
    who.client = limits::network::of(context.asked.from.address);
    if (context.found.who) {
        who.user = context.found.who->subject;
        who.token = context.found.who->token_id;
    }
    who.account = context.spending.account;
    who.device = context.spending.device;
    who.route = context.found.route->index();
    who.header = [&head = ex.request()](std::string_view name) {
        auto const* field = head.find(name);
        return field ? field->value : std::string_view{};
    };
    return who;
}

bool has_own(request_context const& context) noexcept
{
    auto const& who = context.found.who;
    return who && who->requests_per_minute != 0;
}

bool went_well(http::exchange const& ex, error const* why)
{
    return !why && ex.status() < 400;
}

// What the end of a request means to the limits it was spent from.
enum class meaning : std::uint8_t
{
    nothing, // it was not tried, or no guess: all of them get it back
    success, // those on failures get it back
    failure,
};

// `Limiter` is the one that counts here, or the one that counts elsewhere.
template<class Limiter>
void give_back(Limiter& to, limits::limit_result const& spent, limits::subject const& who, meaning end)
{
    auto const now = steady_now();
    if (end == meaning::nothing) to.give_back(spent, who, now);
    if (end == meaning::success) to.succeeded(spent, who, now);
}

telemetry::limit_place place_of(limits::limit_result const& spent)
{
    using enum limits::counting_place;
    if (spent.place() == share) return telemetry::limit_place::share;
    return spent.place() == remembered ? telemetry::limit_place::remembered : telemetry::limit_place::shared;
}

} // namespace

// Limits are spent in up to four steps, each of them as soon as what its keys count by is known: `early`
// by the client before anybody is asked who they are, those of the account once a body named it, an API
// key's own and `late` by who was proved. All steps of a request end up in one list, `spending.admissions`,
// and its order is the promise this class keeps: what is given back in `settle` goes back to exactly those
// limits, by the same subject, and a refusal can only be the last of them, because the request ends there.
//
// A limit on failures is spent before the outcome is known, so what it took is lent: it comes back when the
// request went well. A limit that is full of what is lent to others is no refusal yet, see wait_for_room.

// A device that the account knows has limits of its own there. What its address has spent, by
// slips of its owner or by others behind it, is no reason to keep it out: whoever has just reset
// a password by mail logs in with the new one at once.
task<result<void>> request_limits::spend_for_account(http::exchange const& ex, request_context& context)
{
    auto const& facts = context.facts();
    if (!context.spending.device.empty()) co_return co_await spend(facts.device_limits, ex, context);
    if (context.spending.early_put_off)
        if (auto early = co_await spend(facts.limits.early, ex, context); !early) co_return early.error();
    co_return co_await spend(facts.account_limits, ex, context);
}

// Memory answers at once, and most limits have room: no coroutine for those.
task<result<void>> request_limits::spend(limit_list from, http::exchange const& ex, request_context& context)
{
    if (from.empty()) return ready(result<void>{});
    auto const who = subject_of(ex, context);
    auto at_hand = spend_at_hand(*context.snapshot->shared->limiter, from, who, steady_now());
    if (!at_hand || at_hand->held_by_inflight()) [[unlikely]]
        return spend_patiently(from, ex, context);
    return ready(note(std::move(*at_hand), context));
}

task<result<void>> request_limits::spend_patiently(limit_list from, http::exchange const& ex, request_context& context)
{
    auto const who = subject_of(ex, context);
    auto waited = co_await wait_for_room(from, who, ex, context);
    co_return note(std::move(waited), context);
}

// What came of it, also for `settle`.
result<void> request_limits::note(limits::limit_result&& given, request_context& context)
{
    context.spending.admissions.push_back(std::move(given));
    auto const& spent = context.spending.admissions.back();
    count(spent, context);
    if (!spent) return client_error(errc::rate_limited, "the limit " + spent.refused_by()->name());
    if (auto const* over = spent.reported_by())
        context.reported.not_enforced = client_error(errc::rate_limited, "the limit " + over->name());
    return {};
}

// None: elsewhere has to be asked.
std::optional<limits::limit_result> request_limits::spend_at_hand(limits::limiter const& limiter, limit_list from,
                                                                  limits::subject const& who, steady_time now)
{
    if (shared_ != nullptr) return shared_->spend_at_hand(limiter, from, who, now);
    return limiter.spend(from, who, now);
}

void request_limits::count(limits::limit_result const& spent, request_context const& context)
{
    auto const& shared = *context.snapshot->shared;
    if (shared_ != nullptr) figures_.shared_limits[place_of(spent)].add();
    for (auto const& each : spent.states()) {
        auto const is_own = each.of == context.spending.own_limit.get();
        auto& figures = figures_.limits[is_own ? shared.own_limit_slot : shared.limit_slots.at(each.of)];
        (each.over ? figures.refused : figures.allowed).add();
    }
}

bool request_limits::has_late(request_context const& context) noexcept
{
    return !context.facts().limits.late.empty() || has_own(context);
}

task<result<void>> request_limits::spend_late(http::exchange const& ex, request_context& context)
{
    auto const& late = context.facts().limits.late;
    if (!has_own(context)) return spend(late, ex, context);
    return late.empty() ? spend_own(ex, context) : spend_own_and_late(ex, context);
}

task<result<void>> request_limits::spend_own_and_late(http::exchange const& ex, request_context& context)
{
    if (auto own = co_await spend_own(ex, context); !own) co_return own.error();
    co_return co_await spend(context.facts().limits.late, ex, context);
}

// The limit is of the key alone: its id is the token's.
task<result<void>> request_limits::spend_own(http::exchange const& ex, request_context& context)
{
    limits::limit_spec spec;
    spec.name = own_limit_name;
    spec.amount = context.found.who->requests_per_minute;
    spec.period = std::chrono::minutes{1};
    spec.keys = {{limits::key_part::kind::token, {}}};
    context.spending.own_limit = std::make_unique<limits::limit const>(std::move(spec));
    limits::limit const* const only[]{context.spending.own_limit.get()};
    co_return co_await spend(only, ex, context);
}

// Colleagues behind one address log in at the same hour, and tabs that wake together refresh
// together: whoever would be refused before any of them did wrong waits for their outcome.
// All spend in the same order and give back what they took in the same list, so that nobody
// waits in a circle.
task<limits::limit_result> request_limits::wait_for_room(limit_list from, limits::subject const& who, http::exchange const& ex,
                                                         request_context const& context)
{
    auto const& limiter = *context.snapshot->shared->limiter;
    auto const until = steady_now() + wait_timeout;
    for (auto pause = first_pause;; pause = std::min(2 * pause, longest_pause)) {
        auto const now = steady_now();
        auto tried = shared_ == nullptr ? std::optional{limiter.spend(from, who, now)} : std::nullopt;
        if (!tried) tried = co_await shared_->spend(limiter, from, who, now);
        if (!tried->held_by_inflight() || now >= until || waiting_ >= most_waiting) co_return std::move(*tried);
        counted const one_more{waiting_};
        co_await wait_until(now + pause);
        if (ex.abandoned()) co_return std::move(*tried);
    }
}

// Gives back what was only lent: limits on failures count what failed, and no limit counts
// what was turned away for want of room. At the account endpoints what was no guess counts
// nowhere, so that its owner may choose a password until it is strong enough.
void request_limits::settle(http::exchange const& ex, request_context const& context, error const* why) const
{
    if (context.spending.admissions.empty()) return;
    auto const never_tried = (why && *why == errc::overloaded) || context.spending.admissions.back().held_by_inflight();
    auto const no_guess = why && is_no_guess(*why, *context.found.route, context.facts().endpoint, context.found.who != nullptr);
    auto const succeeded = context.spending.counts == tally::by_outcome && went_well(ex, why);
    auto const end = never_tried || no_guess ? meaning::nothing : succeeded ? meaning::success : meaning::failure;
    auto const who = subject_of(ex, context);
    for (auto const& each : context.spending.admissions) {
        if (each.place() != limits::counting_place::elsewhere) give_back(*context.snapshot->shared->limiter, each, who, end);
        else if (end == meaning::failure) shared_->failed(each, who, steady_now());
        else give_back(*shared_, each, who, end);
    }
}

} // namespace yett::pipeline
