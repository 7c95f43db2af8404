#include "gateway/issuers/refresh_policy.hpp"

#include <algorithm>
#include <cmath>

namespace yett::issuers {
namespace {

steady_time after(steady_time now, seconds length, double share)
{
    auto const part = static_cast<double>(milliseconds{length}.count()) * share;
    return now + milliseconds{std::llround(part)};
}

} // namespace

steady_time next_fetch(refresh_policy const& by, std::optional<seconds> max_age, steady_time now, double dice)
{
    auto const life = std::clamp(max_age.value_or(by.unsaid), by.least, std::max(by.least, by.most));
    return after(now, life, 0.7 + 0.2 * dice);
}

steady_time next_retry(refresh_policy const& by, unsigned failures, steady_time now, double dice)
{
    auto wait = by.first_retry;
    for (unsigned i = 1; i < failures && wait < by.longest_retry; ++i) wait *= 2;
    return after(now, std::min(wait, by.longest_retry), 0.5 + 0.5 * dice);
}

bool may_ask(refresh_policy const& by, std::optional<steady_time> last, steady_time now) noexcept
{
    return !last || now - *last >= by.between_questions;
}

} // namespace yett::issuers
