#include "gateway/base/service_environment.hpp"

#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace yett {
inline namespace base {
namespace {

constexpr int first_passed = 3; // SD_LISTEN_FDS_START
constexpr std::uint64_t most_passed = 64;

using lookup = std::function<char const*(char const*)>;

std::optional<std::uint64_t> number_of(char const* text)
{
    if (text == nullptr) return {};
    std::uint64_t value = 0;
    auto const* const end = text + std::strlen(text);
    auto const read = std::from_chars(text, end, value);
    return read.ec == std::errc{} && read.ptr == end && text != end ? std::optional{value} : std::nullopt;
}

// A child inherits the variables, yet what they say is meant for the one that was started.
bool is_meant_for(long self, char const* pid)
{
    auto const whose = number_of(pid);
    return whose && *whose == static_cast<std::uint64_t>(self);
}

// The variable is in microseconds; half of less than two milliseconds is no time to live by.
std::optional<milliseconds> watchdog_of(lookup const& variable, long self)
{
    auto const* const pid = variable("WATCHDOG_PID");
    if (pid != nullptr && !is_meant_for(self, pid)) return {};
    auto const interval = number_of(variable("WATCHDOG_USEC")).value_or(0) / 1000;
    if (interval < 2 || interval > static_cast<std::uint64_t>(milliseconds{std::chrono::hours{24}}.count())) return {};
    return milliseconds{interval};
}

std::vector<int> descriptors_of(lookup const& variable, long self)
{
    std::vector<int> passed;
    if (!is_meant_for(self, variable("LISTEN_PID"))) return passed;
    auto const count = number_of(variable("LISTEN_FDS")).value_or(0);
    if (count > most_passed) return passed;
    for (auto i = 0; i < static_cast<int>(count); ++i) passed.push_back(first_passed + i);
    return passed;
}

} // namespace

service_environment service_environment_of(lookup const& variable, long self)
{
    auto const* const socket = variable("NOTIFY_SOCKET");
    return {socket != nullptr ? socket : "", watchdog_of(variable, self), descriptors_of(variable, self)};
}

service_environment read_service_environment()
{
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing here sets variables
    auto const variable = [](char const* name) -> char const* { return std::getenv(name); };
    return service_environment_of(variable, ::getpid());
}

} // namespace base
} // namespace yett
