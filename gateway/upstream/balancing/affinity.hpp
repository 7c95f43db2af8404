#pragma once

#include "gateway/base/ip.hpp"

#include <cstdint>
#include <string_view>

namespace yett::upstream {

// By whom a request is brought to the same server as the one before: the user, or the client where
// nobody is named. A client is an IPv4 address or the /64 of an IPv6 address, as everywhere.
struct affinity
{
    std::string_view user;
    ip_address const& client;
};

// The same on every node, in every release and after every start, or a second node would undo what the
// first one keeps together. Who chooses names that meet is kept within bounds by the balancer.
std::uint64_t affinity_key(affinity const& of) noexcept;
// Likewise, of a server's name.
std::uint64_t stable_hash(std::string_view text) noexcept;
// Spreads two of these over all 64 bits.
std::uint64_t mixed(std::uint64_t a, std::uint64_t b) noexcept;

} // namespace yett::upstream
