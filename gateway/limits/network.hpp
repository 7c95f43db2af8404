#pragma once

#include "gateway/base/ip.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace yett::limits {

// What counts as one client: an IPv4 address, or the /64 of an IPv6 address because
// that is what one subscriber is given. A v4-mapped IPv6 address is the IPv4 address.
struct network
{
    enum class kind : std::uint8_t
    {
        unknown, // no IP address, such as the other end of a Unix socket; they all count as one
        ipv4,
        ipv6,
    };

    std::array<std::uint8_t, 8> prefix{}; // network byte order; IPv4 in the first four
    kind is = kind::unknown;

    // From text as a socket names its peer, with or without brackets and zone.
    static network of(std::string_view address) noexcept;
    static network of(ip_address const& address) noexcept;

    // Two addresses of one network are one client.
    friend bool operator==(network const&, network const&) = default;
};

} // namespace yett::limits
