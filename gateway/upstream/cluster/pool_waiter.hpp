#pragma once

#include "gateway/base/async/waiter.hpp"
#include "gateway/base/ip.hpp"
#include "gateway/upstream/cluster/connection.hpp"
#include "gateway/upstream/cluster/shares.hpp"

#include <boost/intrusive/list_hook.hpp>

#include <cstdint>

namespace yett::http {
struct peer;
} // namespace yett::http

namespace yett::upstream {

class pool;

// One exchange's claim on a connection, and its place in the queue. It may be cancelled
// from outside while it waits.
class pool_waiter : public boost::intrusive::list_base_hook<>
{
public:
    // A server with the PROXY protocol is told of the client, and what `peer` says of the connection when it is
    // the client's own; it outlives this.
    explicit pool_waiter(ip_address const& client, http::peer const* peer = nullptr, bool is_client = false) noexcept
        : client_{client},
          peer_{peer},
          is_client_{is_client}
    {
    }
    ~pool_waiter();
    pool_waiter(pool_waiter const&) = delete;
    pool_waiter& operator=(pool_waiter const&) = delete;

    // Whoever waits by it goes on at once, empty-handed; safe to call when nobody does.
    void cancel() noexcept;
    // Nobody waits for what it would bring any more.
    bool is_cancelled() const noexcept { return cancelled_; }

private:
    friend class pool;
    // What came of waiting.
    enum class outcome : std::uint8_t
    {
        waiting,
        given, // a connection, or the right to open one
        late,
        cancelled,
    };

    // Out of the queue; `leave` is what both ways out have in common.
    void give_up(outcome why) noexcept;
    void leave() noexcept;

    ip_address client_; // whose share it takes
    http::peer const* peer_;
    pool* queue_ = nullptr;
    connection_ptr given_;
    shares::holding* held_ = nullptr; // with the right to open one
    outcome outcome_ = outcome::waiting;
    bool cancelled_ = false;
    bool is_client_; // the peer
    waiter waiter_;
};

} // namespace yett::upstream
