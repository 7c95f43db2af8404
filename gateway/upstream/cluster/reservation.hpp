#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/result.hpp"
#include "gateway/upstream/cluster/http2_connection.hpp"
#include "gateway/upstream/cluster/pool.hpp"

#include <cstdint>
#include <memory>
#include <utility>

namespace yett::upstream {

// What counts when a connection is taken for a request.
struct wanted_connection
{
    pool_waiter& waiter;             // its place in the queue, when there is one
    std::uint64_t client_connection; // one may be bound to it; 0: none can be
    bool may_be_repeated;            // the request may be sent twice, so a kept connection needs no closer look
};

// A connection that was taken out of a pool for one request and has not carried a byte of it yet; or a place on one
// that requests share.
//
// Taking is apart from sending, so that another server can be chosen as long as this is all that
// happened. Whoever ends up with it says what becomes of the connection; without a word it is closed,
// for only who has read a reply to its end knows that another request may use it.
class reservation
{
public:
    reservation() = default;
    reservation(pool& from, connection_ptr c, bool bound) noexcept : pool_{&from}, connection_{std::move(c)}, bound_{bound} {}
    reservation(http2_connection_ptr on, shares::holding* of) : place_{std::make_unique<place>(place{std::move(on), of})} {}
    reservation(reservation&& other) noexcept
        : pool_{other.pool_},
          connection_{std::exchange(other.connection_, nullptr)},
          place_{std::move(other.place_)},
          bound_{other.bound_},
          apart_{other.apart_}
    {
    }
    reservation& operator=(reservation&& other) noexcept;
    ~reservation() { discard(); }

    explicit operator bool() const noexcept { return connection_ || place_; }
    // Null where there is a place.
    connection_ptr const& get() const noexcept { return connection_; }
    bool is_place() const noexcept { return place_ != nullptr; }
    // Where there is one.
    http2_connection_ptr const& shared() const noexcept { return place_->on; }
    // Somebody else sees to it from now on.
    connection_ptr release() noexcept { return std::exchange(connection_, nullptr); }

    // Somebody signed in on it, or was asked to: it serves that client's connection alone. A shared one takes no
    // further requests; a sign-in that needs more than one does not come to anything there (RFC 9113 section 9.1.1).
    void bind()
    {
        bound_ = true;
        if (place_) place_->on->retire();
    }
    bool is_bound() const noexcept { return bound_; }
    // It carries something else than requests from now on, and counts no more.
    void set_apart() noexcept;

    // Gives it back for another request: to everybody, or to that client's connection when it is
    // bound. 0: there is no such connection, and a bound one is closed.
    void keep(std::uint64_t client_connection) noexcept;
    // Closes it. A place is given back either way: what was on it is over.
    void discard() noexcept
    {
        if (connection_) close();
        if (place_) leave();
    }

private:
    void close() noexcept;
    void leave() noexcept;
    // Not in a pool's list: closed already, or the pool is gone.
    connection_ptr take() noexcept;

    pool* pool_ = nullptr;
    connection_ptr connection_;
    // One request's among those of a connection, of a client's share.
    struct place
    {
        http2_connection_ptr on;
        shares::holding* of;
    };
    std::unique_ptr<place> place_; // null: a connection of its own
    bool bound_ = false;
    bool apart_ = false;
};

// A kept connection: the one bound to the client's, else the one used last. Nothing when there is
// none, or none that can be trusted with a request that must not be sent twice.
reservation take_kept(pool& from, wanted_connection const& c) noexcept;
// A kept or a new one, waiting in the queue when there are enough. Fails as `pool::acquire` does.
task<result<reservation>> take_any(pool& from, wanted_connection const& c);
// A new one, though kept ones may be at hand. Fails as `pool::acquire_new` does.
task<result<reservation>> take_new(pool& from, wanted_connection const& c);

} // namespace yett::upstream
