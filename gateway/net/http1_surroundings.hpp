#pragma once

#include "gateway/base/async/deadlines.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/net/client_limits.hpp"
#include "gateway/transport/byte_stream.hpp"

#include <memory>

namespace yett::net {

class client_connection;
class worker;

// What an exchange borrows from its connection.
//
// All of it lives as long as the connection, which lives as long as the exchange.
struct http1_surroundings
{
    net::worker& worker;
    transport::byte_stream& stream;
    http::peer const& peer;
    client_limits const& limits;
    struct expiry
    {
        deadlines::entry& reading; // reading fails with timed_out
        deadlines::entry& writing; // see reply_outlet::is_late
    } expires;
    // Kept while something is done on its behalf that nobody awaits.
    std::enable_shared_from_this<client_connection>& home;
};

} // namespace yett::net
