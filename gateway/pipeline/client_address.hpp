#pragma once

#include "gateway/base/ip.hpp"

#include <span>
#include <string>
#include <string_view>

namespace yett::http {
class head;
struct peer;
} // namespace yett::http

namespace yett::pipeline {

// Who a request is counted against, and what may be believed of its forwarding headers.
struct client
{
    ip_address address;
    std::string text;          // the address as text
    bool behind_proxy = false; // the peer is a trusted proxy: its forwarding headers are believed
    bool https = false;        // how the client came, to us or to the trusted proxy
    bool named = false;        // the peer is not the client, but named it
    std::string hops;          // ", A, B": the trusted proxies between the client and the peer
    std::string_view host{};   // the authority that the client asked a trusted proxy for; empty when it says none
};

// Finds the client behind trusted proxies. X-Forwarded-For is read from the right, as long
// as the hop before was trusted; the first address that is not a trusted proxy is the
// client. A malformed entry ends the walk at the hop that wrote it. With an empty list
// nobody is believed and the peer is the client.
client address_of(http::peer const& peer, http::head const& head, std::span<ip_prefix const> trusted);

} // namespace yett::pipeline
