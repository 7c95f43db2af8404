#include "gateway/app/copies/recover_moments.hpp"

#include "gateway/base/text/rfc3339.hpp"

#include <fmt/format.h>

namespace yett::app {
namespace {

using std::chrono::duration_cast;

// In the largest unit of which there are at least two.
std::string length_of(milliseconds much)
{
    auto const s = duration_cast<seconds>(much).count();
    if (s < 120) return fmt::format("{} s", s);
    if (s < 2 * 3600) return fmt::format("{} min", s / 60);
    if (s < 2 * 86'400) return fmt::format("{} h", s / 3600);
    return fmt::format("{} days", s / 86'400);
}

} // namespace

std::optional<wall_time> moment_named(std::string_view text, wall_time now)
{
    return text == "now" ? now : read_time(text);
}

std::string shown_moment(wall_time at, wall_time now)
{
    if (at > now) return fmt::format("{}, in {}", rfc3339(at), length_of(at - now));
    return fmt::format("{}, {} ago", rfc3339(at), length_of(now - at));
}

std::optional<std::string> fault_of_moment(wall_time before, std::optional<wall_time> last, wall_time now)
{
    if (before > now)
        return fmt::format(
            "--before is {}: nobody could sign in until then. Times are UTC, and it is {}; `--before now` is never wrong",
            shown_moment(before, now), rfc3339(now));
    if (last && before < *last)
        return fmt::format("--before is {}, and the store tells of something at {}: tokens issued in between would stay good."
                           " Times are UTC, and it is {}; `--before now` is never wrong",
                           shown_moment(before, now), rfc3339(*last), rfc3339(now));
    return std::nullopt;
}

} // namespace yett::app
