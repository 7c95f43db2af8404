#pragma once

#include "gateway/issuers/fetch_error.hpp"
#include "gateway/issuers/refresh_policy.hpp"
#include "gateway/tokens/keys/jwks.hpp"

#include <optional>
#include <string>
#include <vector>

namespace yett::issuers {

// What an issuer answered.
struct key_reply
{
    tokens::key_set set;
    std::optional<seconds> max_age;
};

// A key whose kid stands for another one now.
struct displaced_key
{
    tokens::verification_key key;
    steady_time until{}; // it is believed
};

// How matters stand with one issuer.
struct jwks_state
{
    std::vector<tokens::verification_key> keys; // those in force, displaced ones among them
    std::vector<displaced_key> displaced;
    std::vector<std::string> complaints;   // about keys of the last set that were left out
    std::optional<steady_time> fetched_at; // when `keys` were confirmed the last time
    std::optional<fetch_error> trouble;    // of the last attempt; none once one succeeds
    unsigned failures = 0;                 // in a row
    steady_time due{};                     // of the next attempt
};

// What an attempt comes to. The keys of a reply replace those in force: what the issuer took
// away is trusted no more. A kid that stands for another key now was not taken away: the
// one before is believed beside it for `refresh_policy.most` more, so that neither an issuer whose
// servers disagree nor one that rotates without new names loses good tokens. At most one key
// of a kid is displaced, the last. Where a reply has two keys of one kid, the one that was in
// force stays. A failure leaves the keys in force as they are, however long it lasts, but for
// displaced ones whose time is over. True when the keys changed.
bool settle(jwks_state& with, fetched<key_reply> outcome, refresh_policy const& by, steady_time now, double dice);

// One line for people: "2 keys, confirmed 15 s ago", and what is wrong.
std::string describe(jwks_state const& s, steady_time now);

} // namespace yett::issuers
