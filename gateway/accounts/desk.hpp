#pragma once

#include "gateway/accounts/password_policy.hpp"
#include "gateway/base/clock.hpp"

namespace yett::tokens {
class signer;
class revocations;
}

namespace yett::accounts {

class user_store;
class session_store;
class outbox;
class passwords;
class audit_sink;

// The rules of the accounts, from the configuration.
struct rules
{
    bool registration_open = true;
    bool require_verified_email = true;
    password_rules password;
    seconds access_ttl{15 * 60};
    seconds refresh_ttl{7 * 24 * 3600};        // sliding: a session unused for so long is over
    seconds session_ttl{0};                    // absolute; 0: thirty days, or refresh_ttl when that is longer
    seconds refresh_grace{10};
    seconds clock_skew{30};                    // how long verifiers accept a token beyond its end
};

// What the use cases work with: everything on the desk belongs to somebody else and
// outlives it. Cheap to make; a worker has one, and a reload makes a new one.
struct desk
{
    user_store& users;
    session_store& sessions;
    outbox& letters;
    accounts::passwords& passwords;
    tokens::signer const& signer;
    tokens::revocations& revocations;
    audit_sink& audit;
    accounts::rules rules;
};

} // namespace yett::accounts
