#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/result.hpp"
#include "gateway/upstream/addresses/server_address.hpp"
#include "gateway/upstream/cluster/dependencies.hpp"
#include "gateway/upstream/cluster/http2_connection.hpp"
#include "gateway/upstream/cluster/options.hpp"
#include "gateway/upstream/cluster/pool.hpp"
#include "gateway/upstream/cluster/pool_waiter.hpp"
#include "gateway/upstream/cluster/reservation.hpp"
#include "gateway/upstream/cluster/shares.hpp"

#include <cstddef>
#include <vector>

namespace yett::upstream {

// The connections of one worker to a server that may speak HTTP/2, and the requests that wait for a place on one.
//
// They are the pool's, which opens and counts them; here they are shared. The oldest with room takes the next
// request, so that there are as few as will do; another one is opened when all are full, and while that is under way
// others wait for it. A client has as large a part of the places as it would have of connections. Where ALPN decides
// and the server chose HTTP/1.1, connections go as the pool has them, until one chooses otherwise.
class http2_connections
{
public:
    // `from` is the pool to that server and outlives this.
    http2_connections(pool& from, server_address const& where, pool_options const& options, dependencies const& around);
    ~http2_connections();
    http2_connections(http2_connections const&) = delete;
    http2_connections& operator=(http2_connections const&) = delete;

    // As the functions of `reservation.hpp` that are called so; whoever wants a new one may share it with others that want one.
    reservation take_kept(wanted_connection const& by) noexcept;
    task<result<reservation>> take_any(wanted_connection const& by);
    task<result<reservation>> take_new(wanted_connection const& by);
    // They take no more requests.
    void drain() noexcept;

    // --- what connections tell

    // One has room, perhaps: whoever waits is given a place.
    void place_came_free();
    void place_was_given_back();
    void has_ended(http2_connection& c, connection_ptr const& wire);
    // It has ended, and nobody has a place on it any more.
    void is_left(http2_connection& c) noexcept;

private:
    bool is_waited_for_enough() const noexcept;
    task<result<reservation>> open_or_wait(wanted_connection const& by, bool anew);
    task<result<reservation>> open_one(wanted_connection const& by, bool anew);
    task<result<reservation>> from_pool(wanted_connection const& by, bool anew);
    task<result<reservation>> make_shared(connection_ptr wire, wanted_connection const& by, steady_time until);
    task<result<reservation>> wait_for_place(wanted_connection const& by);
    result<bool> chose_http2(connection const& c) const;
    error failed(error why);
    error overloaded(pool_waiter const& t, char const* otherwise) const;
    http2_connection_ptr with_room() const noexcept;
    bool has_living() const noexcept;
    reservation take_another(pool_waiter const& for_whom);
    reservation place_on(http2_connection_ptr const& c, pool_waiter const& for_whom);
    void let_all_try() noexcept;
    void report() noexcept;

    pool& pool_;
    server_address const where_;
    pool_options const options_;
    dependencies const around_;
    shares shares_; // of places
    pool_queue waiting_;
    std::vector<http2_connection_ptr> shared_; // the oldest first; those that have ended until they are left
    std::size_t opening_ = 0;
    bool trying_ = false;      // somebody who waited was told to open another one
    bool chose_http1_ = false; // the one that was opened last
};

} // namespace yett::upstream
