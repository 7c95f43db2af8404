#pragma once

#include "gateway/base/deadlines.hpp"
#include "gateway/base/result.hpp"
#include "gateway/base/task.hpp"
#include "gateway/upstream/headers/header_plan.hpp"
#include "gateway/upstream/pool.hpp"
#include "gateway/upstream/recall.hpp"
#include "gateway/upstream/server_address.hpp"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace yett::http {
class exchange;
} // namespace yett::http
namespace yett::policies {
class permit;
} // namespace yett::policies
namespace yett::telemetry {
struct upstream_figures;
} // namespace yett::telemetry

namespace yett::upstream {

// What happened at the upstream, for the access log. Filled in as things happen, so that
// it is right after a failure too.
struct observation
{
    std::string_view server;                          // "host:port", lives as long as the forwarder
    unsigned status = 0;                              // of its reply; 0: none came
    std::string_view ended;                           // what ended a WebSocket
    std::optional<std::chrono::nanoseconds> duration; // from sending to the reply's head
    unsigned retries = 0;
};

// A request that may become a WebSocket; its handshake passed http::websocket::is_asked_for.
struct websocket_passage
{
    milliseconds idle{300000};     // without a byte in either direction
    std::string_view selects = {}; // the subprotocol that we choose, which the application was not offered
};

// What a request is forwarded with, apart from itself. All of it outlives the call.
struct forward_context
{
    header_plan const& headers;
    client_facts client;
    std::string_view request_id = {};
    std::string_view traceparent = {}; // empty: the client's own, if it is trusted
    std::string_view assertion = {};
    bearer_terms bearers = {};
    observation& seen;
    std::span<http::field const> added = {}; // to the reply, see fields_for_client
    bool bare = false;                       // a preflight: no body, cookie or credential goes along
    bool speaks_of_origins = false;          // `added` says what pages of other sites may do; the application does not
    std::optional<websocket_passage> websocket = {};
    field_rules const* rules = nullptr; // of the rule that let it in
    upstream::recall* ends = nullptr;   // how to end it from outside; null: not at all
    ip_address counted_as{};            // whose share of the connections it takes
};

struct forward_options
{
    upstream::server_address server;
    pool_options connections;
    milliseconds reply_timeout{60000}; // from the end of the request to the head of the reply
    milliseconds idle_timeout{300000}; // without progress of either body at the upstream
    unsigned retries = 1;
    std::size_t reply_header_bytes = 65536; // of the head of a reply; fields: connections.reply_fields
    std::string host;                       // told to the application; empty: the client's
};

// The way to one application, one for each worker and upstream.
//
// Streams both bodies at the pace of the slower side through a fixed amount of memory.
// The reply may begin before the request's body has ended, and end before it has too:
// then the rest of the body is not read and the connection not used again. A request is
// sent a second time only because a kept connection had died, only while no byte of a
// reply has come, and only if no byte of it was sent or its method is idempotent.
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
    struct surroundings
    {
        base::executor executor;
        base::deadlines& deadlines;
        telemetry::upstream_figures& figures;
    };
    forwarder(forward_options options, surroundings const& around);
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
    void drain() noexcept { pool_.drain(); }
    std::size_t open_connections() const noexcept { return pool_.open(); }

private:
    void count(result<void> const& outcome, observation const& seen);

    forward_options const options_;
    surroundings around_;
    upstream::pool pool_;
};

} // namespace yett::upstream
