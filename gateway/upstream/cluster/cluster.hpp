#pragma once

#include "gateway/upstream/balancing/affinity.hpp"
#include "gateway/upstream/balancing/balancer.hpp"
#include "gateway/upstream/cluster/server.hpp"

#include <boost/container/static_vector.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

namespace yett::upstream {

// The servers of one application, of one worker, and who of them is asked when.
//
// Servers that are away (`server_set`) are passed over. If all are, requests go to all of them as if none
// were: checks may be wrong, and a request that fails is no worse than one that was not tried.
class cluster
{
public:
    // There is at least one. `all` is what the process knows of the same servers; null: this worker keeps that
    // for itself. `seed` as the balancer's.
    cluster(std::vector<server_options> const& servers, pool_options const& connections, balancing_options const& how,
            std::shared_ptr<server_set> all, dependencies const& around, std::uint64_t seed);

    // The servers that one request may be brought to, best first, each once. The request counts as one in flight
    // at the server that was given last, until the next one is asked for or this goes.
    class candidates
    {
        // The set, by a count of this worker alone: the one that workers share would be written by each request.
        struct shared_set : boost::intrusive_ref_counter<shared_set, boost::thread_unsafe_counter>
        {
            explicit shared_set(std::shared_ptr<server_set> s) noexcept : set{std::move(s)} {}
            std::shared_ptr<server_set> const set;
        };
        using kept_set = boost::intrusive_ptr<shared_set>;
        friend class cluster;

    public:
        using numbers = boost::container::static_vector<std::uint16_t, 12>; // a request has at most ten retries

        candidates(cluster& of, std::uint64_t key) noexcept : of_{of}, key_{key}, all_{of.all_} {}
        ~candidates() { leave(); }
        candidates(candidates const&) = delete;
        candidates& operator=(candidates const&) = delete;

        // Null when there is no other.
        server* next() noexcept;

    private:
        void leave() noexcept
        {
            if (at_) at_->in_flight.add(-1);
            at_ = nullptr;
        }

        cluster& of_;
        std::uint64_t const key_;
        kept_set const all_; // when a worker ends without waiting for anybody, requests outlive its servers
        server_figures* at_ = nullptr;
        numbers tried_;
    };
    // For one request. `who` counts where requests go by it.
    candidates choose(affinity const& who) noexcept { return {*this, balancer_.goes_by_key() ? affinity_key(who) : 0}; }

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
    // What the process knows of them.
    server_set& all() noexcept { return *all_->set; }

private:
    using tried_servers = candidates::numbers;

    server* pick(std::uint64_t key, tried_servers const& tried) noexcept;
    bool weigh(tried_servers const& tried) noexcept;
    void weigh_whole(tried_servers const& tried) noexcept;

    candidates::kept_set all_;
    base::deadlines& deadlines_;
    balancer balancer_;
    std::vector<balancer::candidate> weighed_; // by who asked last
    std::deque<server> servers_;               // they do not move: connections and requests point to them
};

} // namespace yett::upstream
