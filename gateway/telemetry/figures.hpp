#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/base/error.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace yett::telemetry {

// The three kinds of figure a shard is made of. Each has a single writer, the thread that
// owns the shard, so that a change is a plain load and store without a lock prefix; any
// thread may read.

// Only ever grows, and starts anew with the program.
class counter
{
public:
    // By the owner alone: two writers would lose some of it.
    void add(std::uint64_t n = 1) noexcept
    {
        value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }
    std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

// A value that goes up and down: what is open, what is used.
class gauge
{
public:
    void set(std::int64_t v) noexcept { value_.store(v, std::memory_order_relaxed); }
    void add(std::int64_t n = 1) noexcept { set(value() + n); }
    std::int64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::int64_t> value_{0};
};

// Upper bounds in microseconds; the bucket above the last is implied.
inline constexpr std::array<std::int64_t, 11> exchange_bounds{500,    1000,   2500,    5000,    10000,   25000,
                                                              100000, 250000, 1000000, 2500000, 10000000};
inline constexpr std::array<std::int64_t, 8> connect_bounds{100, 250, 1000, 5000, 25000, 100000, 500000, 2000000};
inline constexpr std::array<std::int64_t, 8> hashing_bounds{10000, 25000, 50000, 100000, 250000, 500000, 1000000, 5000000};
inline constexpr std::array<std::int64_t, 8> lag_bounds{100, 500, 1000, 5000, 10000, 50000, 100000, 1000000};

// Durations, counted into fixed buckets.
template<auto const& Bounds>
class histogram
{
public:
    // Negative lengths count as zero: clocks are read on two threads.
    void observe(std::chrono::nanoseconds took) noexcept
    {
        auto const ns = std::max<std::int64_t>(took.count(), 0);
        std::size_t i = 0;
        while (i < Bounds.size() && ns > Bounds[i] * 1000) ++i;
        buckets_[i].add();
        sum_.add(static_cast<std::uint64_t>(ns));
    }

    static constexpr auto const& bounds = Bounds;
    // Observations in one bucket alone, not cumulated; `bounds.size()` is the one above all bounds.
    std::uint64_t in_bucket(std::size_t i) const noexcept { return buckets_[i].value(); }
    std::uint64_t sum_nanoseconds() const noexcept { return sum_.value(); }

private:
    std::array<counter, Bounds.size() + 1> buckets_;
    counter sum_;
};

// One figure for each member of an enumeration that ends with `count_`.
template<class Enum, class Figure = counter>
class by
{
public:
    Figure& operator[](Enum e) noexcept { return figures_[static_cast<std::size_t>(e)]; }
    Figure const& operator[](Enum e) const noexcept { return figures_[static_cast<std::size_t>(e)]; }

private:
    std::array<Figure, static_cast<std::size_t>(Enum::count_)> figures_;
};

// One counter for each error code.
class by_code
{
public:
    // More than there are codes; one beyond it would be counted as another.
    static constexpr std::size_t capacity = 64;

    counter& operator[](errc code) noexcept { return counters_[static_cast<std::size_t>(code) % capacity]; }
    counter const& operator[](errc code) const noexcept { return counters_[static_cast<std::size_t>(code) % capacity]; }

private:
    std::array<counter, capacity> counters_;
};

} // namespace yett::telemetry
