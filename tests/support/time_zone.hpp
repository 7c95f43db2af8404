#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace yett::tests {

// The process lives in a time zone for as long as this does.
class time_zone
{
public:
    explicit time_zone(char const* name)
    {
        if (auto const* const before = std::getenv("TZ")) before_ = before;
        set(name);
    }
    ~time_zone() { set(before_ ? before_->c_str() : nullptr); }
    time_zone(time_zone const&) = delete;
    time_zone& operator=(time_zone const&) = delete;

private:
    static void set(char const* name)
    {
        if (name) ::setenv("TZ", name, 1);
        else ::unsetenv("TZ");
        ::tzset();
    }
    std::optional<std::string> before_;
};

// A second beside a change of clocks, and what the clocks on the walls there are ahead of UTC.
struct wall_clock
{
    char const* zone;
    std::int64_t at;
    long ahead;
    std::string_view utc;
};

// The last second of the old time and the first of the new, in spring and in autumn 2026.
inline constexpr wall_clock changes_of_clocks[]{
    {"UTC", 1'772'947'799, 0, "2026-03-08 05:29:59"},
    {"UTC", 1'772'947'800, 0, "2026-03-08 05:30:00"},
    {"America/St_Johns", 1'772'947'799, -12'600, "2026-03-08 05:29:59"},
    {"America/St_Johns", 1'772'947'800, -9'000, "2026-03-08 05:30:00"},
    {"America/St_Johns", 1'793'507'399, -9'000, "2026-11-01 04:29:59"},
    {"America/St_Johns", 1'793'507'400, -12'600, "2026-11-01 04:30:00"},
    {"Australia/Lord_Howe", 1'775'314'799, 39'600, "2026-04-04 14:59:59"},
    {"Australia/Lord_Howe", 1'775'314'800, 37'800, "2026-04-04 15:00:00"},
    {"Australia/Lord_Howe", 1'791'041'399, 37'800, "2026-10-03 15:29:59"},
    {"Australia/Lord_Howe", 1'791'041'400, 39'600, "2026-10-03 15:30:00"},
};

// Calls `check` with each of these seconds, and with its date and time in UTC, while the
// process lives there.
inline void beside_changes_of_clocks(std::function<void(std::int64_t, std::string_view)> const& check)
{
    for (auto const& each : changes_of_clocks) {
        CAPTURE(each.zone);
        CAPTURE(each.at);
        time_zone const here{each.zone};
        std::tm local{};
        auto const at = static_cast<std::time_t>(each.at);
        // Otherwise the machine does not know the zone, and nothing would be shown.
        REQUIRE(::localtime_r(&at, &local) != nullptr);
        REQUIRE(local.tm_gmtoff == each.ahead);
        check(each.at, each.utc);
    }
}

} // namespace yett::tests
