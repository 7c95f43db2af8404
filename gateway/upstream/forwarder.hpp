#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/result.hpp"
#include "gateway/upstream/cluster/cluster.hpp"
#include "gateway/upstream/cluster/dependencies.hpp"
#include "gateway/upstream/cluster/reservation.hpp"
#include "gateway/upstream/forward_context.hpp"
#include "gateway/upstream/forward_options.hpp"

namespace yett::http {
class exchange;
} // namespace yett::http
namespace yett::policies {
class permit;
} // namespace yett::policies

namespace yett::upstream {

class forwarding;

// The way to one application, one for each worker and upstream.
//
// Streams both bodies at the pace of the slower side through a fixed amount of memory.
// The reply may begin before the request's body has ended, and end before it has too:
// then the rest of the body is not read and the connection not used again.
//
// A request has further attempts, as many as `retries`, as long as the one before was nothing to
// the application (`error::retryable`). One that went out on a kept connection which had died of its
// age goes to the same server on a new one: no byte of a reply has come, and no byte of it was sent
// or its method is safe. One for which no connection was to be had goes to the next server, if there is one.
//
// A connection over which somebody signed in by NTLM or Negotiate, or was asked to, serves
// the connection of that client alone from then on. Behind a trusted proxy, whose connections
// may carry anybody's requests, it is not kept.
//
// A WebSocket begins with the application's 101, if that is the right answer to the
// client's handshake; before it the application gets nothing but the request's head. It
// then lasts until both sides have ended it (see `tunnel`), and its connection does not
// count among those of the pool.
class forwarder
{
public:
    forwarder(forward_options options, dependencies const& around);
    forwarder(forwarder const&) = delete;
    forwarder& operator=(forwarder const&) = delete;

    // Success: the reply was passed on as a whole. Failure: nothing was begun, and the
    // caller answers; or `ex.begun()`, and the reply was given up with `ex.abort()`.
    //
    // Fails with overloaded (no connection came free in time), upstream_unavailable
    // (refused, unreachable), upstream_timeout, upstream_broken (broke off, unfit framing);
    // with peer_broke_off when the client went away; with whatever `read_body` and
    // `header_plan::apply` fail with.
    task<result<void>> forward(policies::permit const& permit, http::exchange& ex, forward_context const& context);

    // Keeps no connection any more; running exchanges go on.
    void drain() noexcept { cluster_.drain(); }
    std::size_t open_connections() const noexcept { return cluster_.open_connections(); }

private:
    struct course;

    task<result<void>> try_servers(forwarding& f);
    task<result<reservation>> reserve(forwarding& f, course& way);
    bool may_go_on(error const& after, observation const& seen) const noexcept;
    void count(result<void> const& outcome, observation const& seen);

    forward_options const options_;
    dependencies const around_;
    cluster cluster_;
};

} // namespace yett::upstream
