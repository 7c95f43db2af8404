#pragma once

#include "gateway/base/client_certificate.hpp"
#include "gateway/base/ip.hpp"

#include <span>
#include <string>
#include <string_view>

namespace yett::http {
class head;
struct peer;
} // namespace yett::http

namespace yett::pipeline {

// Which headers trusted proxies write; those of the other family are whatever a client sent.
enum class forwarding_family : unsigned char
{
    x_forwarded, // X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host
    forwarded,   // Forwarded (RFC 7239)
};

// Who a request is counted against, and what may be believed of its forwarding headers.
struct client
{
    ip_address address;
    std::string text;          // the address as text
    bool behind_proxy = false; // the peer is a trusted proxy: its forwarding headers are believed
    bool https = false;        // how the client came, to us or to the trusted proxy
    bool named = false;        // the peer is not the client, but named it
    bool unreadable = false;   // a trusted proxy named somebody by what is no address
    bool unlisted = false;     // the peer speaks like a proxy, from a private address, and is no trusted one
    std::string hops{};        // ", A, B": the proxies between the client and the peer
    client_certificate const* certificate = nullptr; // that its connection proved; a proxy's is not the client's. Null: none
    std::string_view host{}; // the authority that the client asked a trusted proxy for; empty when it says none
};

// Finds the client behind trusted proxies. The list of hops is read from the right, as long as
// the hop before was trusted; the first address that is not a trusted proxy is the client. An
// element that is no address (see http::parse_node) ends the walk at the last trusted hop; empty
// elements are none. With an empty list of proxies nobody is believed and the peer is the client.
//
// How the client came, and what it asked for, is said at the same place from the right as the
// client's address: by the hop that it came to. X-Forwarded-Proto and X-Forwarded-Host whose
// lists are shorter or longer than X-Forwarded-For are read at their right end. `https` and `wss`
// are HTTPS, in any case; where nothing is said, it is how the peer came.
client address_of(http::peer const& peer, http::head const& head, std::span<ip_prefix const> trusted,
                  forwarding_family believed = forwarding_family::x_forwarded);

} // namespace yett::pipeline
