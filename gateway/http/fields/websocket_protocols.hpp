#pragma once

#include "gateway/http/head.hpp"

#include <string>
#include <string_view>

namespace yett::http::websocket {

inline constexpr std::string_view protocol_field = "Sec-WebSocket-Protocol";
// What clients offer beside the protocol that carries their token, to have one that can be chosen.
inline constexpr std::string_view bearer_protocol = "yett.bearer";

// The subprotocols a request offers (RFC 6455 section 11.3.4), all its fields together. A page
// cannot give a WebSocket any header but this one, so an access token may come in it, as
// `yett.bearer.TOKEN`; nobody behind us hears of that one, wanted or not.
struct offered_protocols
{
    std::size_t tokens = 0;      // how many there were
    std::string_view token;      // the last one's
    bool bearer_offered = false; // bearer_protocol itself
    std::string others;          // in their order, for whoever comes next; empty when bearer_protocol alone remains
};

offered_protocols protocols_of(head const& request);

} // namespace yett::http::websocket
