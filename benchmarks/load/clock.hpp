#pragma once

#include <chrono>
#include <cstdint>

namespace load {

using nanoseconds = std::int64_t;
constexpr nanoseconds second = 1'000'000'000;

inline nanoseconds now()
{
    return std::chrono::steady_clock::now().time_since_epoch().count();
}

} // namespace load
