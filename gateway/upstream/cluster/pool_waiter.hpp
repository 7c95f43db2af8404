#pragma once

#include "gateway/base/async/deadlines.hpp"
#include "gateway/base/async/waiter.hpp"
#include "gateway/base/ip.hpp"
#include "gateway/upstream/cluster/connection.hpp"
#include "gateway/upstream/cluster/shares.hpp"

#include <boost/intrusive/list.hpp>
#include <boost/intrusive/list_hook.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>

namespace yett::http {
struct peer;
} // namespace yett::http

namespace yett::upstream {

class pool_queue;
struct http2_claim;
struct pool_options;

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
    friend class http2_connections;
    friend class pool;
    friend class pool_queue;
    // What came of waiting.
    enum class outcome : std::uint8_t
    {
        waiting,
        given, // a connection, a place on one, or the right to open one
        failed,
        late,
        cancelled,
    };

    // Waits in a queue until somebody takes it out, at most so long.
    task<void> wait_in(pool_queue& line, base::deadlines& deadlines, milliseconds at_most);
    // Out of the queue; `leave` is what all ways out have in common.
    void give_up(outcome why) noexcept;
    void leave(outcome with) noexcept;

    ip_address client_; // whose share it takes
    http::peer const* peer_;
    pool_queue* queue_ = nullptr;
    connection_ptr given_;
    http2_claim* claim_ = nullptr;    // where it waits for a place
    shares::holding* held_ = nullptr; // with a place, or the right to open one
    outcome outcome_ = outcome::waiting;
    bool cancelled_ = false;
    bool is_client_; // the peer
    waiter waiter_;
};

// Who waits for a connection to a server, or a place on one, in the order they came.
class pool_queue
{
public:
    // `changed` is called when somebody has come or gone.
    pool_queue(executor on, std::function<void()> changed) : executor_{on}, changed_{std::move(changed)} {}
    pool_queue(pool_queue const&) = delete;
    pool_queue& operator=(pool_queue const&) = delete;

    bool empty() const noexcept { return waiting_.empty(); }
    std::size_t size() const noexcept { return waiting_.size(); }
    pool_waiter& first() noexcept { return waiting_.front(); }
    // Whoever waits longest and whose share has room; null: nobody.
    pool_waiter* next(shares const& of) noexcept;
    // Whether there is no place in it for one more of that client, whose part of it is like that of the connections.
    bool is_full_for(pool_waiter const& t, pool_options const& options, shares const& of) const noexcept;
    // Destroys whoever waits, when the worker ends without waiting for anybody.
    void drop_all() noexcept;

private:
    friend class pool_waiter;

    executor executor_;
    std::function<void()> changed_;
    boost::intrusive::list<pool_waiter> waiting_;
};

} // namespace yett::upstream
