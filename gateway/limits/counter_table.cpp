#include "gateway/limits/counter_table.hpp"

#include "gateway/limits/backoff.hpp"
#include "gateway/limits/gcra.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <new>
#include <stdexcept>

// The memory is two arrays that never grow: labels, and behind them cells, 16 of each to a set.
//
//     set 0 … sets_-1                the keys' own, chosen by the key's low half
//     set sets_ … +shared_sets_-1    shared counters, for keys that found no room (one set in 16)
//
// Four things hold at every moment, whatever keys somebody sends:
//
// A counter that still counts is never given to another key. A cell changes hands only when it is
// empty or its `expires` lies behind `now`: evicting the oldest, as a cache would, let a flood of
// made-up keys reset the counter of the password that is being guessed.
//
// No limit holds more than `quota` of the 16 cells of a set. One that is flooded leaves four for
// the others, in each set.
//
// Counting together refuses too early and never too late. A key that found no room counts at a
// shared counter. When it finds a cell of its own later, while the shared one still counts, it
// inherits all that was counted there, its neighbours' events too; starting from nothing would let
// it pass twice. `shared_until_` is the moment after which no shared counter counts any more, so
// that in quiet times nobody looks there. It only grows, and is read without the shared mutex: a key
// that was counted there set it under its own stripe, so that only others can miss the change, and
// they have nothing to inherit.
//
// Nothing waits in a circle. A set is read and written under the mutex of its stripe; who needs
// both kinds takes the key's own first and a shared one second, and nobody takes two of one kind.
// `give_back` and `peek` follow the same order.
//
// A cell is `head_bytes` and as many times as its limit wants; the times mean what the algorithm
// says (window: moments of events; gcra: one moment at which all is earned back; backoff: moments,
// and steps beside them). Labels stand apart so that looking for a key touches two cache lines and
// one cell. Untouched pages of the reservation cost nothing.

namespace yett::limits {
namespace {

constexpr std::size_t shared_part = 16; // one set in so many is for shared counters
constexpr std::uint64_t odd = 0x9e3779b97f4a7c15;

std::uint64_t scrambled(std::uint64_t x) noexcept
{
    x = (x ^ x >> 32) * 0xd6e8feb86659fd93;
    x = (x ^ x >> 32) * 0xd6e8feb86659fd93;
    return x ^ x >> 32;
}

// An even share of `count` for each value of the upper half of a hash.
std::size_t scaled(std::uint64_t hash, std::size_t count) noexcept
{
    return static_cast<std::size_t>((hash >> 32) * count >> 32);
}

gcra gcra_of(limit const& of) noexcept
{
    return {of.interval(), of.capacity()};
}

bool is_gcra(limit const& of) noexcept
{
    return of.algorithm() == counting_algorithm::gcra;
}

// The answer for a counter that counts nothing yet.
limit_verdict untouched(limit const& of, tick now, std::uint32_t cost) noexcept
{
    limit_verdict v{.allowed = cost <= of.capacity(), .remaining = of.capacity(), .reset = {}, .retry_after = {}, .stamp = now};
    if (!v.allowed) v.retry_after = of.period();
    return v;
}

} // namespace

counter_table::counter_table(std::size_t bytes, std::size_t cell_bytes)
    : bytes_{bytes},
      cell_bytes_{cell_bytes},
      shared_until_{std::numeric_limits<tick>::min()},
      stripes_(256),
      shared_stripes_(16)
{
    static_assert(sizeof(cell) == head_bytes);
    auto const sets = bytes / (sizeof(labels) + ways * cell_bytes);
    if (sets < 2) throw std::invalid_argument{"too few bytes for the counters of limits"};
    shared_sets_ = std::max<std::size_t>(sets / shared_part, 1);
    sets_ = sets - shared_sets_;
    shared_for_each_ = std::max<std::uint64_t>(shared_sets_ * ways / 32, 1);
    // Untouched pages cost nothing, so the whole budget can be reserved at once.
    auto* const memory = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc{};
    memory_ = static_cast<std::byte*>(memory);
}

counter_table::~counter_table()
{
    munmap(memory_, bytes_);
}

std::size_t counter_table::times_for(limit const& of) noexcept
{
    switch (of.algorithm()) {
    case counting_algorithm::window: return of.capacity();
    case counting_algorithm::backoff: return of.capacity() + std::size_t{1};
    case counting_algorithm::gcra: break;
    }
    return 1;
}

std::size_t counter_table::set_of(place key) const noexcept
{
    return scaled(key.low, sets_);
}

// Keys of a limit that find no cell of their own are spread over a fixed number of
// shared counters, so that a flood takes only some of the others with it.
counter_table::place counter_table::shared_place(limit const& of, place key) const noexcept
{
    auto const seed = of.fingerprint() + key.high % shared_for_each_ * odd;
    return {scrambled(seed), scrambled(seed ^ odd)};
}

std::size_t counter_table::shared_set_of(place shared) const noexcept
{
    return sets_ + scaled(shared.low, shared_sets_);
}

counter_table::labels& counter_table::labels_of(std::size_t set) const noexcept
{
    return *reinterpret_cast<labels*>(memory_ + set * sizeof(labels));
}

counter_table::cell& counter_table::cell_at(std::size_t set, std::size_t way) const noexcept
{
    auto* const cells = memory_ + (sets_ + shared_sets_) * sizeof(labels);
    return *reinterpret_cast<cell*>(cells + (set * ways + way) * cell_bytes_);
}

std::span<tick> counter_table::times_of(cell& c, limit const& of) const noexcept
{
    auto* const first = reinterpret_cast<tick*>(reinterpret_cast<std::byte*>(&c) + head_bytes);
    return {first, times_for(of)};
}

counter_table::cell* counter_table::find(std::size_t set, place key, limit const& of) const noexcept
{
    auto const& here = labels_of(set);
    auto const tag = tag_of(key);
    for (std::size_t way = 0; way < ways; ++way)
        if (here.tags[way] == tag && here.owners[way] == owner_of(of) && cell_at(set, way).key == key.high)
            return &cell_at(set, way);
    return nullptr;
}

counter_table::cell* counter_table::take(std::size_t set, place key, limit const& of, tick now, std::size_t most,
                                         figures& counted) noexcept
{
    auto& here = labels_of(set);
    auto const owner = owner_of(of);
    std::size_t held = 0, empty = ways, reusable = ways;
    for (std::size_t way = 0; way < ways; ++way) {
        if (here.tags[way] == 0) empty = std::min(empty, way);
        else if (here.owners[way] == owner) ++held;
    }
    auto const may_grow = held < most;
    if (!may_grow || empty == ways) {
        // A limit at its quota may only have cells that are its own already.
        for (std::size_t way = 0; way < ways && reusable == ways; ++way)
            if (here.tags[way] != 0 && (may_grow || here.owners[way] == owner) && cell_at(set, way).expires <= now)
                reusable = way;
        if (reusable == ways) return nullptr;
    }
    auto const way = reusable != ways ? reusable : empty;
    reusable != ways ? ++counted.reclaimed : ++counted.cells;
    here.tags[way] = tag_of(key);
    here.owners[way] = owner;
    auto& taken = cell_at(set, way);
    taken = {.key = key.high, .expires = now, .at = {}, .steps = 0};
    if (is_gcra(of)) times_of(taken, of).front() = now;
    return &taken;
}

limit_verdict counter_table::charge(cell& c, limit const& of, tick now, std::uint32_t cost) const noexcept
{
    if (is_gcra(of)) {
        auto& earned_back = times_of(c, of).front();
        auto const v = gcra_of(of).spend(earned_back, now, cost);
        c.expires = earned_back;
        return v;
    }
    auto const spend = [&](auto counted) {
        auto const v = counted.spend(now, cost);
        c.expires = counted.expires(now);
        return v;
    };
    if (of.algorithm() == counting_algorithm::backoff) return spend(backoff{times_of(c, of), c.at, c.steps, of.period()});
    return spend(window{times_of(c, of), c.at, of.period()});
}

limit_verdict counter_table::look(cell& c, limit const& of, tick now, std::uint32_t cost) const noexcept
{
    switch (of.algorithm()) {
    case counting_algorithm::window: return window{times_of(c, of), c.at, of.period()}.look(now, cost);
    case counting_algorithm::backoff: return backoff{times_of(c, of), c.at, c.steps, of.period()}.look(now, cost);
    case counting_algorithm::gcra: break;
    }
    return gcra_of(of).look(times_of(c, of).front(), now, cost);
}

void counter_table::undo(cell& c, limit const& of, tick stamp, tick now, std::uint32_t cost) const noexcept
{
    if (is_gcra(of)) {
        auto& earned_back = times_of(c, of).front();
        gcra_of(of).give_back(earned_back, stamp, now, cost);
        c.expires = earned_back;
        return;
    }
    auto const give_back = [&](auto counted) {
        counted.give_back(stamp, cost);
        c.expires = counted.expires(now);
    };
    if (of.algorithm() == counting_algorithm::backoff) return give_back(backoff{times_of(c, of), c.at, c.steps, of.period()});
    give_back(window{times_of(c, of), c.at, of.period()});
}

limit_verdict counter_table::spend(limit const& of, place key, tick now, std::uint32_t cost) noexcept
{
    auto const set = set_of(key);
    auto& guard = guard_of(set);
    std::lock_guard const lock{guard.mutex};
    if (auto* const seen = find(set, key, of)) return charge(*seen, of, now, cost);
    return spend_unseen(set, guard, of, key, now, cost);
}

limit_verdict counter_table::spend_unseen(std::size_t set, stripe& own, limit const& of, place key, tick now,
                                          std::uint32_t cost) noexcept
{
    auto const shared = shared_place(of, key);
    auto const shared_set = shared_set_of(shared);
    auto& guard = shared_guard_of(shared_set);
    std::unique_lock lock{guard.mutex, std::defer_lock};
    cell* inherited = nullptr;
    if (sharing(now)) {
        // The key may have been counted there; forgetting that would let it pass twice as often.
        lock.lock();
        inherited = find(shared_set, shared, of);
        if (inherited && inherited->expires <= now) inherited = nullptr;
        auto const v = inherited ? look(*inherited, of, now, cost) : untouched(of, now, cost);
        if (!v.allowed) {
            if (inherited) ++own.counted.overflowed;
            return v;
        }
    } else if (cost > of.capacity()) {
        return untouched(of, now, cost);
    }
    if (auto* const fresh = take(set, key, of, now, quota, own.counted)) {
        if (inherited) {
            fresh->at = inherited->at;
            fresh->steps = inherited->steps;
            std::ranges::copy(times_of(*inherited, of), times_of(*fresh, of).begin());
        }
        return charge(*fresh, of, now, cost);
    }
    if (!lock.owns_lock()) lock.lock();
    return spend_shared(own, shared_set, shared, of, now, cost);
}

limit_verdict counter_table::spend_shared(stripe& own, std::size_t set, place shared, limit const& of, tick now,
                                          std::uint32_t cost) noexcept
{
    auto* together = find(set, shared, of);
    if (!together) together = take(set, shared, of, now, ways, shared_guard_of(set).counted);
    if (!together) {
        ++own.counted.turned_away;
        limit_verdict v{.allowed = false, .remaining = 0, .reset = {}, .retry_after = {}, .stamp = now};
        v.reset = v.retry_after = nanoseconds{first_to_expire(set) - now};
        return v;
    }
    ++own.counted.overflowed;
    auto const v = charge(*together, of, now, cost);
    auto until = shared_until_.load(std::memory_order_relaxed);
    while (until < together->expires &&
           !shared_until_.compare_exchange_weak(until, together->expires, std::memory_order_relaxed)) {}
    return v;
}

tick counter_table::first_to_expire(std::size_t set) const noexcept
{
    auto first = cell_at(set, 0).expires;
    for (std::size_t way = 1; way < ways; ++way) first = std::min(first, cell_at(set, way).expires);
    return first;
}

limit_verdict counter_table::peek(limit const& of, place key, tick now, std::uint32_t cost) noexcept
{
    auto const set = set_of(key);
    std::lock_guard const lock{guard_of(set).mutex};
    if (auto* const seen = find(set, key, of)) return look(*seen, of, now, cost);
    if (!sharing(now)) return untouched(of, now, cost);
    auto const shared = shared_place(of, key);
    auto const shared_set = shared_set_of(shared);
    std::lock_guard const shared_lock{shared_guard_of(shared_set).mutex};
    auto* const together = find(shared_set, shared, of);
    return together ? look(*together, of, now, cost) : untouched(of, now, cost);
}

void counter_table::give_back(limit const& of, place key, tick stamp, tick now, std::uint32_t cost) noexcept
{
    auto const set = set_of(key);
    std::lock_guard const lock{guard_of(set).mutex};
    if (auto* const seen = find(set, key, of)) return undo(*seen, of, stamp, now, cost);
    if (!sharing(now)) return;
    auto const shared = shared_place(of, key);
    auto const shared_set = shared_set_of(shared);
    std::lock_guard const shared_lock{shared_guard_of(shared_set).mutex};
    if (auto* const together = find(shared_set, shared, of)) undo(*together, of, stamp, now, cost);
}

counter_table::figures counter_table::read_figures() const noexcept
{
    figures sum;
    for (auto const* list : {&stripes_, &shared_stripes_})
        for (auto const& each : *list) {
            std::lock_guard const lock{each.mutex};
            sum.cells += each.counted.cells;
            sum.reclaimed += each.counted.reclaimed;
            sum.overflowed += each.counted.overflowed;
            sum.turned_away += each.counted.turned_away;
        }
    return sum;
}

} // namespace yett::limits
