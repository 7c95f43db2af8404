// The EVP interface allocates a context for each digest, which costs as much as the digest.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "gateway/tokens/token_digest.hpp"

#include "gateway/base/random.hpp"

#include <algorithm>
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

token_digest::run token_digest::start(std::string_view token)
{
    auto const header = token.substr(0, std::min(token.find('.'), token.size()));
    // What is no token, or has too long a header to keep it, is taken as it is.
    if (header.empty() || header.size() > max_header_bytes || header.size() == token.size()) return {keyed_, token};
    for (auto const& known : headers_)
        if (known.text == header) return {known.after, token.substr(header.size())};
    return {learn(header).after, token.substr(header.size())};
}

token_digest::known_header const& token_digest::learn(std::string_view header)
{
    auto& known = headers_[next_++ % headers_.size()];
    known.text = header;
    auto blocks = known.text;
    blocks.resize((header.size() / SHA256_CBLOCK + 1) * SHA256_CBLOCK, '.');
    known.after = keyed_;
    SHA256_Update(&known.after, blocks.data(), blocks.size());
    return known;
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
