// The EVP interface allocates a context for each digest, which costs as much as the digest.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "gateway/tokens/token_digest.hpp"

#include "gateway/base/random.hpp"

#include <cstring>

namespace yett::tokens {

token_digest::token_digest() : hint_key_{random_u64(), random_u64()}
{
    auto const block = random_bytes(SHA256_CBLOCK);
    SHA256_Init(&keyed_);
    SHA256_Update(&keyed_, block.data(), block.size());
}

std::uint64_t token_digest::hint(std::string_view token) const noexcept
{
    std::array<std::uint64_t, 2> tail;
    std::memcpy(tail.data(), token.data() + token.size() - sizeof tail, sizeof tail);
    __extension__ using wide = unsigned __int128;
    auto const product = static_cast<wide>(tail[0] ^ hint_key_[0]) * (tail[1] ^ hint_key_[1]);
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

void token_digest::run::take(std::string_view part) noexcept
{
    SHA256_Update(&context_, part.data(), part.size());
}

digest256 token_digest::run::finish() noexcept
{
    digest256 made;
    SHA256_Final(reinterpret_cast<unsigned char*>(made.data()), &context_);
    return made;
}

} // namespace yett::tokens
