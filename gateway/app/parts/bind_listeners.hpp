#pragma once

#include "config/values/settings.hpp"
#include "gateway/transport/listening_sockets.hpp"

#include <vector>

namespace yett::app {

// For each listener, in order, a socket for each worker. `passed` are descriptors of a service manager's: those that listen on
// the address of a listener are used instead of ours. Throws startup_error: an address is taken or not to be had, or
// a socket was passed that is no listener's.
std::vector<transport::listening_sockets> bind_listeners(std::vector<config::listener> const& listeners, unsigned workers,
                                                         std::vector<int> passed);

// "[::]" is for clients of both families, unless another listener serves those of IPv4 on its port.
transport::families families_of(config::listener const& one, std::vector<config::listener> const& listeners);

} // namespace yett::app
