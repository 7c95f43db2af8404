#pragma once

#include "gateway/accounts/rules.hpp"
#include "gateway/base/clock.hpp"
#include "gateway/base/secret.hpp"

#include <functional>

namespace yett::tokens {
class signer;
class revocations;
} // namespace yett::tokens

namespace yett::accounts {

class user_store;
class session_store;
class outbox;
class link_store;
class api_key_store;
class passwords;
class audit_sink;

// What the use cases work with: all of it belongs to somebody else and
// outlives it. Cheap to make; a worker has one, and a reload makes a new one.
struct account_services
{
    // Adapters of the stores; they may block a thread of their own and never the caller's.
    user_store& users;
    session_store& sessions;
    outbox& letters;
    link_store& links;
    api_key_store& api_keys;
    // What hashes, signs, and remembers what was signed in vain: of this process, shared by all
    // workers.
    accounts::passwords& passwords;
    tokens::signer const& signer;
    tokens::revocations& revocations;
    audit_sink& audit;
    // Copied, so that a use case goes by one set of rules from its beginning to its end.
    accounts::rules rules;
    secret device_key{}; // of the marks of known devices; empty: there are none
    // The `now` of every use case: that of the store, by which all of its programs go.
    std::function<wall_time()> now{wall_now};
};

} // namespace yett::accounts
