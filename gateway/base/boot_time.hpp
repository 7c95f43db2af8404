#pragma once

#include "gateway/base/clock.hpp"

namespace yett {
inline namespace base {

// Time since the machine was started. It goes on while the machine sleeps, which the steady
// clock does not: for how old something has become, whatever happened meanwhile.
struct boot_clock
{
    using duration = milliseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<boot_clock>;
    static constexpr bool is_steady = true;
};
using boot_time = boot_clock::time_point;

// CLOCK_BOOTTIME; moments of two starts of the machine cannot be compared.
boot_time boot_now() noexcept;

} // namespace base
} // namespace yett
