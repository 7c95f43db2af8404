#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/result.hpp"
#include "gateway/upstream/cluster/cluster.hpp"
#include "gateway/upstream/cluster/dependencies.hpp"
#include "gateway/upstream/cluster/reservation.hpp"
#include "gateway/upstream/course.hpp"
#include "gateway/upstream/forward_context.hpp"
#include "gateway/upstream/forward_options.hpp"
#include "gateway/upstream/load/retry_budget.hpp"

#include <memory>

namespace yett::http {
class exchange;
} // namespace yett::http
namespace yett::policies {
class permit;
} // namespace yett::policies

namespace yett::upstream {

class forwarding;
class in_flight_limit;

// The way to one application, one for each worker and upstream.
//
// Streams both bodies at the pace of the slower side through a fixed amount of memory.
// The reply may begin before the request's body has ended, and end before it has too:
// then the rest of the body is not read and the connection not used again.
//
// A request has further attempts as long as the one before was nothing to the application, or nobody minds
// (`attempt_rules`), within `retries` and the budget that all requests share. One that went out on a kept
// connection which had died of its age goes to the same server on a new one. One whose server broke off, was
// silent or failed goes to another server, if there is one: its method is idempotent, all of its body is
// at hand, and nothing of a reply was passed on. One for which no connection was to be had goes to the next server,
// whatever it is.
//
// Where `in_flight` bounds how many requests the application has at a time, the others wait for their turn.
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
    ~forwarder();
    forwarder(forwarder const&) = delete;
    forwarder& operator=(forwarder const&) = delete;

    // Success: the reply was passed on as a whole. Failure: nothing was begun, and the
    // caller answers; or `ex.begun()`, and the reply was given up with `ex.abort`.
    //
    // Fails with overloaded (no connection or turn came in time), upstream_unavailable
    // (refused, unreachable), upstream_timeout, upstream_broken (broke off, unfit framing);
    // with peer_broke_off when the client went away; with whatever `read_body` and
    // `header_plan::apply` fail with.
    task<result<void>> forward(policies::permit const& permit, http::exchange& ex, forward_context const& context);

    // Keeps no connection any more; running exchanges go on.
    void drain() noexcept { cluster_.drain(); }
    std::size_t open_connections() const noexcept { return cluster_.open_connections(); }

private:
    task<result<void>> bring(forwarding& f);
    task<result<void>> bring_in_turn(forwarding& f);
    task<result<void>> try_servers(forwarding& f);
    task<result<reservation>> reserve(forwarding& f, course& way);
    bool is_urgent(forwarding& f) const;
    course::terms terms() noexcept;
    void count(result<void> const& outcome, observation const& seen);

    forward_options const options_;
    dependencies const around_;
    retry_budget budget_;
    std::unique_ptr<in_flight_limit> in_flight_; // null: no bound
    cluster cluster_;
};

} // namespace yett::upstream
