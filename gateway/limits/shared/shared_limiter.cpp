#include "gateway/limits/shared/shared_limiter.hpp"

#include <algorithm>
#include <string>

// What a fleet counts together is counted by one server, and this is the way there and what stands in for it.
//
// Each limit of a list is a counter of its own with a key of its own, which a cluster might keep on different
// servers; so all limits of all lists are asked at once, each for itself, and what the others allowed goes back
// when one refuses. For that moment they may refuse somebody whom they would have let through in their order, and
// never the other way round. What comes of it is what comes of lists that are spent one after the other: a list
// that allowed the request keeps what it counted although a later one refused.
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

limiter::list bounded(limiter::list limits)
{
    return limits.first(std::min(limits.size(), most_limits));
}

std::size_t count_of(shared_limiter::lists all)
{
    std::size_t count = 0;
    for (auto const& each : all) count += bounded(each).size();
    return count;
}

keyed_charges charges_of(shared_limiter::lists all, subject const& who, steady_time now)
{
    keyed_charges made;
    made.keys.reserve(count_of(all));
    made.charges.reserve(count_of(all));
    for (auto const& one : all)
        for (auto const* each : bounded(one)) {
            key_bytes key;
            append_key(key, *each, who);
            made.keys.emplace_back(view(key));
            made.charges.push_back({each, made.keys.back(), now});
        }
    return made;
}

} // namespace

// --- what is known here

bool shared_limiter::answers_at_hand(lists of, subject const& who, steady_time now) const
{
    return is_away(now) || refuse_at_hand(of, who, now);
}

bool shared_limiter::spend_at_hand(limiter const& here, lists of, subject const& who, steady_time now, results& to) const
{
    if (auto refused = refuse_at_hand(of, who, now)) to.push_back(std::move(*refused));
    else if (is_away(now)) spend_share(here, of, who, now, to);
    else return false;
    return true;
}

std::optional<limit_result> shared_limiter::refuse_at_hand(lists of, subject const& who, steady_time now) const
{
    for (auto const& one : of)
        for (auto const* each : bounded(one)) {
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

void shared_limiter::spend_share(limiter const& here, lists of, subject const& who, steady_time now, results& to) const
{
    auto const nodes = nodes_.load(std::memory_order_relaxed);
    for (auto const& one : of) {
        to.push_back(here.spend_share(one, who, now, nodes));
        if (!to.back()) return;
    }
}

// --- asking elsewhere

task<void> shared_limiter::spend(limiter const& here, lists of, subject const& who, steady_time now, results& to)
{
    if (spend_at_hand(here, of, who, now, to)) co_return;
    if (away_until_) away_until_ = now + rest;
    auto const asked = charges_of(of, who, now);
    auto const told = co_await ask(asked.charges);
    if (told) away_until_.reset();
    else away_until_ = now + rest;
    if (told) judge(of, asked.charges, *told, to);
    else spend_share(here, of, who, now, to);
}

task<result<std::vector<limit_verdict>>> shared_limiter::ask(std::span<charge const> what)
{
    auto told = co_await elsewhere_.spend(what);
    if (!told) told = co_await elsewhere_.spend(what);
    co_return std::move(told);
}

void shared_limiter::judge(lists of, std::span<charge const> charges, std::span<limit_verdict const> told, results& to)
{
    for (auto const& one : of) {
        auto const count = bounded(one).size();
        to.push_back(judge(charges.first(count), told.first(count)));
        charges = charges.subspan(count);
        told = told.subspan(count);
        if (!to.back()) return give_back(charges, told, nullptr);
    }
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
        give_back(charges, told, &of);
        answer.refused_by_ = &of;
        answer.held_by_inflight_ = told[i].held;
        answer.retry_after_ = told[i].held ? nanoseconds{} : told[i].retry_after;
        break;
    }
    return answer;
}

void shared_limiter::give_back(std::span<charge const> charges, std::span<limit_verdict const> told, limit const* refusing)
{
    for (std::size_t i = 0; i < charges.size(); ++i)
        if (charges[i].of != refusing && told[i].allowed) elsewhere_.settle(charges[i], told[i].stamp, charge_end::given_back);
}

// --- how it ended

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
