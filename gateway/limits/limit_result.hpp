#pragma once

#include "gateway/limits/limit_reservations.hpp"
#include "gateway/limits/limit_verdict.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace yett::limits {

inline constexpr std::size_t most_limits = 8; // of one rule

enum class counting_place : std::uint8_t
{
    here,       // in this program, which counts by itself alone
    elsewhere,  // where all nodes count
    share,      // in this program, its share of the limit, because elsewhere does not answer
    remembered, // nowhere: elsewhere has said a moment ago that it is full
};

// What became of a request at its limits. While it lives, what limits on failures took of an
// allowed request counts as reserved.
class limit_result
{
public:
    struct state
    {
        limit const* of;
        std::uint32_t remaining;
        nanoseconds reset;
        tick stamp;
        bool over; // it refused, or would have if it did more than report
    };

    bool allowed() const noexcept { return refused_by_ == nullptr; }
    explicit operator bool() const noexcept { return allowed(); }
    // Null when allowed.
    limit const* refused_by() const noexcept { return refused_by_; }
    nanoseconds retry_after() const noexcept { return retry_after_; }
    // Refused though failures have not used up the limit: requests under way, whose end is
    // not known yet, hold the rest. It is worth asking again soon.
    bool held_by_inflight() const noexcept { return held_by_inflight_; }
    // Where that was found out.
    counting_place place() const noexcept { return place_; }
    // For Retry-After (RFC 9110 section 10.2.3): rounded up, at least 1.
    std::chrono::seconds retry_after_seconds() const noexcept;
    // The first limit that would have refused, had it not been told to report only; null when none.
    limit const* reported_by() const noexcept;
    // What was looked at, the refusing limit last.
    std::span<state const> states() const noexcept { return {states_.data(), count_}; }

private:
    friend class limiter;
    friend class shared_limiter;
    void note(limit const& of, limit_verdict const& v) noexcept
    {
        states_[count_++] = {&of, v.remaining, v.reset, v.stamp, !v.allowed};
    }

    std::array<state, most_limits> states_;
    std::size_t count_ = 0;
    limit const* refused_by_ = nullptr;
    nanoseconds retry_after_{};
    bool held_by_inflight_ = false;
    counting_place place_ = counting_place::here;
    unsigned nodes_ = 1; // of a share: whose limit was divided
    std::vector<limit_reservation> reserved_;
};

// Values of the fields of draft-ietf-httpapi-ratelimit-headers, for limits that are
// announced; empty when there are none.
//   RateLimit: "per_user";r=199;t=1          RateLimit-Policy: "per_user";q=100;w=1
std::string rate_limit_field(limit_result const& a);
std::string rate_limit_policy_field(limit_result const& a);

} // namespace yett::limits
