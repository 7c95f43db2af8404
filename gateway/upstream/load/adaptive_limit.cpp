#include "gateway/upstream/load/adaptive_limit.hpp"

#include <algorithm>
#include <cmath>

// Why measurements: a base that is learnt while the application is under load creeps up with it, and the limit
// after it, until nothing is limited. So the limit falls to its least for a moment, during which requests wait
// that would not have had to; what was asked before that moment tells of the load before and is not counted.
//
// Why the median: applications answer some requests in a millisecond and some in a minute, and the few must
// not speak for the rest. Why the square root: room to find out that more would be borne; it grows slower than
// the limit, so that a large one is not overrun.

namespace yett::upstream {
namespace {

constexpr float slack = 1000;    // microseconds: what schedulers add to a reply is no load
constexpr float steepest = 0.5F; // of one step down

} // namespace

adaptive_limit::adaptive_limit(adaptive_options const& options, std::size_t most, steady_time now) noexcept
    : least_{std::min(options.least, most)},
      most_{most},
      tolerance_{1 + static_cast<float>(options.tolerance) / 100},
      interval_{options.interval},
      limit_{static_cast<float>(least_)},
      began_{now}
{
}

void adaptive_limit::replied(std::chrono::nanoseconds after, std::size_t under_way, steady_time now) noexcept
{
    if (measuring_ && now - after < began_) return;
    times_[seen_++ % samples] = microseconds{after}.count();
    wanted_more_ = wanted_more_ || 2 * under_way >= limit();
    if (seen_ >= few && (measuring_ || now - began_ >= pace)) step(now);
}

void adaptive_limit::step(steady_time now) noexcept
{
    auto const took = std::max(median(), 1.0F);
    if (measuring_) {
        base_ = took;
        measured_ = now;
    } else {
        follow(took);
    }
    measuring_ = now - measured_ >= interval_;
    began_ = now;
    seen_ = 0;
    wanted_more_ = false;
}

// Nothing is learnt about more from an application that is asked for less.
void adaptive_limit::follow(float took) noexcept
{
    auto const gradient = std::clamp((base_ * tolerance_ + slack) / took, steepest, 1.0F);
    auto const next = limit_ * gradient + std::sqrt(limit_);
    if (next < limit_ || wanted_more_) limit_ = std::clamp(next, static_cast<float>(least_), static_cast<float>(most_));
}

float adaptive_limit::median() noexcept
{
    auto const end = times_.begin() + static_cast<std::ptrdiff_t>(std::min(seen_, samples));
    auto const middle = times_.begin() + (end - times_.begin()) / 2;
    std::nth_element(times_.begin(), middle, end);
    return *middle;
}

} // namespace yett::upstream
