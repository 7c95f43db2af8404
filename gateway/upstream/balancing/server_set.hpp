#pragma once

#include "gateway/upstream/balancing/balancer.hpp"
#include "gateway/upstream/balancing/health_record.hpp"
#include "gateway/upstream/balancing/server_state.hpp"

#include <deque>
#include <mutex>
#include <string>
#include <vector>

namespace yett::upstream {

// One server as operators and metrics see it.
struct server_view
{
    std::string name;
    unsigned weight = 0;
    upstream::standing standing{};
    unsigned share = 0;                // of its weight, in hundredths
    std::string cause;                 // why it is away, or was the last time; empty: it never was
    std::chrono::milliseconds since{}; // it has been in this standing for so long
    std::uint64_t in_flight = 0;       // of all workers, like the figures below
    std::uint64_t good = 0;
    std::uint64_t bad = 0;
    std::uint64_t last_resort = 0;
    std::uint64_t ejections = 0;
    std::uint64_t checks_good = 0; // health checks by their answers
    std::uint64_t checks_bad = 0;
};

// The servers of one application, once in a process: what the health checks and the requests of all
// workers say of them. Workers read it without a lock and change it where requests fail.
class server_set
{
public:
    // `workers` is how many have figures of their own. There is at least one server, at `now`.
    server_set(std::vector<balancer::member> servers, balancing_options options, std::size_t workers, steady_time now);

    std::size_t size() const noexcept { return members_.size(); }
    std::vector<balancer::member> const& members() const noexcept { return members_; }
    balancing_options const& options() const noexcept { return options_; }
    server_figures& figures(std::size_t server, std::size_t worker) noexcept { return records_[server].state.figures(worker); }

    // In hundredths of a weight of one; 0 while the server is away. Any thread.
    std::uint32_t weight_now(std::size_t server, steady_time now) const noexcept
    {
        return members_[server].weight * records_[server].state.share(now, options_.slow_start);
    }
    // The same if nothing were known.
    std::uint32_t whole_weight(std::size_t server) const noexcept { return members_[server].weight * 100; }

    // What a request at the server came to. Any thread.
    void went_well(std::size_t server) noexcept
    {
        if (options_.ejection) records_[server].state.went_well();
    }
    // `cause` is asked for where somebody wants to read it. True when the server was ejected for it.
    template<class Cause>
    bool went_wrong(std::size_t server, Cause const& cause, steady_time now)
    {
        auto& state = records_[server].state;
        if (!options_.ejection || state.standing_at(now) != standing::up) return false;
        return state.went_wrong() >= options_.ejection->failures && eject(server, cause(), now);
    }
    // What a health check was answered; `cause` of a bad answer. The thread that asks.
    void answered(std::size_t server, bool well, std::string cause, steady_time now);

    // In the order of the configuration. Any thread.
    std::vector<server_view> views(steady_time now) const;
    // Those whose standing is another one than when this was last asked. One thread.
    std::vector<server_view> changes(steady_time now);

private:
    struct record
    {
        explicit record(std::size_t workers) : state{workers} {}

        server_state state;
        health_record health; // of the thread that asks
        // Under the mutex.
        std::string cause;
        steady_time changed_at{};
        upstream::standing told = upstream::standing::up;
        std::uint64_t ejections = 0;
        std::uint64_t checks_good = 0;
        std::uint64_t checks_bad = 0;
    };

    bool eject(std::size_t server, std::string cause, steady_time now);
    std::size_t away(steady_time now) const noexcept;
    server_view view_of(std::size_t server, steady_time now) const;

    std::vector<balancer::member> const members_;
    balancing_options const options_;
    mutable std::mutex mutex_; // for what is seldom: ejections, answers of checks, and views
    std::deque<record> records_;
};

} // namespace yett::upstream
