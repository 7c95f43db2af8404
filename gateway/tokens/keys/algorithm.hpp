#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace yett::tokens {

// The signature algorithms of RFC 7518 and RFC 8037 that Yett knows. A closed list:
// `none` is not in it, and there is no way to add to it from a token.
enum class algorithm : unsigned char
{
    hs256,
    hs384,
    hs512,
    rs256,
    rs384,
    rs512,
    ps256,
    ps384,
    ps512,
    es256,
    es384,
    es512,
    eddsa, // Ed25519 alone
};

// What kind of key an algorithm works with.
enum class key_kind : unsigned char
{
    hmac,
    rsa,
    ec,
    ed25519,
};

// The name in `alg`, compared byte by byte: "hs256" is no algorithm. Ed25519 has two: EdDSA of
// RFC 8037, which we write, and Ed25519 of RFC 9864.
std::string_view name_of(algorithm alg) noexcept;
std::optional<algorithm> algorithm_named(std::string_view name) noexcept;

// What follows from an algorithm, each by a look into one table.
key_kind kind_of(algorithm alg) noexcept;
bool is_symmetric(algorithm alg) noexcept;
bool is_pss(algorithm alg) noexcept;

// Bytes of the digest; of EdDSA, which has none, 64.
std::size_t digest_bytes(algorithm alg) noexcept;

// "P-256", "P-384", "P-521" or "Ed25519"; empty for the others (RFC 7518 section 6.2.1.1).
std::string_view curve_of(algorithm alg) noexcept;

// Bytes of one coordinate, and of r and of s; 0 when the algorithm has no curve of that kind.
std::size_t coordinate_bytes(algorithm alg) noexcept;

} // namespace yett::tokens
