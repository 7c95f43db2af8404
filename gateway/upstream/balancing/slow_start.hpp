#pragma once

#include "gateway/base/clock.hpp"

#include <algorithm>

namespace yett::upstream {

// What part of its weight, in hundredths, a server takes that has been back for so long: it grows with time,
// from a tenth on, so that requests come at once and caches fill before all of them do. Negative times are
// those of a thread whose clock is behind.
constexpr unsigned share_after(std::chrono::nanoseconds back_for, milliseconds slow_start) noexcept
{
    if (back_for >= slow_start) return 100;
    return static_cast<unsigned>(std::max<std::int64_t>(10, 100 * back_for / std::chrono::nanoseconds{slow_start}));
}

} // namespace yett::upstream
