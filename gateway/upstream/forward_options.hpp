#pragma once

#include "gateway/upstream/balancing/options.hpp"
#include "gateway/upstream/cluster/options.hpp"
#include "gateway/upstream/cluster/server.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace yett::upstream {

// How one application is reached.
struct forward_options : exchange_options
{
    std::vector<server_options> servers;          // at least one
    pool_options connections;                     // to each of them
    std::optional<in_flight_options> in_flight{}; // none: no bound
    std::string urgent_path{}; // is asked for by whoever watches the application, and waits before others; empty: none is
    balancing_options balancing{};
    std::shared_ptr<server_set> all{}; // what the process knows of the servers; null: each worker for itself
    std::uint64_t seed = 0;            // of the worker's balancer

    // What the application is called where one name is wanted: its first server.
    std::string const& name() const noexcept { return servers.front().address.text; }
};

} // namespace yett::upstream
