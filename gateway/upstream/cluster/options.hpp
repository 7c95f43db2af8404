#pragma once

#include "gateway/base/clock.hpp"

#include <cstddef>
#include <cstdint>

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

// Of one worker and server.
struct pool_options
{
    std::size_t connections = 256;      // open at a time, kept ones included
    std::size_t per_client = 256;       // of these, at most; and that part of `pending`
    std::size_t pending = 1024;         // more exchanges waiting than this fail at once
    milliseconds connect_timeout{2000}; // also the longest wait for a free connection
    milliseconds keep_timeout{60000};   // an unused connection is closed after this
    std::size_t reply_fields = 200;     // that a reply may have
    proxy_header_version proxy_protocol = proxy_header_version::off;
};

// Of one exchange.
struct exchange_options
{
    milliseconds reply_timeout{60000};      // from the end of the request to the head of the reply
    milliseconds idle_timeout{300000};      // without progress of either body at the upstream
    unsigned retries = 1;                   // further attempts, at the same server or the next one
    std::size_t reply_header_bytes = 65536; // of the head of a reply; fields: pool_options::reply_fields
};

} // namespace yett::upstream
