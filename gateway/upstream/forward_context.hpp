#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/base/ip.hpp"
#include "gateway/http/head.hpp"
#include "gateway/http/target.hpp"
#include "gateway/upstream/cancel_handle.hpp"
#include "gateway/upstream/headers/header_plan.hpp"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace yett::upstream {

struct route_changes;

// What happened at the upstream, for the access log. Filled in as things happen, so that
// it is right after a failure too.
struct observation
{
    std::string_view server;                          // "host:port" of the last one tried, lives as long as the forwarder
    unsigned status = 0;                              // of its reply; 0: none came
    std::string_view ended;                           // what ended a WebSocket
    std::optional<std::chrono::nanoseconds> duration; // from sending to the reply's head
    unsigned retries = 0;
    std::string failed; // what the attempts before the last came to, by server; empty: there was one
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
    // How fields are rewritten, and what is said of the client.
    header_plan const& headers;
    client_facts client;
    // What is added to the request besides; empty texts add nothing.
    std::string_view request_id = {};
    std::string_view assertion = {};
    bearer_terms bearers = {};
    observation& seen;
    std::span<http::field const> added = {}; // to the reply, see fields_for_client
    bool bare = false;                       // a preflight: no body, cookie or credential goes along
    bool speaks_of_origins = false;          // `added` says what pages of other sites may do; the application does not
    std::optional<websocket_passage> websocket = {};
    route_changes const* changes = nullptr;  // by the rule that let it in; null: none
    http::target const* where = nullptr;     // rewritten; null: what the client asked for
    upstream::cancel_handle* ends = nullptr; // how to end it from outside; null: not at all
    ip_address counted_as{};                 // whose share of the connections it takes
};

} // namespace yett::upstream
