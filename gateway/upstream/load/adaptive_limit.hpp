#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/upstream/cluster/options.hpp"

#include <array>
#include <chrono>
#include <cstddef>

namespace yett::upstream {

// How many requests an application can bear at a time, learnt from how long it takes to reply.
//
// From time to time few requests are let in, and the time that half of the replies took then is
// the base: the application's own, without queues inside of it. From then on the limit goes by
// the gradient: it grows while half of the replies come within the tolerance of the base, and
// shrinks in proportion when they take longer (Envoy's adaptive concurrency works so, too).
//
// Pure and of one worker. Times of replies are told as they come and cost a store each.
class adaptive_limit
{
public:
    static constexpr std::size_t samples = 64; // that one step is taken by, at most
    static constexpr std::size_t few = 16;     // and at least; a measurement ends with them
    static constexpr milliseconds pace{100};   // no two steps are closer

    // It begins with a measurement, and never exceeds `most`.
    adaptive_limit(adaptive_options const& options, std::size_t most, steady_time now) noexcept;

    // How many may be under way.
    std::size_t limit() const noexcept { return measuring_ ? least_ : static_cast<std::size_t>(limit_); }
    // A request was answered after so long, with so many under way beside it.
    void replied(std::chrono::nanoseconds after, std::size_t under_way, steady_time now) noexcept;

private:
    using microseconds = std::chrono::duration<float, std::micro>;

    void step(steady_time now) noexcept;
    void follow(float took) noexcept;
    float median() noexcept;

    std::size_t const least_;
    std::size_t const most_;
    float const tolerance_;
    milliseconds const interval_;

    float limit_;
    float base_ = 0; // microseconds
    bool measuring_ = true;
    bool wanted_more_ = false; // since the last step at least half of the limit was in use
    steady_time began_;        // this step, or the measurement
    steady_time measured_{};
    std::size_t seen_ = 0; // since then; the latest ones are kept
    std::array<float, samples> times_{};
};

} // namespace yett::upstream
