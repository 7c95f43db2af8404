#pragma once

#include "gateway/base/result.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace yett::upstream {

class server_tls;

// How a server is reached.
enum class server_scheme : std::uint8_t
{
    http,
    https,
    unix_socket,
};

// Whether HTTP/2 is spoken with it.
enum class http2_use : std::uint8_t
{
    never,
    by_agreement, // where it takes that by ALPN; HTTP/1.1 else
    always,       // without being asked in the clear; with TLS it has to agree
};

// One server of an upstream, as configured.
struct server_address
{
    std::string host; // a name or an IP literal, without brackets; of a Unix socket its path
    std::uint16_t port = 80;
    std::string text; // "host:port" for logs and figures, IPv6 in brackets; "unix:/path"
    server_scheme scheme = server_scheme::http;
    http2_use http2 = http2_use::never;
    // Of https: how it is spoken to, and the name that its certificate has to prove.
    std::shared_ptr<server_tls> tls{};
    std::string server_name{};

    // Where it thinks it is, as a Host would say: a Unix socket is no place, and "localhost" what it is
    // usually told.
    std::string_view authority() const noexcept
    {
        return scheme == server_scheme::unix_socket ? "localhost" : std::string_view{text};
    }
    // What requests without a port mean.
    std::uint16_t usual_port() const noexcept { return scheme == server_scheme::https ? 443 : 80; }

    // Reads "http://host[:port]", "https://host[:port]" and "h2c://host[:port]", without a path, and "unix:/path".
    // Fails with bad_request for anything else.
    static result<server_address> from(std::string_view url);
};

} // namespace yett::upstream
