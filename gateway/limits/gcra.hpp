#pragma once

#include "gateway/limits/limit_verdict.hpp"

namespace yett::limits {

// The generic cell rate algorithm (ITU-T I.371 annex A): a steady rate of one event an
// interval, and up to `burst` at once after a rest. One point in time is all its state:
// when everything spent so far will have been earned back.
struct gcra
{
    nanoseconds interval;
    std::uint32_t burst;

    limit_verdict look(tick earned_back, tick now, std::uint32_t cost) const noexcept;
    // Writes the new state when the charge is allowed.
    limit_verdict spend(tick& earned_back, tick now, std::uint32_t cost) const noexcept;
    // Takes back what of the charge has not been earned back in the meantime.
    void give_back(tick& earned_back, tick stamp, tick now, std::uint32_t cost) const noexcept;
};

} // namespace yett::limits
