#pragma once

#include "gateway/upstream/cluster/pool.hpp"
#include "gateway/upstream/cluster/server_address.hpp"

#include <string>

namespace yett::upstream {

// Where a server is, as configured, and by which name it wants to be asked.
struct server_options
{
    server_address address;
    std::string host; // told to the application; empty: the client's
};

// One server of an application, as one worker knows it: where it is, and its connections.
class server
{
public:
    server(server_options options, pool_options const& connections, dependencies const& around)
        : options_{std::move(options)},
          pool_{options_.address, connections, around}
    {
    }

    // For figures and the log; the same for as long as the server lives.
    std::string const& name() const noexcept { return options_.address.text; } // "host:port", "unix:/path"
    std::string const& host() const noexcept { return options_.host; }
    server_address const& address() const noexcept { return options_.address; }
    upstream::pool& connections() noexcept { return pool_; }
    upstream::pool const& connections() const noexcept { return pool_; }

private:
    server_options const options_;
    upstream::pool pool_;
};

} // namespace yett::upstream
