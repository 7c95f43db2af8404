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

template<std::size_t Bytes, class Compute>
SHA256_CTX const& token_digest::look_up(known<Bytes>& in, std::string_view text, Compute compute) noexcept
{
    std::uint64_t end;
    std::memcpy(&end, text.data() + Bytes - sizeof end, sizeof end);
    auto& here = in[end * 0x9e3779b97f4a7c15 >> 61];
    if (here.credit > 0 && std::memcmp(here.text.data(), text.data(), Bytes) == 0) {
        here.credit = most_credit;
        return here.after;
    }
    auto& after = here.credit > 0 ? other_[Bytes == long_beginning] : here.after;
    // What many tokens share is not lost to those that share nothing.
    if (here.credit > 0) --here.credit;
    else {
        std::memcpy(here.text.data(), text.data(), Bytes);
        here.credit = 1;
    }
    after = compute(text.substr(0, Bytes));
    return after;
}

SHA256_CTX const& token_digest::after_short(std::string_view text) noexcept
{
    auto const compute = [this](std::string_view bytes) {
        auto state = keyed_;
        SHA256_Update(&state, bytes.data(), bytes.size());
        return state;
    };
    return look_up(short_, text, compute);
}

SHA256_CTX const& token_digest::after_long(std::string_view text) noexcept
{
    auto const compute = [this](std::string_view bytes) {
        auto state = after_short(bytes);
        SHA256_Update(&state, bytes.data() + short_beginning, long_beginning - short_beginning);
        return state;
    };
    return look_up(long_, text, compute);
}

token_digest::run token_digest::start(std::string_view token) noexcept
{
    if (token.size() >= long_beginning) return {after_long(token), token.substr(long_beginning)};
    return {keyed_, token};
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
