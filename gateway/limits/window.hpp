#pragma once

#include "gateway/limits/limit_verdict.hpp"

#include <span>

namespace yett::limits {

// An exact sliding window: never more than N events in any stretch of time of the
// period's length, whatever its alignment. A stretch includes its end and not its
// beginning. Keeps the times of the last N events in a ring, oldest first.
//
// The memory belongs to the caller; N is the size of the ring.
class window
{
public:
    struct position
    {
        std::uint16_t head = 0;
        std::uint16_t used = 0;
    };

    window(std::span<tick> ring, position& at, nanoseconds period) noexcept : ring_{ring}, at_{at}, period_{period.count()} {}

    // A time before the newest event counts as that event's: clocks of two threads may
    // be read in another order than they are used.
    limit_verdict spend(tick now, std::uint32_t cost) noexcept;
    limit_verdict look(tick now, std::uint32_t cost) const noexcept;
    // Removes up to `cost` of the events recorded under this stamp.
    void give_back(tick stamp, std::uint32_t cost) noexcept;

    // When the last event is forgotten; `otherwise` without events.
    tick expires(tick otherwise) const noexcept;

private:
    tick& nth(std::size_t n) const noexcept { return ring_[(at_.head + n) % ring_.size()]; }
    std::uint16_t expired(tick now) const noexcept;
    tick effective(tick now) const noexcept;

    std::span<tick> ring_;
    position& at_;
    tick period_;
};

} // namespace yett::limits
