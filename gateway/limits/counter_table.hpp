#pragma once

#include "gateway/limits/key_hash.hpp"
#include "gateway/limits/limit.hpp"
#include "gateway/limits/window.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace yett::limits {

// Counters of one size in memory that is reserved once.
//
// A key belongs to one set of 16 cells and lies in any of them. Next to the sets for
// keys are some for the counters that keys share when their own set has no room. A set
// is guarded by the mutex of its stripe; where both kinds are needed the key's own is
// taken first.
class counter_table
{
public:
    using place = key_hash;
    // What a scrape shows, summed over all stripes. `reclaimed`: cells whose counter had run out
    // and that another key took; `overflowed`: events that were counted at a shared counter;
    // `turned_away`: those that found no counter at all.
    struct figures
    {
        std::size_t cells = 0;
        std::uint64_t reclaimed = 0;
        std::uint64_t overflowed = 0;
        std::uint64_t turned_away = 0;
    };

    static constexpr std::size_t ways = 16;
    // A limit takes no more of a set than this, so that a flood of one leaves room for others.
    static constexpr std::size_t quota = 12;

    // Takes cells of `cell_bytes` from `bytes` of memory. Throws std::invalid_argument
    // when that is not enough for a set of each kind, std::bad_alloc when there is none.
    counter_table(std::size_t bytes, std::size_t cell_bytes);
    ~counter_table();
    counter_table(counter_table const&) = delete;
    counter_table& operator=(counter_table const&) = delete;

    // How many events of a window a cell of that size has room for.
    static constexpr std::size_t events_in(std::size_t cell_bytes) noexcept { return (cell_bytes - head_bytes) / sizeof(tick); }

    // How many times the counter of a limit keeps.
    static std::size_t times_for(limit const& of) noexcept;

    // Counts `cost` events if all of them fit, at `now`; looks whether they would; takes back what
    // a spend of `stamp` counted. Never allocate, never wait for longer than a look at one or two
    // sets takes.
    limit_verdict spend(limit const& of, place key, tick now, std::uint32_t cost) noexcept;
    limit_verdict peek(limit const& of, place key, tick now, std::uint32_t cost) noexcept;
    void give_back(limit const& of, place key, tick stamp, tick now, std::uint32_t cost) noexcept;

    std::size_t bytes() const noexcept { return bytes_; }
    figures read_figures() const noexcept;

private:
    static constexpr std::size_t head_bytes = 24;

    // What stands at the front of a cell; the times follow.
    struct cell
    {
        std::uint64_t key;
        tick expires;
        window::position at;
        std::uint32_t steps; // of backoff
    };
    // Kept apart from the cells so that a look touches two cache lines of a set.
    struct labels
    {
        std::array<std::uint32_t, ways> tags;   // 0 is an empty cell
        std::array<std::uint32_t, ways> owners; // whose limit
    };
    struct alignas(64) stripe
    {
        mutable std::mutex mutex;
        figures counted;
    };

    static std::uint32_t tag_of(place key) noexcept { return static_cast<std::uint32_t>(key.low) | 1; }
    static std::uint32_t owner_of(limit const& of) noexcept { return static_cast<std::uint32_t>(of.fingerprint()); }
    std::size_t set_of(place key) const noexcept;
    place shared_place(limit const& of, place key) const noexcept;
    std::size_t shared_set_of(place shared) const noexcept;
    stripe& guard_of(std::size_t set) noexcept { return stripes_[set % stripes_.size()]; }
    stripe& shared_guard_of(std::size_t set) noexcept { return shared_stripes_[set % shared_stripes_.size()]; }

    labels& labels_of(std::size_t set) const noexcept;
    cell& cell_at(std::size_t set, std::size_t way) const noexcept;
    std::span<tick> times_of(cell& c, limit const& of) const noexcept;

    // Of one set, under its stripe's mutex: the key's cell, or null; and one for it, which may be
    // another's that has run out.
    cell* find(std::size_t set, place key, limit const& of) const noexcept;
    cell* take(std::size_t set, place key, limit const& of, tick now, std::size_t most, figures& counted) noexcept;
    bool sharing(tick now) const noexcept { return shared_until_.load(std::memory_order_relaxed) > now; }

    // The algorithm of the limit on one cell.
    limit_verdict charge(cell& c, limit const& of, tick now, std::uint32_t cost) const noexcept;
    limit_verdict look(cell& c, limit const& of, tick now, std::uint32_t cost) const noexcept;
    void undo(cell& c, limit const& of, tick stamp, tick now, std::uint32_t cost) const noexcept;
    // For a key that has no cell in its own set: by a new one, or by the counter it shares.
    limit_verdict spend_unseen(std::size_t set, stripe& own, limit const& of, place key, tick now, std::uint32_t cost) noexcept;
    limit_verdict spend_shared(stripe& own, std::size_t set, place shared, limit const& of, tick now,
                               std::uint32_t cost) noexcept;
    tick first_to_expire(std::size_t set) const noexcept;

    std::size_t bytes_;
    std::size_t cell_bytes_;
    std::size_t sets_;        // for keys
    std::size_t shared_sets_; // behind them
    std::uint64_t shared_for_each_;
    std::byte* memory_;
    std::atomic<tick> shared_until_;
    std::vector<stripe> stripes_;
    std::vector<stripe> shared_stripes_;
};

} // namespace yett::limits
