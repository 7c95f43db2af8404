#pragma once

#include "gateway/upstream/cluster/balancer.hpp"
#include "gateway/upstream/cluster/server.hpp"

#include <cstddef>
#include <deque>
#include <vector>

namespace yett::upstream {

// The servers of one application, of one worker, and who of them is asked when.
class cluster
{
public:
    // There is at least one.
    cluster(std::vector<server_options> const& servers, pool_options const& connections, dependencies const& around)
        : balancer_{servers.size()}
    {
        for (auto const& each : servers) servers_.emplace_back(each, connections, around);
    }

    // The servers that one request may be brought to, best first.
    class candidates
    {
    public:
        candidates(std::deque<server>& servers, balancer::order order) noexcept : servers_{servers}, order_{order} {}
        // Null when there is no other.
        server* next() noexcept
        {
            auto const which = order_.next();
            return which ? &servers_[*which] : nullptr;
        }

    private:
        std::deque<server>& servers_;
        balancer::order order_;
    };
    // For one request: asked again it may be another order, since others are busy by then.
    candidates choose() noexcept { return {servers_, balancer_.choose()}; }

    // Keeps no connection any more.
    void drain() noexcept
    {
        for (auto& each : servers_) each.connections().drain();
    }
    // Of all servers, lent and idle.
    std::size_t open_connections() const noexcept
    {
        std::size_t open = 0;
        for (auto const& each : servers_) open += each.connections().open();
        return open;
    }

private:
    balancer balancer_;
    std::deque<server> servers_; // they do not move: connections and requests point to them
};

} // namespace yett::upstream
