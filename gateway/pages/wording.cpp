#include "gateway/pages/wording.hpp"

#include "gateway/base/text/rfc3339.hpp"
#include "gateway/pages/texts.hpp"

#include <fmt/format.h>

namespace yett::pages {
namespace {

struct unit
{
    std::int64_t length;
    std::string_view one;
    std::string_view many;
};

std::string counted(std::int64_t n, unit const& u, language l)
{
    return n == 1 ? std::string{text_of(u.one, l)} : fmt::format(fmt::runtime(text_of(u.many, l)), n);
}

} // namespace

std::string ago(seconds since, language l)
{
    constexpr unit units[] = {{86400, "ago_day", "ago_days"}, {3600, "ago_hour", "ago_hours"}, {60, "ago_minute", "ago_minutes"}};
    for (auto const& each : units)
        if (since.count() >= each.length) return counted(since.count() / each.length, each, l);
    return std::string{text_of("ago_now", l)};
}

std::string wait_of(seconds wait, language l)
{
    constexpr unit units[] = {
        {3600, "wait_hour", "wait_hours"}, {60, "wait_minute", "wait_minutes"}, {1, "wait_second", "wait_seconds"}};
    auto const n = std::max<std::int64_t>(wait.count(), 1);
    for (auto const& each : units)
        if (n >= each.length) return counted((n + each.length - 1) / each.length, each, l);
    return {};
}

std::string date_of(wall_time at, language l)
{
    return utc_text(at, text_of("date", l));
}

} // namespace yett::pages
