#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/upstream/cluster/pool.hpp"
#include "gateway/upstream/cluster/server.hpp"

#include <cstddef>
#include <vector>

namespace yett::upstream {

// How one application is reached.
struct forward_options
{
    std::vector<server_options> servers;    // at least one
    pool_options connections;               // to each of them
    milliseconds reply_timeout{60000};      // from the end of the request to the head of the reply
    milliseconds idle_timeout{300000};      // without progress of either body at the upstream
    unsigned retries = 1;                   // further attempts, at the same server or the next one
    std::size_t reply_header_bytes = 65536; // of the head of a reply; fields: connections.reply_fields

    // What the application is called where one name is wanted: its first server.
    std::string const& name() const noexcept { return servers.front().address.text; }
};

} // namespace yett::upstream
