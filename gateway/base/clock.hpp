#pragma once

#include <chrono>

namespace yett {
inline namespace base {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Civil time, UTC, for whatever outlives the process: tokens, sessions, logs.
using wall_time = std::chrono::sys_time<milliseconds>;
// Monotonic time, for deadlines, limits and durations.
using steady_time = std::chrono::steady_clock::time_point;

// The only two places that read a clock. Rules take the time as an argument instead.
wall_time wall_now() noexcept;
steady_time steady_now() noexcept;

// Whole seconds since 1970 (RFC 7519's NumericDate); back again they are rounded down.
inline wall_time from_unix(std::int64_t unix_seconds) noexcept
{
    return wall_time{seconds{unix_seconds}};
}
inline std::int64_t to_unix(wall_time at) noexcept
{
    return std::chrono::floor<seconds>(at).time_since_epoch().count();
}

} // namespace base
} // namespace yett
