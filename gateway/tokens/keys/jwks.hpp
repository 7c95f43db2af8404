#pragma once

#include "gateway/base/result.hpp"
#include "gateway/tokens/keys/keys.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace yett::tokens {

struct jwks_rules
{
    // The only algorithms a key may serve. A key without `alg` serves each of them that
    // fits its type and curve, one verification_key for each.
    std::vector<algorithm> algorithms;
    std::size_t bytes = 512 * 1024;
    std::size_t keys = 100;
    bool may_be_empty = false; // no usable key is an answer as well
};

struct key_set
{
    std::vector<verification_key> keys;
    std::vector<verification_key> disputed; // left out because they share kid and algorithm but not their value
    std::vector<std::string> complaints;    // about keys that were left out, for the log
};

// Reads a JWK set (RFC 7517 section 5), or a single JWK.
//
// A key that is malformed, weak, private by intent (`use`, `key_ops`) or of an algorithm
// that is not allowed is left out with a complaint; so are keys that share kid and
// algorithm but not their value, and secrets that stand beside public keys. Fails with
// bad_request when the text is no key set, is beyond a bound, or leaves no key at all
// where the rules want one.
result<key_set> parse_jwks(std::string_view text, jwks_rules const& rules);

// The public set of `keys`, in their order. HMAC secrets are not in it.
std::string render_jwks(std::span<verification_key const> keys);

} // namespace yett::tokens
