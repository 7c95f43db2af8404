#pragma once

#include "gateway/base/result.hpp"
#include "gateway/tokens/keys/algorithm.hpp"

#include <openssl/types.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace yett::tokens {

// The arithmetic below the keys, in the formats of RFC 7518: raw r and s, MACs uncut.
// Every call takes keys that `key_rules` has let in, of the kind that fits the algorithm.

// `serial` names the key for good in this process: a thread keeps prepared contexts by it.
bool check_signature(algorithm alg, EVP_PKEY* key, std::uint64_t serial, std::string_view text, std::string_view signature);
bool check_hmac(algorithm alg, std::string_view key_bytes, std::uint64_t serial, std::string_view text,
                std::string_view signature);

// `public_key` is the 32 bytes of RFC 8037.
bool check_ed25519(std::string_view public_key, std::string_view text, std::string_view signature);

result<std::string> make_signature(algorithm alg, EVP_PKEY* key, std::string_view text);
result<std::string> make_hmac(algorithm alg, std::string_view key_bytes, std::string_view text);

} // namespace yett::tokens
