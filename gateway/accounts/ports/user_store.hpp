#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/clock.hpp"
#include "gateway/base/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yett::accounts {

// Somebody who can log in.
struct user
{
    std::string id;            // UUIDv7, chosen by whoever adds the user
    std::string email;         // canonical spelling, see address.hpp
    std::string email_key;     // what two spellings of one mailbox share; unique
    std::string password_hash; // PHC or crypt(3) text; empty: no password opens this account
    std::vector<std::string> roles;
    bool verified = false;
    bool disabled = false;
    wall_time created_at{};
    wall_time password_changed_at{};
};

// What an operator or a mailed link changes about a user; what is absent stays.
struct user_change
{
    std::optional<bool> verified;
    std::optional<bool> disabled;
    std::optional<std::vector<std::string>> roles;
};

// A password that takes the place of another.
struct password_change
{
    std::string expected_hash; // the hash that was verified
    std::string new_hash;
    std::optional<wall_time> changed_at; // absent: the same password, hashed anew
};

// A part of all users, in the order of their ids.
struct user_page
{
    std::string after; // the id of the last one seen; empty: from the beginning
    std::size_t limit = 500;
};

struct user_count
{
    std::size_t all = 0;
    std::size_t disabled = 0;
    std::size_t unverified = 0;
};

// Where users are kept.
//
// Every write is atomic, and durable before it returns: it survives a killed process and
// a lost power supply. A read sees each write that was acknowledged before the read was
// asked for, on whatever thread. Calls come from any worker's executor and resume there;
// arguments live until the call was awaited.
//
// Each call can fail with `storage_unavailable`, or with `overloaded` when too much is
// waiting already; then a write may or may not have happened, and nothing else may be
// concluded from it.
class user_store
{
public:
    virtual ~user_store() = default;

    // Adds a user. `conflict` when the id or the email_key exists: of two callers at the
    // same moment exactly one succeeds, and the other changes nothing.
    virtual task<result<void>> add(user const& added) = 0;

    // `not_found` when there is none.
    virtual task<result<user>> find(std::string_view id) = 0;
    virtual task<result<user>> find_by_email(std::string_view email_key) = 0;

    // Replaces the hash if it still is the expected one, else `conflict`; `not_found`.
    virtual task<result<void>> change_password(std::string_view id, password_change const& change) = 0;

    // Returns the user as changed; `not_found`.
    virtual task<result<user>> change(std::string_view id, user_change const& change) = 0;

    // Adds many with one write. Says for each whether it was added; not so where add would
    // say `conflict`, also with one before it in the list. Any other failure adds none.
    virtual task<result<std::vector<bool>>> add_all(std::vector<user> const& added) = 0;

    // Removes the user, all sessions, API keys and links, and gives up letters that wait for
    // them; `not_found`. Revocations stay.
    virtual task<result<void>> remove(std::string_view id) = 0;

    // At most `limit` users. Whoever is added or removed between two pages may be missed or
    // not; nobody else is, and nobody comes twice.
    virtual task<result<std::vector<user>>> list(user_page const& asked) = 0;
    virtual task<result<user_count>> count() = 0;
};

} // namespace yett::accounts
