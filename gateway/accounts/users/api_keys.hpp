#pragma once

#include "gateway/accounts/passwords/refusal.hpp"
#include "gateway/accounts/ports/api_key_store.hpp"
#include "gateway/accounts/sessions/sessions.hpp"
#include "gateway/base/identity.hpp"
#include "gateway/base/secret.hpp"

namespace yett::accounts {

struct account_services;

// The key somebody wants.
struct api_key_wish
{
    std::string user_id;                   // in whose name it acts
    std::string name;                      // 1 to 64 printable characters
    std::vector<std::string> scopes;       // of RFC 6749 section 3.3
    std::optional<seconds> ttl;            // from a minute on; absent: the longest
    std::uint32_t requests_per_minute = 0; // 0: no limit of its own
    std::string client;                    // address, for the audit log
    std::string by;                        // an operator, for whom no rule but the sizes counts; also for the audit log
};

// What was made: the row that is kept, and the text that is not.
struct new_api_key
{
    api_key kept;
    secret text; // shown once and known to nobody afterwards
};

// Makes a key. Fails with bad_request and names the fields, `forbidden` when users make no
// keys or there are too many, `not_found` when there is no such user.
task<outcome<new_api_key>> create_api_key(account_services const& services, api_key_wish wanted, wall_time now);

// A part of the list, and how to ask for the next one.
struct api_key_list
{
    std::vector<api_key> keys;
    std::string next; // `after` of the next part; empty: there is none
};

// A part of a user's keys, youngest first.
task<result<api_key_list>> list_api_keys(account_services const& services, std::string user_id, part wanted);

// Which keys go, and who wants it.
struct api_key_removal
{
    std::string user_id;
    std::string id;     // empty: all keys of the user
    std::string client; // address, for the audit log
    std::string by;     // an operator, for the audit log
};

// Removes keys; when this returns no worker of this process accepts them. Returns how many
// went; `not_found` for an id that is not this user's.
task<result<std::size_t>> remove_api_keys(account_services const& services, api_key_removal wanted, wall_time now);

// Whom a key speaks for, and how long that may be believed without asking again.
struct recognised_key
{
    identity_ptr who; // `token_id` is the key's id, `issued_at` is now; no session, no login
    wall_time until{};
};

// Asks the store, and notes the use at most once a minute. Fails with token_malformed,
// token_untrusted (unknown or removed), token_expired, or token_revoked when the owner is
// disabled; the client is told the same each time.
task<result<recognised_key>> recognise_api_key(account_services const& services, std::string text, wall_time now);

} // namespace yett::accounts
