#pragma once

#include "gateway/base/async/deadlines.hpp"
#include "gateway/base/async/task.hpp"
#include "gateway/base/result.hpp"
#include "gateway/upstream/addresses/resolved_name.hpp"
#include "gateway/upstream/addresses/server_address.hpp"
#include "gateway/upstream/cluster/connection.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace yett::upstream {

// Opens connections to one server: over TCP, or to a socket of this machine that has a path.
//
// A name stands for all of its addresses (`resolved_name`): each connection begins with another one of those that
// the system prefers, and is made to the first that answers (`address_race`).
class connector
{
public:
    connector(server_address const& where, executor on, base::deadlines& deadlines);
    ~connector();

    // All within `timeout`; a name that was never looked up may take as long again. Fails with
    // upstream_unavailable, or upstream_timeout when time ran out.
    task<result<stream_socket>> connect(milliseconds timeout);

private:
    task<result<stream_socket>> connect_tcp(milliseconds timeout);
    task<result<stream_socket>> connect_unix(milliseconds timeout);
    error unreachable(std::error_code why) const;
    error late() const;

    server_address const where_;
    executor executor_;
    base::deadlines& deadlines_;
    std::shared_ptr<resolved_name> name_; // null for a path
    std::size_t turn_ = 0;                // which address begins
    std::uint64_t looked_up_ = 0;         // the look-up that `shunned_` is about
    std::vector<tcp_endpoint> shunned_;   // who lost a race since then
};

} // namespace yett::upstream
