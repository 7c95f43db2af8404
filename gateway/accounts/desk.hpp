#pragma once

#include "gateway/accounts/password_policy.hpp"
#include "gateway/base/clock.hpp"
#include "gateway/base/secret.hpp"

#include <functional>
#include <string>
#include <vector>

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

enum class admission : unsigned char
{
    open,
    invited,
    closed
};

// The rules of API keys for whoever is no operator.
struct api_key_rules
{
    bool self_service = true;        // users make their own
    std::vector<std::string> scopes; // those they can choose from
    seconds longest_ttl{365 * 24 * 3600};
    std::size_t most = 50; // of one user, operators' included
};

// Whether a session outlives the browser it began in.
enum class memory : unsigned char
{
    always,
    ask, // whoever signs in says so
    never
};

// The rules of the accounts, from the configuration.
struct rules
{
    admission registration = admission::open;
    bool require_verified_email = true;
    bool links = true; // letters can carry links: there is an address they lead to
    seconds verify_ttl{24 * 3600};
    seconds reset_ttl{3600};
    password_rules password;
    seconds access_ttl{15 * 60};
    unsigned access_jitter = 0;         // per mille of access_ttl by which chance shortens each token's life at most
    seconds refresh_ttl{7 * 24 * 3600}; // sliding: a session unused for so long is over
    seconds session_ttl{0};             // absolute; 0: thirty days, or refresh_ttl when that is longer
    seconds refresh_grace{10};
    seconds clock_skew{30}; // how long verifiers accept a token beyond its end
    std::size_t sessions_per_user = 100;
    memory remember = memory::always;
    seconds short_session_ttl{12 * 3600}; // absolute, of sessions that are not remembered
    std::size_t claims_room = 0;          // bytes of a user's address and roles that an access cookie holds; 0: none has to
    bool self_delete = false;             // users may remove their own accounts
    api_key_rules api_keys;
};

// What the use cases work with: everything on the desk belongs to somebody else and
// outlives it. Cheap to make; a worker has one, and a reload makes a new one.
struct desk
{
    user_store& users;
    session_store& sessions;
    outbox& letters;
    link_store& links;
    api_key_store& api_keys;
    accounts::passwords& passwords;
    tokens::signer const& signer;
    tokens::revocations& revocations;
    audit_sink& audit;
    accounts::rules rules;
    secret device_key{}; // of the marks of known devices; empty: there are none
    // The `now` of every use case: that of the store, by which all of its programs go.
    std::function<wall_time()> now{wall_now};
};

} // namespace yett::accounts
