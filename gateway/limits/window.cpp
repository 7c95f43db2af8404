#include "gateway/limits/window.hpp"

#include <algorithm>

namespace yett::limits {

tick window::effective(tick now) const noexcept
{
    return at_.used == 0 ? now : std::max(now, nth(at_.used - 1u));
}

std::uint16_t window::expired(tick now) const noexcept
{
    std::uint16_t count = 0;
    while (count < at_.used && now - nth(count) >= period_) ++count;
    return count;
}

tick window::expires(tick otherwise) const noexcept
{
    return at_.used == 0 ? otherwise : nth(at_.used - 1u) + period_;
}

limit_verdict window::look(tick now, std::uint32_t cost) const noexcept
{
    auto const at = effective(now);
    auto const gone = expired(at);
    auto const live = static_cast<std::uint32_t>(at_.used - gone);
    auto const capacity = static_cast<std::uint32_t>(ring_.size());
    limit_verdict v{.allowed = live + std::uint64_t{cost} <= capacity,
                    .remaining = capacity - live,
                    .reset = nanoseconds{live == 0 ? 0 : expires(now) - now},
                    .retry_after = {},
                    .stamp = at};
    if (v.allowed) return v;
    // A charge larger than the window is never allowed; the period is as good an answer as any.
    auto const must_go = std::uint64_t{live} + cost - capacity;
    v.retry_after = nanoseconds{must_go > live ? period_ : nth(gone + must_go - 1) + period_ - now};
    return v;
}

limit_verdict window::spend(tick now, std::uint32_t cost) noexcept
{
    auto v = look(now, cost);
    if (!v.allowed) return v;
    // Only now, when the newest event says how far time has come, may the old ones go.
    auto const gone = expired(v.stamp);
    at_.head = static_cast<std::uint16_t>((at_.head + gone) % ring_.size());
    at_.used = static_cast<std::uint16_t>(at_.used - gone);
    for (std::uint32_t i = 0; i < cost; ++i) nth(at_.used++) = v.stamp;
    v.remaining -= cost;
    v.reset = nanoseconds{expires(now) - now};
    return v;
}

void window::give_back(tick stamp, std::uint32_t cost) noexcept
{
    // What is given back is usually among the newest.
    std::size_t end = at_.used;
    while (end > 0 && nth(end - 1) > stamp) --end;
    std::size_t begin = end;
    while (begin > 0 && end - begin < cost && nth(begin - 1) == stamp) --begin;
    auto const removed = end - begin;
    for (; end < at_.used; ++end) nth(end - removed) = nth(end);
    at_.used = static_cast<std::uint16_t>(at_.used - removed);
}

} // namespace yett::limits
