#pragma once

#include "config/values/settings.hpp"
#include "gateway/limits/shared/node_count.hpp"
#include "gateway/limits/shared/shared_limiter.hpp"
#include "gateway/storage/redis/client/redis_client.hpp"

#include <boost/asio/io_context.hpp>

#include <atomic>
#include <memory>
#include <span>
#include <string>

namespace yett::accounts {
struct node_entry;
} // namespace yett::accounts

namespace yett::app {

// One worker's part in counting limits together with other programs: its own way to Redis.
class shared_counting
{
public:
    // `nodes` is how many programs were last seen; it outlives this. `on` is the worker's loop.
    shared_counting(executor on, config::shared_state const& where, std::atomic<unsigned> const& nodes);

    limits::shared_limiter& limiter() noexcept { return limiter_; }

private:
    storage::redis::redis_client client_;
    std::unique_ptr<limits::counters> counters_;
    limits::shared_limiter limiter_;
};

// How many programs count together, this one included; at least one. On the control loop, apart from `nodes`.
class fellow_nodes
{
public:
    fellow_nodes(executor on, config::shared_state const& where, std::string id);

    // Says in Redis that this one is there, and looks who else is. False when it cannot be reached.
    task<bool> report();
    // What else is known of who is there, for as long as Redis says nothing: those of them that were heard of of late.
    void learn(std::span<accounts::node_entry const> listed, wall_time now);
    // Every report fails from now on.
    void stop() { client_.stop(); }

    std::atomic<unsigned> const& nodes() const noexcept { return nodes_; } // any thread

private:
    void hear(unsigned count);

    storage::redis::redis_client client_;
    std::string prefix_;
    std::string id_;
    limits::node_count heard_;
    std::atomic<unsigned> nodes_{1};
};

} // namespace yett::app
