#pragma once

#include "gateway/base/async/deadlines.hpp"
#include "gateway/base/async/task.hpp"
#include "gateway/base/result.hpp"
#include "gateway/upstream/cluster/connection.hpp"
#include "gateway/upstream/cluster/server_address.hpp"

#include <cstddef>
#include <memory>

namespace yett::upstream {

// Opens connections to one server: over TCP, or to a socket of this machine that has a path.
//
// The server's name is resolved when it is first needed, and anew in the background when
// the addresses are older than 30 s: nobody waits for the resolver again, and its failures
// keep the addresses that worked. An IP literal needs none of this.
class connector
{
public:
    connector(server_address const& where, executor on, base::deadlines& deadlines);
    ~connector();

    // Tries the addresses in turn, beginning with the one that worked last, all within
    // `timeout`. Fails with upstream_unavailable, or upstream_timeout when time ran out.
    task<result<stream_socket>> connect(milliseconds timeout);

private:
    class addresses;

    task<result<void>> resolved(milliseconds timeout);
    task<result<stream_socket>> connect_tcp(milliseconds timeout);
    task<result<stream_socket>> connect_unix(milliseconds timeout);
    error unreachable(std::error_code why) const;
    error late() const;

    server_address const where_;
    executor executor_;
    base::deadlines& deadlines_;
    std::shared_ptr<addresses> addresses_; // a running look-up outlives the connector
    std::size_t preferred_ = 0;
};

} // namespace yett::upstream
