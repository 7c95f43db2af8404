#include "gateway/upstream/load/retry_budget.hpp"

#include <algorithm>

// A window of seconds instead of a bucket that fills: the promise is one that an operator can check, so many
// of a hundred in any ten seconds, and a bucket that was full would let through all it holds at once. The
// current second counts from its beginning, so that a window is nine to ten seconds long.

namespace yett::upstream {
namespace {

double in_window(retry_budget_options const& o) noexcept
{
    auto const period = std::chrono::duration<double>{o.period}.count();
    return static_cast<double>(o.least) * static_cast<double>(retry_budget::window) / period;
}

} // namespace

retry_budget::retry_budget(retry_budget_options const& options) noexcept
    : share_{options.share / 100.0},
      least_{in_window(options)}
{
}

bool retry_budget::has_room(steady_time now) noexcept
{
    current(now);
    slot all;
    for (auto const& each : slots_) {
        all.requests += each.requests;
        all.retries += each.retries;
    }
    return all.retries + 1 <= share_ * all.requests + least_;
}

bool retry_budget::take(steady_time now) noexcept
{
    if (!has_room(now)) return false;
    current(now).retries += 1;
    return true;
}

// Seconds in which nothing happened are forgotten on the way.
void retry_budget::turn_to(std::int64_t second) noexcept
{
    auto const passed = std::min<std::int64_t>(second - second_, window);
    for (std::int64_t i = 0; i < passed; ++i) slots_[static_cast<std::size_t>(second - i) % window] = {};
    second_ = second;
}

} // namespace yett::upstream
