#include "gateway/limits/backoff.hpp"

#include <algorithm>

namespace yett::limits {
namespace {

constexpr std::uint32_t most_steps = 24; // 2^24 minutes are beyond any period, and still nanoseconds that a tick holds

} // namespace

tick backoff::pause() const noexcept
{
    return std::min<tick>(first_pause.count() << steps_, period_);
}

bool backoff::is_slowed(tick now) const noexcept
{
    return steps_ != 0 && now < last_ + pause() + period_;
}

tick backoff::expires(tick otherwise) const noexcept
{
    return steps_ != 0 ? last_ + pause() + period_ : ring_.expires(otherwise);
}

limit_verdict backoff::look(tick now, std::uint32_t cost) const noexcept
{
    auto const slowed = is_slowed(now);
    auto v = ring_.look(now, cost);
    if (!slowed && v.allowed) return v;
    // What is full has used no pause yet: whatever preceded one is forgotten by its end.
    auto const since = slowed ? last_ : ring_.expires(now) - period_;
    auto const wait = nanoseconds{std::max<tick>(since + pause() - now, 0)};
    // The window may have room before the pause is over, but not once pauses have been used.
    v.retry_after = slowed ? wait : std::min(v.retry_after, wait);
    v.allowed = wait == nanoseconds{};
    v.settled = slowed && !v.allowed;
    v.remaining = v.allowed ? 1 : 0;
    v.reset = nanoseconds{expires(now) - now};
    v.stamp = now;
    return v;
}

limit_verdict backoff::spend(tick now, std::uint32_t cost) noexcept
{
    if (!is_slowed(now)) {
        steps_ = 0;
        if (auto const v = ring_.spend(now, cost); v.allowed) return v;
    }
    auto v = look(now, cost);
    if (!v.allowed) return v;
    steps_ = std::min(steps_ + 1, most_steps);
    last_ = now;
    v.remaining = 0;
    v.reset = nanoseconds{expires(now) - now};
    return v;
}

void backoff::give_back(tick stamp, std::uint32_t cost) noexcept
{
    if (steps_ == 0 || last_ != stamp) return ring_.give_back(stamp, cost);
    --steps_;
    last_ = stamp - pause();
}

} // namespace yett::limits
