#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/upstream/cluster/options.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace yett::upstream {

// How often the requests to one application may be sent once more, all of them together.
//
// A request that fails everywhere would otherwise come to each server as many times as it may be
// tried, just when the application can bear it least. In any ten seconds there are so many retries
// as `share` of the requests of that time, and `least` besides, so that the first failures of a
// quiet hour have some, too. What is not used lapses with its ten seconds.
//
// Pure and of one worker. A request costs one addition.
class retry_budget
{
public:
    static constexpr std::size_t window = 10; // seconds

    explicit retry_budget(retry_budget_options const& options) noexcept;

    // One more request, however often it will be sent. Time never goes back.
    void count_request(steady_time now) noexcept { current(now).requests += 1; }
    // Whether `take` would.
    bool has_room(steady_time now) noexcept;
    // Spends one retry. False when there is none, and nothing is spent.
    bool take(steady_time now) noexcept;

private:
    // What happened within one second.
    struct slot
    {
        std::uint32_t requests = 0;
        std::uint32_t retries = 0;
    };
    slot& current(steady_time now) noexcept
    {
        auto const second = std::chrono::floor<seconds>(now.time_since_epoch()).count();
        if (second > second_) turn_to(second);
        return slots_[static_cast<std::size_t>(second_) % window];
    }
    void turn_to(std::int64_t second) noexcept;

    double share_;
    double least_; // in a whole window
    std::int64_t second_ = 0;
    std::array<slot, window> slots_{};
};

} // namespace yett::upstream
