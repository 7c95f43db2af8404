#include "gateway/http2/rate_window.hpp"

#include <limits>

// A ring of ten counts, one for each of the last ten seconds that the clock has begun. What lies between the newest
// and now is emptied as time goes on, ten of them at most, whatever the pause.

namespace yett::http2 {

unsigned rate_window::add(steady_time now) noexcept
{
    move_to(std::chrono::floor<seconds>(now.time_since_epoch()).count());
    auto& count = by_second_[static_cast<std::size_t>(newest_) % seconds_kept];
    if (count == std::numeric_limits<std::uint16_t>::max()) return sum_;
    ++count;
    return ++sum_;
}

void rate_window::forget() noexcept
{
    by_second_.fill(0);
    sum_ = 0;
}

void rate_window::move_to(std::int64_t second) noexcept
{
    if (second - newest_ >= seconds_kept) forget();
    else
        for (auto each = newest_ + 1; each <= second; ++each) {
            auto& count = by_second_[static_cast<std::size_t>(each) % seconds_kept];
            sum_ -= count;
            count = 0;
        }
    newest_ = second;
}

} // namespace yett::http2
