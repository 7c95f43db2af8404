#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/tokens/revocations.hpp"
#include "gateway/tokens/token_digest.hpp"

#include <cstdint>

namespace yett::tokens {

// What the cache keeps of one good token. The packed identity follows in the same block,
// and a record may be moved as bytes; the members are in the order in which a hit reads them.
struct token_record
{
    digest128 digest;
    std::uint64_t hint; // see token_digest; the home in the index
    wall_time not_before;
    wall_time end;                  // of the token or of its time in the cache, whichever is first
    std::uint64_t seen_revocations; // the generation at which nothing covered the token
    std::uint64_t seen_verifier;    // the generation of the verifier that stands by it
    // What the verdict stands on, see verifier::stands_on; 0 for what a store said.
    std::uint64_t basis;
    // What a revocation could name of it: looked up only when something was revoked since.
    revocable names;
    std::uint32_t bytes; // of the record and its identity, rounded up
    std::uint16_t slot;  // of identity_pool
    std::uint8_t uses;   // since it was last looked at for eviction, at most 3
    bool dead;           // removed, and not yet at the end of its queue

    // The packed identity, which lies behind the record in the same block.
    char* identity() noexcept { return reinterpret_cast<char*>(this + 1); }
    char const* identity() const noexcept { return reinterpret_cast<char const*>(this + 1); }
};

} // namespace yett::tokens
