#pragma once

#include "gateway/base/secret.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace yett::tokens {

// What tells one kind of opaque token from another.
struct opaque_kind
{
    std::string_view prefix; // of four characters, "yr1_"
    std::string_view label;  // goes into the checksum
};

// A token that means something to its store alone: the prefix and 68 characters of base64url,
// which are 128 bits that name it, 256 secret bits, and a checksum of 24. The checksum tells a
// typing mistake or a cut token without asking the store, and lets secret scanners know what
// they found.
struct opaque_token
{
    secret text;
    std::string name; // 22 characters of base64url
    std::string hash; // what a store keeps: SHA-256 of the text, hexadecimal
};

inline constexpr std::size_t opaque_name_bytes = 16;
inline constexpr std::size_t opaque_proof_bytes = 32;
inline constexpr std::size_t opaque_token_bytes = 72;

// From a name and a proof of exactly these sizes, raw.
opaque_token make_opaque(opaque_kind const& kind, std::string_view name, std::string_view proof);
// Nothing when the text has not exactly the shape above. Says nothing about validity.
std::optional<opaque_token> read_opaque(opaque_kind const& kind, std::string_view text);

} // namespace yett::tokens
