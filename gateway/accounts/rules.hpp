#pragma once

#include "gateway/accounts/passwords/password_rules.hpp"
#include "gateway/base/clock.hpp"

#include <cstddef>
#include <string>
#include <vector>

// The rules of the accounts. `config` fills these in, and their defaults are those of the settings.
// Plain values: nothing here does anything.
namespace yett::accounts {

// Who may make an account: anybody, whoever was sent a link, or operators alone.
enum class registration_policy : unsigned char
{
    open,
    invited,
    closed
};

// The rules of API keys for whoever is no operator.
struct api_key_rules
{
    // Operators are bound by none of these.
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

// Who has an account, and how they get into it.
struct account_rules
{
    registration_policy registration = registration_policy::open;
    bool require_verified_email = true;
    // How long mailed links are good, counted from when they were made.
    seconds verify_ttl{24 * 3600};
    seconds reset_ttl{3600};
    std::size_t sessions_per_user = 100;
    memory remember = memory::always;
    seconds short_session_ttl{12 * 3600}; // absolute, of sessions that are not remembered
    bool self_delete = false;             // users may remove their own accounts
    api_key_rules api_keys;
};

// How long what a session consists of is good.
struct session_lifetimes
{
    // An access token is good for `access_ttl` and not longer than its session.
    seconds access_ttl{15 * 60};
    seconds refresh_ttl{7 * 24 * 3600}; // sliding: a session unused for so long is over
    seconds session_ttl{0};             // absolute; 0: thirty days, or refresh_ttl when that is longer
    seconds refresh_grace{10};
    seconds clock_skew{30}; // how long verifiers accept a token beyond its end
};

// Everything the use cases go by, with what follows from several settings and is therefore worked
// out at the start.
struct rules : account_rules, session_lifetimes
{
    bool links = true; // letters can carry links: there is an address they lead to
    password_rules password;
    unsigned access_jitter = 0;  // per mille of access_ttl by which chance shortens each token's life at most
    std::size_t claims_room = 0; // bytes of a user's address and roles that an access cookie holds; 0: none has to
};

} // namespace yett::accounts
