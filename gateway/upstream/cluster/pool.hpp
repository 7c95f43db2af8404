#pragma once

#include "gateway/base/async/deadlines.hpp"
#include "gateway/base/async/task.hpp"
#include "gateway/base/result.hpp"
#include "gateway/upstream/addresses/server_address.hpp"
#include "gateway/upstream/cluster/connection.hpp"
#include "gateway/upstream/cluster/connector.hpp"
#include "gateway/upstream/cluster/dependencies.hpp"
#include "gateway/upstream/cluster/options.hpp"
#include "gateway/upstream/cluster/pool_waiter.hpp"
#include "gateway/upstream/cluster/shares.hpp"

#include <boost/intrusive/list.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace yett::upstream {

// The connections of one worker to one server.
//
// The one used last is used next. A kept connection is watched by a read that stays
// pending on it: it costs no system call, is the reply's read when a request follows, and
// takes the connection out of the pool as soon as the server closes it or says anything
// unasked. A server's goodbye that is still on its way cannot be seen by anybody; that is
// what the forwarder's further attempts are for.
//
// With the PROXY protocol a connection says at its beginning whose requests come over it, and is bound to
// that client's connection.
// One that is bound to a client's connection counts like any other. Nobody tells the pool when
// the client has gone: its number comes never again, and the connection ends by keep_timeout,
// or earlier, when others need its place.
// No client holds more than its share, so that others find a connection however slow it is:
// beyond it its exchanges wait for each other, and more of them than its part of the queue
// are refused.
class pool
{
public:
    pool(server_address const& where, pool_options const& options, dependencies const& around);
    ~pool();
    pool(pool const&) = delete;
    pool& operator=(pool const&) = delete;

    // Failures to get a connection are `retryable`: nothing was sent, another server may be asked.
    //
    // A kept connection, or null when there is none for this client.
    connection_ptr take(pool_waiter const& t);
    // A kept or a new connection, waiting for one of the others when there are enough.
    // Fails with overloaded when too many wait already, or too many of this client, or none
    // came free within connect_timeout, with peer_broke_off when `t` was cancelled, or as the connector does.
    task<result<connection_ptr>> acquire(pool_waiter& t);
    // A new connection, though older ones may be at hand.
    task<result<connection_ptr>> acquire_new(pool_waiter& t);

    // Takes back a connection that can carry another request: its reply was read to the
    // end, nothing came behind it, and neither side wants to close.
    void keep(connection_ptr c);
    // The same for one that is signed in for whoever is at the other end of a client's
    // connection: nobody else's requests may take it.
    void keep_bound(connection_ptr c, std::uint64_t client_connection);
    connection_ptr take_bound(pool_waiter const& t, std::uint64_t client_connection);
    // A connection that carries something else from now on. It counts no more; whoever took
    // it ends it with `forget`.
    void set_apart(connection& c) noexcept;
    void forget(connection& c) noexcept;
    // Closes any other.
    void discard(connection_ptr c) noexcept;
    // Keeps none any more.
    void drain() noexcept;

    // Its connections are of no use to anybody but the client they were opened for.
    bool binds_all() const noexcept { return options_.proxy_protocol != proxy_header_version::off; }
    std::size_t open() const noexcept { return open_; }
    std::size_t kept() const noexcept { return kept_.size() + bound_.size(); }
    // One more can be opened without waiting, if in place of one that nobody uses.
    bool has_room() const noexcept { return open_ < options_.connections || kept() > 0; }

    // Of those it gave out, which are shared meanwhile: how many nobody uses, and how many exchanges wait for a place.
    // For the figures alone.
    void count_shared(std::size_t idle, std::size_t waiting) noexcept;

private:
    task<result<connection_ptr>> open_one(pool_waiter const& t, shares::holding* of);
    std::string preamble_for(pool_waiter const& t) const;
    task<result<void>> introduce(connection& c, pool_waiter const& t, steady_time until);
    error not_opened(error why, shares::holding* of);
    error overloaded(pool_waiter const& t, char const* otherwise) const;
    task<result<connection_ptr>> wait_for_one(pool_waiter& t);
    void drop_idle(connection& c) noexcept;
    void close(connection& c) noexcept;
    static void settle(connection& c) noexcept;
    void serve_next();
    void report() noexcept;

    server_address const where_;
    pool_options const options_;
    dependencies const around_;
    upstream::connector connector_;
    shares shares_;
    struct bound
    {
        std::uint64_t client_connection;
        connection_ptr connection;
    };
    std::vector<bound>::iterator find_bound(std::uint64_t client_connection) noexcept;

    std::vector<connection_ptr> kept_; // the last one is used next
    std::vector<bound> bound_;         // the first one has waited longest
    using list = boost::intrusive::list<connection, boost::intrusive::constant_time_size<false>>;
    static void end_all(list& of) noexcept;

    list all_;
    list apart_;
    pool_queue waiting_;
    struct
    {
        std::size_t idle = 0, waiting = 0;
    } shared_;
    std::size_t open_ = 0; // being opened, too
    bool draining_ = false;
};

} // namespace yett::upstream
