#include "gateway/upstream/streams/interim_replies.hpp"

#include <algorithm>

namespace yett::upstream {
namespace {

constexpr int most_timeouts = 10;
constexpr unsigned most_at_once = 64;
constexpr unsigned most_per_second = 16;

} // namespace

std::optional<milliseconds> interim_replies::one_more(steady_time now, milliseconds timeout) noexcept
{
    if (count_++ == 0) first_ = now;
    auto const since = now - first_;
    auto const whole_seconds = std::chrono::floor<seconds>(since).count();
    if (count_ > most_at_once + most_per_second * whole_seconds) return std::nullopt;
    auto const left = std::chrono::floor<milliseconds>(most_timeouts * timeout - since);
    return std::clamp(left, milliseconds{0}, timeout);
}

} // namespace yett::upstream
