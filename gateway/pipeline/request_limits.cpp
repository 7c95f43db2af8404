#include "gateway/pipeline/request_limits.hpp"

#include "gateway/base/async/ready.hpp"
#include "gateway/base/async/wait_until.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/limits/shared/shared_limiter.hpp"
#include "gateway/pipeline/guesses.hpp"
#include "gateway/pipeline/request/counted.hpp"
#include "gateway/pipeline/request/request_context.hpp"
#include "gateway/tokens/opaque/api_key.hpp"

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

// It may bring a limit of its own along. Which, is known of the key alone.
bool shows_api_key(request_context const& context) noexcept
{
    auto const& shown = context.found.shown;
    return shown && tokens::looks_like_api_key(shown->token);
}

// The limit is of the key alone: its id is the token's.
request_limits::limit_list own_limit_of(request_context& context)
{
    limits::limit_spec spec;
    spec.name = own_limit_name;
    spec.amount = context.found.who->requests_per_minute;
    spec.period = std::chrono::minutes{1};
    spec.keys = {{limits::key_part::kind::token, {}}};
    context.spending.own_limit = std::make_unique<limits::limit const>(std::move(spec));
    context.spending.own = context.spending.own_limit.get();
    return {&context.spending.own, 1};
}

void spend_here(limits::limiter const& limiter, std::span<request_limits::limit_list const> from, limits::subject const& who,
                steady_time now, std::vector<limits::limit_result>& to)
{
    for (auto const& list : from) {
        to.push_back(limiter.spend(list, who, now));
        if (!to.back()) return;
    }
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

// Limits are spent in up to three steps, each of them as soon as what its keys count by is known: `early`
// by the client before anybody is asked who they are, those of the account once a body named it, an API
// key's own and `late` by who was proved. All steps of a request end up in one list, `spending.admissions`,
// and its order is the promise this class keeps: what is given back in `settle` goes back to exactly those
// limits, by the same subject, and a refusal can only be the last of them, because the request ends there.
//
// Where limits are counted elsewhere, each step is a question that the request waits for, so that steps which know
// the same are one. Most requests show a token that memory knows, and then `early` can wait the moment that it takes
// to look: all of their limits are one question. It cannot wait for what a client makes us ask somebody else
// (about an API key, a session, an issuer's key) or send (the body that names an account), and who shows a
// credential that is refused spends from `early` like anybody. The price of a look is the verification of a new
// token, for a client that has room left or was not refused within the last second.
//
// A limit on failures is spent before the outcome is known, so what it took is lent: it comes back when the
// request went well. A limit that is full of what is lent to others is no refusal yet, see spend_patiently.

task<result<void>> request_limits::spend(limit_list from, http::exchange const& ex, request_context& context)
{
    limits::limit_lists alone;
    alone.add(from);
    return spend(alone, ex, context);
}

// Memory answers at once, and most limits have room: no coroutine for those.
task<result<void>> request_limits::spend(limits::limit_lists const& from, http::exchange const& ex, request_context& context)
{
    if (from.empty()) return ready(result<void>{});
    auto const first = context.spending.admissions.size();
    auto const complete = spend_at_hand(from.all(), subject_of(ex, context), context);
    if (!complete) [[unlikely]]
        return spend_patiently(from, first, ex, context);
    return ready(note(first, context));
}

// False: the lists behind those that were answered have to be asked for elsewhere, or waited for.
bool request_limits::spend_at_hand(limit_lists_view from, limits::subject const& who, request_context& context)
{
    auto const& limiter = *context.snapshot->shared->limiter;
    auto& spent = context.spending.admissions;
    if (shared_ == nullptr) spend_here(limiter, from, who, steady_now(), spent);
    else if (!shared_->spend_at_hand(limiter, from, who, steady_now(), spent)) return false;
    if (!spent.back().held_by_inflight()) return true;
    spent.pop_back();
    return false;
}

// Colleagues behind one address log in at the same hour, and tabs that wake together refresh
// together: whoever would be refused before any of them did wrong waits for their outcome.
// All spend in the same order and give back what they took in the same list, so that nobody
// waits in a circle. What was answered, from `first` on, is not asked again.
task<result<void>> request_limits::spend_patiently(limits::limit_lists from, std::size_t first, http::exchange const& ex,
                                                   request_context& context)
{
    auto const& limiter = *context.snapshot->shared->limiter;
    auto& spent = context.spending.admissions;
    auto const who = subject_of(ex, context);
    auto const until = steady_now() + wait_timeout;
    for (auto pause = first_pause;; pause = std::min(2 * pause, longest_pause)) {
        auto const now = steady_now();
        auto const rest = from.all().subspan(spent.size() - first);
        if (shared_ == nullptr) spend_here(limiter, rest, who, now, spent);
        else co_await shared_->spend(limiter, rest, who, now, spent);
        if (!spent.back().held_by_inflight() || now >= until || waiting_ >= most_waiting) break;
        counted const one_more{waiting_};
        co_await wait_until(now + pause);
        if (ex.abandoned()) break;
        spent.pop_back();
    }
    co_return note(first, context);
}

// What came of them, also for `settle`.
result<void> request_limits::note(std::size_t first, request_context& context)
{
    for (auto const& spent : std::span{context.spending.admissions}.subspan(first)) {
        count(spent, context);
        if (!spent) return client_error(errc::rate_limited, "the limit " + spent.refused_by()->name());
        if (auto const* over = spent.reported_by())
            context.reported.not_enforced = client_error(errc::rate_limited, "the limit " + over->name());
    }
    return {};
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

bool request_limits::may_put_off_early(http::exchange const& ex, request_context const& context) const
{
    if (shared_ == nullptr || context.spending.early != early_turn::first) return false;
    auto const& [early, late] = context.facts().limits;
    if (early.empty() || (late.empty() && !shows_api_key(context))) return false;
    limits::limit_lists alone;
    alone.add(early);
    return !shared_->answers_at_hand(alone.all(), subject_of(ex, context), steady_now());
}

bool request_limits::has_late(request_context const& context) noexcept
{
    return !context.facts().limits.late.empty() || has_own(context) || context.spending.early == early_turn::with_identity;
}

task<result<void>> request_limits::spend_late(http::exchange const& ex, request_context& context)
{
    auto const& rule = context.facts().limits;
    limits::limit_lists known;
    if (context.spending.early == early_turn::with_identity) known.add(rule.early);
    if (has_own(context)) known.add(own_limit_of(context));
    known.add(rule.late);
    return spend(known, ex, context);
}

// A device that the account knows has limits of its own there. What its address has spent, by
// slips of its owner or by others behind it, is no reason to keep it out: whoever has just reset
// a password by mail logs in with the new one at once.
task<result<void>> request_limits::spend_for_account(http::exchange const& ex, request_context& context)
{
    auto const& facts = context.facts();
    if (!context.spending.device.empty()) return spend(facts.device_limits, ex, context);
    limits::limit_lists known;
    if (context.spending.early == early_turn::with_device) known.add(facts.limits.early);
    known.add(facts.account_limits);
    return spend(known, ex, context);
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
