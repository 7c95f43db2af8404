#pragma once

#include "gateway/limits/counters.hpp"

#include <array>
#include <cstdint>

namespace yett::limits {

// The key of a counter, hashed under a secret of this process so that nobody can choose keys that collide.
struct key_hash
{
    std::uint64_t high; // tells keys of one set apart
    std::uint64_t low;  // chooses the set

    friend bool operator==(key_hash const&, key_hash const&) = default;
};

using hash_secret = std::array<unsigned char, 16>;

// Different for equal keys of different limits, too. SipHash with 128 bits.
key_hash hash_of(hash_secret const& secret, charge const& what) noexcept;

} // namespace yett::limits
