#pragma once

#include "gateway/base/result.hpp"
#include "gateway/tokens/keys/algorithm.hpp"

#include <openssl/types.h>

#include <string_view>

namespace yett::tokens {

// Whether a key may serve `alg`: the right kind, the right curve, and strong enough. Fails
// with bad_request and a note that names what is wrong.
result<void> check_public_key(algorithm alg, EVP_PKEY* key);

// RFC 7518 section 3.2: at least as long as the digest.
result<void> check_secret(algorithm alg, std::string_view bytes);

} // namespace yett::tokens
