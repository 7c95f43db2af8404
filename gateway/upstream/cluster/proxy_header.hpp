#pragma once

#include "gateway/base/ip.hpp"
#include "gateway/upstream/cluster/options.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace yett::upstream {

// Whose requests come over a connection, and where they had been sent.
struct proxied_client
{
    ip_address source{};               // none: nobody's, a question of our own such as a health check
    std::uint16_t source_port = 0;     // 0: nobody knows, as behind a proxy that named the client
    std::string_view destination = {}; // "address:port" of the listener, IPv6 in brackets
};

// What a server that wants the PROXY protocol has to hear ahead of everything else; of addresses of two
// families both are told as IPv6. A destination that is no address is told as the one that means none.
std::string proxy_header(proxy_header_version version, proxied_client const& client);

} // namespace yett::upstream
