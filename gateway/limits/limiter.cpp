#include "gateway/limits/limiter.hpp"

#include "gateway/limits/memory_counters.hpp"
#include "gateway/limits/share.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

// Several limits in a row, all or nothing: when one refuses, what the ones before it counted is
// given back, so that a request that was not let through costs nothing. `settle` is that rule, and
// it stands once for whole limits and for shares of them.
//
// A limit on failures is counted before anybody knows whether it is one (ADR 8). What it took is
// reserved until the request is over; a guess is then kept, a success given back. A refusal that
// rests only on reservations (`held_by_inflight_`) is not one yet: those requests may succeed, so
// the caller waits for one of them instead of being told to go away. Verdict and
// reservation are taken under one turn: otherwise a request could be refused for a place whose
// reservation it does not see yet, and be told to go away.
//
// A limit that only reports counts as any other and stops nobody.

namespace yett::limits {

limiter::limiter(std::shared_ptr<memory_counters> counting, std::vector<limit_spec> const& specs) : counting_{std::move(counting)}
{
    for (auto const& spec : specs) {
        auto const wrong = limit::complaints(spec);
        if (!wrong.empty()) throw std::invalid_argument{"limit " + spec.name + ": " + wrong.front()};
        if (named(spec.name) != nullptr) throw std::invalid_argument{"limit " + spec.name + " is given twice"};
        limits_.push_back(std::make_unique<limit const>(spec));
    }
    for (auto const& spec : built_in_limits())
        if (named(spec.name) == nullptr) limits_.push_back(std::make_unique<limit const>(spec));
}

limit const* limiter::named(std::string_view name) const noexcept
{
    auto const has_name = [name](auto const& each) { return each->name() == name; };
    auto const at = std::find_if(limits_.begin(), limits_.end(), has_name);
    return at == limits_.end() ? nullptr : at->get();
}

result<chain> limiter::resolve(std::span<std::string const> names) const
{
    if (names.size() > most_limits) return our_error(errc::conflict, fmt::format("more than {} limits in one rule", most_limits));
    chain resolved;
    for (auto const& name : names) {
        auto const* each = named(name);
        if (each == nullptr) return our_error(errc::not_found, "there is no limit named " + name);
        (each->needs_identity() ? resolved.late : resolved.early).push_back(each);
    }
    return resolved;
}

// True when the next limit may be asked.
bool limiter::settle(limit const& from, limit_verdict const& v, subject const& who, steady_time now, limit_result& a) const
{
    if (v.allowed || from.spec().report_only) {
        a.held_by_inflight_ = false;
        a.note(from, v);
        return true;
    }
    give_back(a, who, now);
    a.reserved_.clear();
    a.refused_by_ = &from;
    a.retry_after_ = a.held_by_inflight_ ? nanoseconds{} : v.retry_after;
    a.note(from, v);
    return false;
}

limit_reservations& limiter::reservations_for(charge const& what) const
{
    return reservations_[std::hash<std::string_view>{}(what.key) % reservations_.size()];
}

// Who is refused for a loan has to see it, so that spending and reserving are one step under the lock.
limit_verdict limiter::lend(charge const& what, limit_result& a) const
{
    a.reserved_.reserve(most_limits); // a reservation that found no room would end, and wait for this turn to do so
    auto& open = reservations_for(what);
    auto const mine = open.take_turn();
    auto const v = counting_->spend(what);
    if (v.allowed) a.reserved_.push_back(open.reserve(mine, *what.of, what.key, what.now));
    else a.held_by_inflight_ = !v.settled && open.has_reserved(mine, *what.of, what.key, what.now);
    return v;
}

// From the counter of `counted`, which is `of` or a share of it. True when the next limit may be asked.
bool limiter::spend(limit const& counted, limit const& of, subject const& who, steady_time now, limit_result& a) const
{
    key_bytes key;
    append_key(key, counted, who);
    charge const what{&counted, view(key), now};
    auto const v = counted.counts_failures() ? lend(what, a) : counting_->spend(what);
    return settle(of, v, who, now, a);
}

limit_result limiter::spend(list limits, subject const& who, steady_time now) const
{
    limit_result answer;
    for (auto const* each : limits.first(std::min(limits.size(), most_limits)))
        if (!spend(*each, *each, who, now, answer)) break;
    return answer;
}

limit_result limiter::spend_share(list limits, subject const& who, steady_time now, unsigned nodes) const
{
    limit_result answer;
    answer.place_ = counting_place::share;
    answer.nodes_ = nodes;
    for (auto const* each : limits.first(std::min(limits.size(), most_limits))) {
        limit const share{share_of(each->spec(), nodes)};
        if (!spend(share, *each, who, now, answer)) break;
    }
    return answer;
}

void limiter::succeeded(limit_result const& a, subject const& who, steady_time now) const
{
    if (!a.allowed()) return;
    for (auto const& each : a.states())
        if (each.of->counts_failures() && !each.over) give_back(a, each, who, now);
}

void limiter::give_back(limit_result const& a, subject const& who, steady_time now) const
{
    if (!a.allowed()) return;
    for (auto const& each : a.states())
        if (!each.over) give_back(a, each, who, now);
}

void limiter::give_back(limit_result const& a, limit_result::state const& spent, subject const& who, steady_time now) const
{
    key_bytes key;
    append_key(key, *spent.of, who);
    if (a.place() == counting_place::here) return counting_->give_back({spent.of, view(key), now}, spent.stamp);
    limit const share{share_of(spent.of->spec(), a.nodes_)};
    counting_->give_back({&share, view(key), now}, spent.stamp);
}

} // namespace yett::limits
