#pragma once

#include "gateway/base/result.hpp"
#include "gateway/base/secret.hpp"
#include "gateway/tokens/keys/algorithm.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct evp_pkey_st;

namespace yett::tokens {

// An OpenSSL key, shared by everything that uses it and freed with the last.
using evp_key = std::shared_ptr<evp_pkey_st>;
evp_key adopt(evp_pkey_st* key);

inline constexpr std::size_t max_kid_bytes = 256;

// A key that checks signatures of exactly one algorithm, for good: what a token says about
// its algorithm selects a key and never changes what the key does (RFC 8725 section 3.1).
//
// Cheap to copy; every copy is the same key. `verifies` may be called by any number of
// threads at once.
class verification_key
{
public:
    // Fails with bad_request and a note when the key does not fit the algorithm or is weak:
    // an HMAC secret shorter than its digest (never below 32 bytes), RSA below 2048 or above
    // 8192 bits, an even modulus or exponent, an exponent of 1, a modulus with the
    // fingerprint of the ROCA flaw, another curve, a point off the curve or of small order.
    // Without a `kid` the key gets its thumbprint.
    static result<verification_key> from_secret(algorithm alg, secret const& bytes, std::string kid = {});
    static result<verification_key> from_public(algorithm alg, evp_key key, std::string kid = {});

    algorithm alg() const noexcept;
    std::string const& kid() const noexcept;

    // Whether `signature` (raw bytes, as in the third part of a token) is this key's for
    // `text`. False for every malformed signature; HMACs are compared in constant time.
    bool verifies(std::string_view text, std::string_view signature) const;

    // How many bytes every good signature has.
    std::size_t signature_bytes() const noexcept;

    // 64 bits of a hash over algorithm, kid and key: equal for equal keys in every process.
    std::uint64_t fingerprint() const noexcept;

    // The key as a member of a key set, with kid, alg and use. Empty for HMAC secrets.
    std::string public_jwk() const;

private:
    struct material;
    explicit verification_key(std::shared_ptr<material const> made) : material_{std::move(made)} {}

    std::shared_ptr<material const> material_;
};

// A key that makes signatures of exactly one algorithm, and the key that checks them.
class signing_key
{
public:
    static result<signing_key> from_secret(algorithm alg, secret const& bytes, std::string kid = {});
    static result<signing_key> from_private(algorithm alg, evp_key key, std::string kid = {});

    // A new key for ES256, ES384, ES512, EdDSA, or RSA of 2048 bits.
    static result<signing_key> generate(algorithm alg);

    algorithm alg() const noexcept { return public_.alg(); }
    std::string const& kid() const noexcept { return public_.kid(); }
    verification_key const& verification() const noexcept { return public_; }
    evp_key const& private_key() const noexcept { return private_; } // null for HMAC

    // The raw signature of `text`. Any number of threads at once.
    result<std::string> sign(std::string_view text) const;

private:
    signing_key(verification_key checks, evp_key signs, secret bytes)
        : public_{std::move(checks)},
          private_{std::move(signs)},
          secret_{std::move(bytes)}
    {
    }

    verification_key public_;
    evp_key private_;
    secret secret_;
};

} // namespace yett::tokens
