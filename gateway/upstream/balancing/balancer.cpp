#include "gateway/upstream/balancing/balancer.hpp"

#include "gateway/upstream/balancing/affinity.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

// Weights are compared and added and never divided, so that it does not matter what one is of: the cluster
// gives them in hundredths, for a server that has just come back begins with a part of its weight.

namespace yett::upstream {
namespace {

using candidates = std::span<balancer::candidate const>;

// More turns than these are not needed to begin somewhere else, and a worker has to be made at once.
constexpr std::uint64_t most_turns_ahead = 4096;
constexpr std::uint64_t bound_percent = 125;

std::uint64_t sum_of_weights(candidates among) noexcept
{
    std::uint64_t sum = 0;
    for (auto const& each : among) sum += each.weight;
    return sum;
}

std::uint64_t sum_in_flight(candidates among) noexcept
{
    std::uint64_t sum = 0;
    for (auto const& each : among)
        if (each.weight > 0) sum += each.in_flight;
    return sum;
}

// Whose part of the line of all weights the point lies in; `passed_over` has none.
std::size_t holder_of(std::uint64_t point, candidates among, std::size_t passed_over) noexcept
{
    std::size_t last = 0;
    for (std::size_t i = 0; i < among.size(); ++i) {
        if (i == passed_over || among[i].weight == 0) continue;
        last = i;
        if (point < among[i].weight) break;
        point -= among[i].weight;
    }
    return last;
}

bool is_less_busy(balancer::candidate const& a, balancer::candidate const& b) noexcept
{
    return std::uint64_t{a.in_flight} * b.weight < std::uint64_t{b.in_flight} * a.weight;
}

// How a key ranks a server: the greatest first. With a weight of w, the chance to be first is w of all weights
// (Schindelhauer and Schomaker, 2005).
double rank(std::uint64_t key, std::uint64_t name, std::uint32_t weight) noexcept
{
    auto const even = (static_cast<double>(mixed(key, name) >> 11) + 0.5) * 0x1p-53;
    return -static_cast<double>(weight) / std::log(even);
}

} // namespace

balancer::balancer(balance how, std::span<member const> servers, std::uint64_t seed)
    : how_{how},
      turns_(servers.size()),
      dice_{seed}
{
    std::vector<candidate> all;
    for (auto const& each : servers) {
        names_.push_back(stable_hash(each.name));
        all.push_back({each.weight, 0});
    }
    if (how_ != balance::round_robin) return;
    auto const period = std::clamp<std::uint64_t>(sum_of_weights(all), 1, most_turns_ahead);
    for (auto ahead = seed % period; ahead > 0; --ahead) next_in_turn(all);
    for (auto& each : turns_) each *= 100;
}

std::optional<std::size_t> balancer::choose(candidates among, std::uint64_t key) noexcept
{
    switch (how_) {
    case balance::round_robin: return next_in_turn(among);
    case balance::least_requests: return less_busy_of_two(among);
    case balance::consistent_hash: break;
    }
    return nearest(among, key);
}

std::optional<std::size_t> balancer::next_in_turn(candidates among) noexcept
{
    std::optional<std::size_t> best;
    std::int64_t all = 0;
    for (std::size_t i = 0; i < among.size(); ++i) {
        if (among[i].weight == 0) continue;
        turns_[i] += among[i].weight;
        all += among[i].weight;
        if (!best || turns_[i] > turns_[*best]) best = i;
    }
    if (best) turns_[*best] -= all;
    return best;
}

// The second is drawn of the others, so that two servers are always compared with each other.
std::optional<std::size_t> balancer::less_busy_of_two(candidates among) noexcept
{
    auto const all = sum_of_weights(among);
    if (all == 0) return std::nullopt;
    auto const first = holder_of(draw(all), among, among.size());
    auto const others = all - among[first].weight;
    if (others == 0) return first;
    auto const second = holder_of(draw(others), among, first);
    return is_less_busy(among[second], among[first]) ? second : first;
}

// Somebody is always within the bounds, for together they are above what is in flight.
std::optional<std::size_t> balancer::nearest(candidates among, std::uint64_t key) const noexcept
{
    auto const load = sum_in_flight(among) + 1;
    auto const all = sum_of_weights(among);
    std::optional<std::size_t> best;
    auto highest = -std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < among.size(); ++i) {
        auto const& [weight, in_flight] = among[i];
        if (weight == 0 || in_flight >= bound(load, weight, all)) continue;
        auto const here = rank(key, names_[i], weight);
        if (here <= highest) continue;
        highest = here;
        best = i;
    }
    return best;
}

std::uint64_t balancer::bound(std::uint64_t load, std::uint32_t weight, std::uint64_t all_weights) noexcept
{
    auto const whole = 100 * all_weights;
    return std::max<std::uint64_t>(unbounded_below, (bound_percent * load * weight + whole - 1) / whole);
}

// splitmix64; what comes of it needs to be even and fast, and not secret.
std::uint64_t balancer::draw(std::uint64_t below) noexcept
{
    dice_ += 0x9e3779b97f4a7c15;
    return ((mixed(dice_, 0) >> 32) * below) >> 32;
}

} // namespace yett::upstream
