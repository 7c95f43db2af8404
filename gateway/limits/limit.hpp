#pragma once

#include "gateway/limits/limit_verdict.hpp"
#include "gateway/limits/spec.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace yett::limits {

// The largest amount of a `window`; beyond it gcra is as good and far smaller.
inline constexpr std::uint32_t largest_window = 2000;
inline constexpr std::uint32_t most_key_parts = 4;

// A limit that was checked, with what its arithmetic needs.
class limit
{
public:
    // What is wrong with a spec, for the operator; empty when nothing is.
    static std::vector<std::string> complaints(limit_spec const& spec);
    // The spec must have no complaints.
    explicit limit(limit_spec spec);

    std::string const& name() const noexcept { return spec_.name; }
    limit_spec const& spec() const noexcept { return spec_; }
    limits::counting_algorithm algorithm() const noexcept { return spec_.algorithm; }
    std::uint32_t amount() const noexcept { return spec_.amount; }
    nanoseconds period() const noexcept { return spec_.period; }
    // The most that can pass at once: the burst of gcra, the amount of a window.
    std::uint32_t capacity() const noexcept { return capacity_; }
    // Of gcra: how long one request takes to be forgotten, rounded up.
    nanoseconds interval() const noexcept { return interval_; }
    bool counts_failures() const noexcept { return spec_.counts == counted_events::failures; }
    // Cannot be spent before it is known who asks: a user or token is part of its key.
    bool needs_identity() const noexcept { return needs_identity_; }
    // Told to clients in RateLimit fields. Limits about logins are not: they would tell a guesser when to pause.
    bool is_announced() const noexcept { return announced_; }
    // Equal for limits that count alike; counters of a limit that changed start anew.
    std::uint64_t fingerprint() const noexcept { return fingerprint_; }

private:
    limit_spec spec_;
    std::uint32_t capacity_;
    nanoseconds interval_;
    std::uint64_t fingerprint_;
    bool needs_identity_;
    bool announced_;
};

} // namespace yett::limits
