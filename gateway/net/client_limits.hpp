#pragma once

#include "gateway/base/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace yett::net {

// How much of us one client, and all of them together, may hold.
struct client_limits
{
    // What is counted in connections is counted when they open; nobody who is in is thrown out for
    // a number.
    std::size_t connections = 20'000;           // all workers together
    std::size_t connections_per_client = 1'000; // an IPv4 address or an IPv6 /64
    std::size_t header_bytes = 16 * 1024;       // request line and fields
    std::size_t header_fields = 100;
    std::size_t target_bytes = 16 * 1024;        // of the request line's target
    std::vector<std::string> methods;            // served beside those that HTTP and WebDAV know
    std::uint64_t body_bytes = 10 * 1024 * 1024; // a route may change it; 0 is no limit

    std::uint64_t least_rate = 256;        // bytes a second of a body, see pace; 0 is no limit
    std::size_t upload_buffer = 64 * 1024; // of a body, read before anybody else is troubled with it
    std::size_t reply_buffer = 64 * 1024;  // of a reply, taken off before its client has taken it

    // Every wait for a client has an end.
    milliseconds header_timeout{10'000};    // from a head's first byte to its last
    milliseconds body_idle_timeout{30'000}; // without progress while a body is read or a reply is written
    milliseconds idle_timeout{75'000};      // between requests
    milliseconds handshake_timeout{10'000};
    milliseconds half_close_timeout{5'000};  // see half_close
    milliseconds first_byte_timeout{10'000}; // of a connection; the handshake's, where there is one
    milliseconds linger_timeout{3'000};      // what a client still sends is discarded for this long
};

// What worker::options::buffer_bytes has to be for these limits: a head and its fields lie
// in one buffer.
std::size_t buffer_bytes_for(client_limits const& limits) noexcept;

} // namespace yett::net
