#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/base/identity.hpp"
#include "gateway/base/result.hpp"
#include "gateway/tokens/check_budget.hpp"
#include "gateway/tokens/issuer.hpp"
#include "gateway/tokens/jws.hpp"
#include "gateway/tokens/keys/keys.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yett::tokens {

// What a good token proves.
struct verified
{
    identity_ptr who;
    wall_time not_before;              // good from here …
    wall_time expires;                 // … until just before here; the skew is in both
    std::uint32_t issuer = 0;          // index into the verifier's issuers
    std::uint64_t basis = 0;           // names the key and every rule that were applied
    std::string kid;                   // of the key that made the signature
    std::vector<std::string> left_out; // see claims
};

// Decides whether a bearer token speaks for somebody.
//
// The signature is checked before any claim is believed. Only where several issuers could
// have made the token does an unproved `iss` choose whose keys are tried; a key of one
// issuer never serves another.
//
// Immutable; all workers share one, and changed keys make a new one.
class verifier
{
public:
    // Throws std::invalid_argument when two issuers share a name, or one has no name or no audience.
    explicit verifier(std::vector<issuer> issuers, std::size_t most_bytes = usual_token_bytes);

    // Fails with token_malformed, token_untrusted, token_wrong_issuer, token_wrong_audience,
    // token_not_yet_valid or token_expired, in this order. The client is told the same each time. Signatures are
    // checked at the expense of `pays`, and where it does not pay the token fails as that does.
    result<verified> verify(std::string_view token, wall_time now, check_budget& pays = unlimited_checks()) const;

    // Whether a token that was verified on this basis would be verified again.
    bool stands_on(std::uint64_t basis) const noexcept;

    // Tells two verifiers apart, also those with the same keys; never 0.
    std::uint64_t generation() const noexcept { return generation_; }

    // Whose keys may be out of date, for a token that was refused as token_untrusted: it names
    // a known issuer but none of its keys signed it. That its `kid` is unknown is the usual
    // reason, but keys need no `kid`, and some issuers use one twice. Nothing for a token
    // that no key can make good. The token is not proved: bound how often the answer is
    // acted upon.
    std::optional<std::size_t> issuer_lacking_key(std::string_view token) const;

    // Whether a token says that one of these issuers made it, good or not: a name that nobody
    // proved, for those who keep such tokens from others.
    bool is_named_in(std::string_view token) const;

    std::vector<issuer> const& issuers() const noexcept { return issuers_; }

private:
    struct attempt;
    result<std::size_t> issuer_of(attempt& of) const;
    std::uint64_t basis_of(std::size_t at, verification_key const& key) const noexcept;

    std::optional<std::size_t> issuer_called(std::string_view name) const noexcept;

    std::vector<issuer> issuers_;
    std::size_t most_bytes_;
    std::vector<std::uint64_t> rules_; // of each issuer, hashed
    std::vector<std::uint64_t> bases_; // of each key of each issuer, sorted
    std::uint64_t generation_;
};

} // namespace yett::tokens
