#pragma once

#include "gateway/base/ip.hpp"
#include "gateway/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace yett::net {

// What a proxy says in front of a connection: for whom it was opened (the PROXY protocol, versions
// 1 and 2). It is worth as much as the proxy that sent it.
struct proxy_header
{
    struct endpoint
    {
        ip_address ip;
        std::uint16_t port = 0;
        friend bool operator==(endpoint const&, endpoint const&) = default;
    };

    std::size_t bytes = 0; // how many it took; what the client says begins behind them
    // Nothing: the proxy speaks for itself, as its health checks do (LOCAL), or cannot say for whom
    // (UNKNOWN, and families other than IP). Then the connection is the proxy's own.
    std::optional<endpoint> client;
    bool tls = false; // the client came to the proxy by TLS (PP2_TYPE_SSL)
};

// With its TLVs. Those that proxies send take a few hundred bytes.
constexpr std::size_t longest_proxy_header = 4096;

// Reads one from the beginning of what came: nothing while more is needed, which is never so of
// longest_proxy_header bytes. Fails with bad_request and a note where there is none, or one that is
// malformed or too long, as early as that shows.
result<std::optional<proxy_header>> read_proxy_header(std::string_view came);

} // namespace yett::net
