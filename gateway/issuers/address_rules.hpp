#pragma once

#include "gateway/base/ip.hpp"

namespace yett::issuers {

// Whether an address belongs to the public internet: none that a registry keeps for private
// networks, this machine, links, benchmarks, documentation, groups or later use (RFC 6890
// and its registries), nor one that carries such an IPv4 address inside (RFC 4291, 3056,
// 4380, 6052).
bool is_public(ip_address const& address) noexcept;

bool is_loopback(ip_address const& address) noexcept;

} // namespace yett::issuers
