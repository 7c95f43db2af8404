#include "gateway/limits/shared/shared_limiter.hpp"

#include <algorithm>
#include <string>

// What a fleet counts together is counted by one server, and this is the way there and what stands in for it.
//
// Each limit of a list is a counter of its own with a key of its own, which a cluster might keep on different
// servers; so all are asked at once, each for itself, and what the others allowed goes back when one
// refuses. For that moment they may refuse somebody whom they would have let through in their order, and
// never the other way round.
//
// A charge whose answer is lost may have been counted. It is asked once more, on a new connection, and
// then perhaps counted twice: too early a refusal for one caller, and no more than the limit for all. Only when
// that fails, too, is elsewhere away, and the share is what counts. A fleet can then allow its limit once more
// at most: what was counted there is not known here, nor the other way round when it is back.
//
// What is away is asked again by one request, which waits as long as the counters do; all others of this
// worker are answered by the share meanwhile (`away_until_` moves on before that request asks).

namespace yett::limits {
namespace {

struct keyed_charges
{
    std::vector<std::string> keys;
    std::vector<charge> charges; // of these keys
};

keyed_charges charges_of(limiter::list limits, subject const& who, steady_time now)
{
    keyed_charges made;
    made.keys.reserve(limits.size());
    for (auto const* each : limits) {
        key_bytes key;
        append_key(key, *each, who);
        made.keys.emplace_back(view(key));
        made.charges.push_back({each, made.keys.back(), now});
    }
    return made;
}

limiter::list bounded(limiter::list limits)
{
    return limits.first(std::min(limits.size(), most_limits));
}

} // namespace

std::optional<limit_result> shared_limiter::spend_at_hand(limiter const& here, list limits, subject const& who, steady_time now)
{
    if (auto refused = refuse_at_hand(bounded(limits), who, now)) return refused;
    if (!away_until_) return std::nullopt;
    if (now < *away_until_) return here.spend_share(limits, who, now, nodes_.load(std::memory_order_relaxed));
    away_until_ = now + rest;
    return std::nullopt;
}

std::optional<limit_result> shared_limiter::refuse_at_hand(list limits, subject const& who, steady_time now) const
{
    for (auto const* each : limits) {
        if (each->spec().report_only) continue;
        key_bytes key;
        append_key(key, *each, who);
        auto const known = refusals_.find({each, view(key), now});
        if (!known) continue;
        limit_result refused;
        refused.place_ = counting_place::remembered;
        refused.refused_by_ = each;
        refused.retry_after_ = known->retry_after;
        refused.note(*each, *known);
        return refused;
    }
    return std::nullopt;
}

task<limit_result> shared_limiter::spend(limiter const& here, list limits, subject const& who, steady_time now)
{
    auto const asked = charges_of(bounded(limits), who, now);
    auto const told = co_await ask(asked.charges);
    if (!told) {
        away_until_ = now + rest;
        co_return here.spend_share(limits, who, now, nodes_.load(std::memory_order_relaxed));
    }
    away_until_.reset();
    co_return judge(asked.charges, *told);
}

task<result<std::vector<limit_verdict>>> shared_limiter::ask(std::span<charge const> what)
{
    auto told = co_await elsewhere_.spend(what);
    if (!told) told = co_await elsewhere_.spend(what);
    co_return std::move(told);
}

limit_result shared_limiter::judge(std::span<charge const> charges, std::span<limit_verdict const> told)
{
    limit_result answer;
    answer.place_ = counting_place::elsewhere;
    for (std::size_t i = 0; i < charges.size(); ++i) {
        auto const& of = *charges[i].of;
        answer.note(of, told[i]);
        if (told[i].allowed || of.spec().report_only) continue;
        refusals_.remember(charges[i], told[i]);
        give_back_beside(of, charges, told);
        answer.refused_by_ = &of;
        answer.held_by_inflight_ = told[i].held;
        answer.retry_after_ = told[i].held ? nanoseconds{} : told[i].retry_after;
        break;
    }
    return answer;
}

void shared_limiter::give_back_beside(limit const& refusing, std::span<charge const> charges, std::span<limit_verdict const> told)
{
    for (std::size_t i = 0; i < charges.size(); ++i)
        if (charges[i].of != &refusing && told[i].allowed) elsewhere_.settle(charges[i], told[i].stamp, charge_end::given_back);
}

void shared_limiter::failed(limit_result const& a, subject const& who, steady_time now) noexcept
{
    if (!a.allowed()) return;
    for (auto const& each : a.states())
        if (each.of->counts_failures() && !each.over) settle(each, who, now, charge_end::confirmed);
}

void shared_limiter::succeeded(limit_result const& a, subject const& who, steady_time now) noexcept
{
    if (!a.allowed()) return;
    for (auto const& each : a.states())
        if (each.of->counts_failures() && !each.over) settle(each, who, now, charge_end::given_back);
}

void shared_limiter::give_back(limit_result const& a, subject const& who, steady_time now) noexcept
{
    if (!a.allowed()) return;
    for (auto const& each : a.states())
        if (!each.over) settle(each, who, now, charge_end::given_back);
}

void shared_limiter::settle(limit_result::state const& spent, subject const& who, steady_time now, charge_end how) noexcept
{
    key_bytes key;
    append_key(key, *spent.of, who);
    elsewhere_.settle({spent.of, view(key), now}, spent.stamp, how);
}

} // namespace yett::limits
