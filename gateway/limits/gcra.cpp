#include "gateway/limits/gcra.hpp"

#include <algorithm>

namespace yett::limits {

limit_verdict gcra::look(tick earned_back, tick now, std::uint32_t cost) const noexcept
{
    auto const step = interval.count();
    auto const room = step * burst;
    auto const debt = std::max(earned_back, now) - now;
    limit_verdict v{.allowed = false,
                    .remaining = static_cast<std::uint32_t>(std::max<tick>(room - debt, 0) / step),
                    .reset = nanoseconds{debt},
                    .retry_after = nanoseconds{room},
                    .stamp = 0};
    // A charge larger than the burst is never allowed, and its product might overflow.
    if (cost > burst) return v;
    auto const due = debt + step * cost;
    v.allowed = due <= room;
    v.retry_after = nanoseconds{v.allowed ? 0 : due - room};
    v.stamp = now + due;
    return v;
}

limit_verdict gcra::spend(tick& earned_back, tick now, std::uint32_t cost) const noexcept
{
    auto v = look(earned_back, now, cost);
    if (!v.allowed) return v;
    earned_back = v.stamp;
    v.reset = nanoseconds{v.stamp - now};
    v.remaining -= cost;
    return v;
}

void gcra::give_back(tick& earned_back, tick stamp, tick now, std::uint32_t cost) const noexcept
{
    // Earlier charges are earned back first, so this one is paid off at its own stamp.
    earned_back -= std::clamp<tick>(stamp - now, 0, interval.count() * cost);
}

} // namespace yett::limits
