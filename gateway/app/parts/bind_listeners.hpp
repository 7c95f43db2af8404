#pragma once

#include "config/values/settings.hpp"
#include "gateway/transport/listening_sockets.hpp"

#include <vector>

namespace yett::app {

// For each listener, in order, a socket for each worker. Throws startup_error: an address is taken or not to be had.
std::vector<transport::listening_sockets> bind_listeners(std::vector<config::listener> const& listeners, unsigned workers);

// "[::]" is for clients of both families, unless another listener serves those of IPv4 on its port.
transport::families families_of(config::listener const& one, std::vector<config::listener> const& listeners);

} // namespace yett::app
