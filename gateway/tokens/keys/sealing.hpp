#pragma once

#include "gateway/base/result.hpp"
#include "gateway/base/secret.hpp"

#include <string>
#include <string_view>

namespace yett::tokens {

// Hides what is kept, under tokens.keys.secret: base64url of a salt of 16 bytes, a nonce of
// 12, the text encrypted with AES-256-GCM, and the tag of 16. The key of the cipher is scrypt
// (N = 2^14, r = 8, p = 1) of the secret and the salt; the purpose is the associated data, so
// that what was sealed for one opens for no other. Both fail with internal.
result<std::string> seal(std::string_view plain, secret const& sealing, std::string_view purpose);
result<secret> unseal(std::string_view sealed, secret const& sealing, std::string_view purpose);

} // namespace yett::tokens
