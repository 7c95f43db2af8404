#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace yett::tokens {

using digest128 = std::array<std::uint64_t, 2>;

// The name of a token in a cache: HighwayHash-128 (Alakuijala, Cox and Wassenberg, 2016)
// of the exact text under a random key that never leaves the process, and neither do the
// names. Nobody outside can search for two tokens with one name.
//
// Made for this, where SHA-256 pays for what nobody needs here: collisions that cannot be
// found by those who know the key. See docs/adr/0007-names-of-cached-tokens.md.
class token_digest
{
public:
    token_digest();

    digest128 of(std::string_view text) const noexcept;

    // A quick keyed hash of the last 16 bytes, which are signature: good enough to fetch
    // memory before the digest is made. The text has at least 16 bytes.
    std::uint64_t hint(std::string_view token) const noexcept;

private:
    alignas(32) std::array<std::uint64_t, 4> key_;
    std::array<std::uint64_t, 2> hint_key_;
};

} // namespace yett::tokens
