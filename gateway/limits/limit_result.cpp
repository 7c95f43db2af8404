#include "gateway/limits/limit_result.hpp"

#include "gateway/limits/limit.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace yett::limits {
namespace {

std::chrono::seconds up(nanoseconds length)
{
    return std::chrono::ceil<std::chrono::seconds>(length);
}

} // namespace

std::chrono::seconds limit_result::retry_after_seconds() const noexcept
{
    return std::max(up(retry_after_), std::chrono::seconds{1});
}

limit const* limit_result::reported_by() const noexcept
{
    auto const over = std::ranges::find_if(states(), &state::over);
    return allowed() && over != states().end() ? over->of : nullptr;
}

std::string rate_limit_field(limit_result const& a)
{
    std::string list;
    for (auto const& each : a.states())
        if (each.of->is_announced())
            fmt::format_to(std::back_inserter(list), "{}\"{}\";r={};t={}", list.empty() ? "" : ", ", each.of->name(),
                           each.remaining, up(each.reset).count());
    return list;
}

std::string rate_limit_policy_field(limit_result const& a)
{
    std::string list;
    for (auto const& each : a.states())
        if (each.of->is_announced())
            fmt::format_to(std::back_inserter(list), "{}\"{}\";q={};w={}", list.empty() ? "" : ", ", each.of->name(),
                           each.of->amount(), up(each.of->period()).count());
    return list;
}

} // namespace yett::limits
