#pragma once

#include "gateway/upstream/addresses/server_address.hpp"
#include "gateway/upstream/balancing/server_set.hpp"
#include "gateway/upstream/balancing/verdict.hpp"
#include "gateway/upstream/cluster/server_connections.hpp"

#include <string>

namespace yett::upstream {

// Where a server is, as configured, and by which name it wants to be asked.
struct server_options
{
    server_address address;
    std::string host;    // told to the application; empty: the client's
    unsigned weight = 1; // how many requests it gets beside the others
};

// One server of an application, as one worker knows it: where it is, its connections, and how its
// requests go, which it tells the other workers by way of the set.
class server
{
public:
    // It is the server of that number of the set; both outlive it.
    server(server_options options, pool_options const& connections, dependencies const& around, server_set& all,
           std::size_t number)
        : options_{std::move(options)},
          deadlines_{around.deadlines},
          all_{all},
          number_{number},
          figures_{all.figures(number, around.worker)},
          connections_{options_.address, connections, around}
    {
    }

    // For figures and the log; the same for as long as the server lives.
    std::string const& name() const noexcept { return options_.address.text; } // "host:port", "unix:/path"
    std::string const& host() const noexcept { return options_.host; }
    server_address const& address() const noexcept { return options_.address; }
    server_connections& connections() noexcept { return connections_; }
    server_connections const& connections() const noexcept { return connections_; }

    // What one attempt here came to. Once for each, also for one that got no connection.
    void note(attempt_report const& a);

    std::size_t number() const noexcept { return number_; }
    // Of this worker.
    std::uint32_t in_flight() const noexcept { return static_cast<std::uint32_t>(figures_.in_flight.value()); }
    // What its requests are counted in; as long as the set is there, and not the server.
    server_figures& figures() noexcept { return figures_; }

private:
    server_options const options_;
    base::deadlines& deadlines_;
    server_set& all_;
    std::size_t const number_;
    server_figures& figures_;
    server_connections connections_;
};

} // namespace yett::upstream
