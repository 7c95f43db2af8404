#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/base/identity.hpp"
#include "gateway/base/result.hpp"
#include "gateway/tokens/claims.hpp"
#include "gateway/tokens/keys/keys.hpp"
#include "gateway/tokens/token_kind.hpp"

#include <span>
#include <string>
#include <vector>

namespace yett::tokens {

// Somebody whose tokens are accepted, and how they are read.
struct issuer
{
    std::string name;                   // `iss`, compared whole
    std::vector<std::string> audience;  // one of them must be in `aud`
    std::vector<verification_key> keys; // their algorithms are the accepted ones
    claim_names claims;
    seconds skew{30}; // between our clock and the issuer's
    bool own = false; // demands `typ: at+jwt` and `type: access`

    // Of others alone.
    std::string known_as;       // stands before its subjects, `known_as:sub`; empty where nobody compares them
    bool bare_subjects = false; // but for this one, whose subjects stand alone
    bool trusts_emails = false; // an address counts without `email_verified: true`
    token_types types;
    std::size_t most_depth = 32; // of the payload

    // For the offline check alone: accept whatever the token says.
    bool any_name = false;
    bool any_audience = false;

    dialect speaks() const noexcept { return own ? dialect::ours : dialect::foreign; }
};

// Makes the subject, and the token's id, texts that no other issuer's can equal: everything
// behind the verifier compares, counts and writes them without a look at who issued them. Ours
// stand alone and hold no colon; those of another issuer begin with its name.
//
// Fails with token_untrusted when ours holds a colon, or when one that stands alone begins like
// those of another issuer among `all`.
result<void> make_unmistakable(identity& who, issuer const& from, std::span<issuer const> all);

} // namespace yett::tokens
