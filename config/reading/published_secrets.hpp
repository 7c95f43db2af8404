#pragma once

#include <cstdint>
#include <span>

namespace yett::config {

// The first eight bytes of the SHA-256 of each published secret of at least 32 bytes, as
// big-endian numbers in ascending order. Made from the list wallarm/jwt-secrets (MIT).
std::span<std::uint64_t const> published_secrets();

} // namespace yett::config
