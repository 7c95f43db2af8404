#pragma once

#include <openssl/sha.h>

#include <array>
#include <cstdint>
#include <string_view>

namespace yett::tokens {

using digest256 = std::array<std::uint64_t, 4>;

// The name of a token in a cache: SHA-256 over a secret block of 64 random bytes and the
// exact text. Nobody outside can search for two tokens with one name, and nobody who reads
// the cache's memory can present what is in it.
//
// The state after the secret block is kept, so that the key costs nothing, and so are the
// states after beginnings that many tokens share: the header is the same for all tokens of
// a key, and Yett's own tokens name what seldom differs first. With the processor's SHA
// instructions a block takes 33 ns, and three of a usual token's nine are known; libsodium's
// BLAKE2b takes twice as long for everything.
class token_digest
{
public:
    token_digest();

    // A quick keyed hash of the last 16 bytes, which are signature: good enough to fetch
    // memory while the digest is made. The text has at least 16 bytes.
    std::uint64_t hint(std::string_view token) const noexcept;

    // One digest, made in steps so that its caller can fetch memory between them.
    class run
    {
    public:
        // What start() left.
        std::string_view rest() const noexcept { return rest_; }
        void take(std::string_view part) noexcept;
        digest256 finish() noexcept;

    private:
        friend class token_digest;
        run(SHA256_CTX const& from, std::string_view rest) noexcept : context_{from}, rest_{rest} {}
        SHA256_CTX context_;
        std::string_view rest_;
    };
    run start(std::string_view token) noexcept;

private:
    static constexpr std::size_t long_beginning = 3 * SHA256_CBLOCK;
    static constexpr std::size_t short_beginning = 2 * SHA256_CBLOCK;
    static constexpr std::uint8_t most_credit = 8;

    // The state after a text of `Bytes`.
    template<std::size_t Bytes>
    struct beginning
    {
        std::array<char, Bytes> text;
        SHA256_CTX after;
        std::uint8_t credit = 0; // how many others it outlives before it makes room; 0: unused
    };
    // Beginnings are kept where a few bits of their ends put them.
    template<std::size_t Bytes>
    using known = std::array<beginning<Bytes>, 8>;

    SHA256_CTX const& after_short(std::string_view text) noexcept;
    SHA256_CTX const& after_long(std::string_view text) noexcept;
    template<std::size_t Bytes, class Compute>
    SHA256_CTX const& look_up(known<Bytes>& in, std::string_view text, Compute compute) noexcept;

    SHA256_CTX keyed_;
    known<short_beginning> short_;
    known<long_beginning> long_;
    SHA256_CTX other_[2]; // of beginnings that were not kept
    std::array<std::uint64_t, 2> hint_key_;
};

} // namespace yett::tokens
