#include "gateway/limits/key_hash.hpp"

#include <sodium/crypto_shorthash.h>

namespace yett::limits {

key_hash hash_of(hash_secret const& secret, charge const& what) noexcept
{
    std::array<std::uint64_t, 2> hash;
    crypto_shorthash_siphashx24(reinterpret_cast<unsigned char*>(hash.data()),
                                reinterpret_cast<unsigned char const*>(what.key.data()), what.key.size(), secret.data());
    // The limit is no secret and nobody chooses it: it only has to tell equal keys apart.
    auto const of = what.of->fingerprint();
    return {hash[0] ^ of, hash[1] + of * 0x9e3779b97f4a7c15};
}

} // namespace yett::limits
