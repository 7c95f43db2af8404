#pragma once

#include "gateway/base/clock.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace yett {
inline namespace base {

// What a service manager (systemd, podman) tells the process it starts, by the variables of
// sd_notify(3), sd_watchdog_enabled(3) and sd_listen_fds(3).
struct service_environment
{
    std::string notify_socket;            // where it wants to hear; a path, or a name behind '@'; empty: nowhere
    std::optional<milliseconds> watchdog; // so often at least it wants a sign of life; never 0
    std::vector<int> descriptors;         // sockets that it opened; whoever reads this owns them
};

// `variable` gives a variable's value or null. What is meant for another process than `self`
// (WATCHDOG_PID, LISTEN_PID) does not count, nor does what cannot be read; at most 64 descriptors.
service_environment service_environment_of(std::function<char const*(char const*)> const& variable, long self);

// Of this process.
service_environment read_service_environment();

} // namespace base
} // namespace yett
