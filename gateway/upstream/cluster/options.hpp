#pragma once

#include "gateway/base/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

// What the configuration says of an upstream; `config` fills these in, and their defaults are
// those of the settings. Plain values: nothing here does anything.
namespace yett::upstream {

// What is said of the client at the beginning of each connection, which then serves no other.
enum class proxy_header_version : std::uint8_t
{
    off,
    v1, // as text
    v2,
};

// Of connections over which HTTP/2 is spoken, which requests share.
struct http2_options
{
    std::uint32_t streams = 100; // requests on a connection at a time; its server may allow fewer
    // Silent for so long while requests are under way, one is asked for a sign of life; 0: never.
    milliseconds ping_interval{360'000};
    milliseconds ping_timeout{10'000}; // and ended when it gives none
};

// Of one worker and server.
struct pool_options
{
    std::size_t connections = 256;          // open at a time, kept ones included
    std::size_t per_client = 256;           // of these, at most; and that part of `pending`
    std::size_t pending = 1024;             // more exchanges waiting than this fail at once
    milliseconds connect_timeout{2000};     // also the longest wait for a free connection
    milliseconds keep_timeout{60000};       // an unused connection is closed after this
    std::size_t reply_header_bytes = 65536; // of the head of a reply
    std::size_t reply_fields = 200;         // that it may have
    proxy_header_version proxy_protocol = proxy_header_version::off;
    http2_options http2{};
};

// How often requests may be sent once more: in any ten seconds `share` of a hundred of them, and
// `least` in each `period` besides.
struct retry_budget_options
{
    unsigned share = 20;
    std::uint64_t least = 3;
    milliseconds period{1000};
};

// How a bound on requests under way follows what the application can bear.
struct adaptive_options
{
    std::size_t least = 8;        // it never falls below this, and stays there while the base is measured
    unsigned tolerance = 50;      // replies may take so many of a hundred longer than the base
    milliseconds interval{60000}; // between two measurements
};

// How many requests are under way at a time, and who waits for their turn.
struct in_flight_options
{
    std::size_t most = 1024;      // under way
    std::size_t per_client = 512; // of these, at most; and that part of the queue
    std::size_t queue = 1024;     // waiting
    milliseconds wait{1000};      // each of them, at most
    std::optional<adaptive_options> adaptive{};
};

// Of one exchange, and of all of them together.
struct exchange_options
{
    milliseconds reply_timeout{60000}; // from the end of the request to the head of the reply
    milliseconds idle_timeout{300000}; // without progress of either body at the upstream
    unsigned retries = 2; // further servers that a request may be sent to; 0: no other is tried, and nothing is sent again
    retry_budget_options retry_budget;
};

} // namespace yett::upstream
