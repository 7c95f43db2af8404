#pragma once

#include "gateway/base/result.hpp"
#include "gateway/base/secret.hpp"
#include "gateway/tokens/keys/keys.hpp"

#include <boost/json/object.hpp>
#include <openssl/types.h>

#include <string>
#include <string_view>

namespace yett::tokens {

// The members that make a public key, as compact JSON in the order of their names: what a
// key set shows and what a thumbprint is made of (RFC 7638 section 3).
std::string required_members(algorithm alg, EVP_PKEY* key);

// RFC 7638, base64url of SHA-256.
std::string thumbprint(std::string_view members);

// The public half of a JWK whose `kty` fits `alg`, not yet judged. Coordinates must have
// their full length (RFC 7518 section 6.2.1.2); private members are ignored.
result<evp_key> public_key_of(algorithm alg, boost::json::object const& jwk);

// Whether `kty` and `crv` are those of the algorithm.
bool fits(algorithm alg, boost::json::object const& jwk);

// `k` of a symmetric JWK.
result<secret> secret_of(boost::json::object const& jwk);

} // namespace yett::tokens
