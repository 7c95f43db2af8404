#pragma once

#include "gateway/limits/key_hash.hpp"

#include <array>
#include <cstddef>
#include <memory>

namespace yett::limits {

class counter_table;

struct memory_options
{
    std::size_t bytes = 64u << 20; // at least 8 MiB; pages are touched as keys come
    hash_secret secret{};          // random for each process: keys cannot be chosen to collide
};

// Counts in this process, within a budget of bytes that is taken once and never grows.
//
// A counter that still counts is never evicted, so a flood of keys cannot reset the
// counter of a key that was seen before. When there is no room for a new key, the cells
// of counters that have run out are used again; then the key shares one of the overflow
// counters of its limit with others. Sharing can refuse too early and never too late.
// When even that is full the charge is refused. One limit can fill three quarters of the
// cells where a key may lie, so a flood of one leaves room for the others.
class memory_counters final : public counters
{
public:
    // What a scrape shows; read from any thread.
    struct figures
    {
        std::size_t bytes;         // reserved
        std::size_t cells;         // that hold a counter, run out or not
        std::uint64_t reclaimed;   // cells taken over from counters that had run out
        std::uint64_t overflowed;  // charges that went to a shared counter
        std::uint64_t turned_away; // charges refused for want of any counter
    };

    // Throws std::invalid_argument for a budget that is too small.
    explicit memory_counters(memory_options const& options);
    ~memory_counters() override;

    // The answer at once. Called from every worker.
    limit_verdict spend(charge const& what) noexcept;
    void give_back(charge const& what, tick stamp) noexcept;
    // What spending would answer, and spends nothing.
    limit_verdict peek(charge const& what) noexcept;

    task<result<std::vector<limit_verdict>>> spend(std::span<charge const> what) override;
    void settle(charge const& what, tick stamp, charge_end how) noexcept override;

    figures read_figures() const noexcept;

private:
    counter_table& table_of(limit const& l) const noexcept;

    hash_secret secret_;
    std::array<std::unique_ptr<counter_table>, 5> tables_; // one for each size of cells
};

} // namespace yett::limits
