#include "gateway/mail/retry_policy.hpp"

#include <algorithm>

namespace yett::mail {

namespace {

milliseconds full_wait(retry_policy const& p, failed_attempt const& failed)
{
    auto const unreachable = failed.why == delivery_error::kind::unreachable;
    auto const longest = unreachable ? p.longest_unreachable_wait : p.longest_wait;
    auto wait = p.first_wait;
    for (unsigned i = 1; i < failed.attempt && wait < longest; ++i) wait *= 2;
    return std::min(wait, longest);
}

} // namespace

std::optional<wall_time> next_attempt(retry_policy const& p, failed_attempt const& failed, wall_time now, double dice)
{
    auto const hopeless = failed.why == delivery_error::kind::refused && failed.attempt >= p.refusals;
    auto const full = static_cast<double>(full_wait(p, failed).count());
    auto const due = now + milliseconds{static_cast<std::int64_t>(full * (0.5 + 0.5 * dice))};
    auto const expired = failed.until != wall_time{} && due >= failed.until;
    if (hopeless || expired || due >= failed.posted_at + p.give_up_after) return std::nullopt;
    return due;
}

bool is_pointless(accounts::letter const& l, wall_time now) noexcept
{
    return l.until != wall_time{} && now >= l.until;
}

} // namespace yett::mail
