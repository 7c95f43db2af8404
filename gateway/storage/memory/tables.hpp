#pragma once

#include "gateway/accounts/ports/api_key_store.hpp"
#include "gateway/accounts/ports/link_store.hpp"
#include "gateway/accounts/ports/outbox.hpp"
#include "gateway/accounts/ports/session_store.hpp"
#include "gateway/accounts/ports/user_store.hpp"

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>

namespace yett::storage::memory {

// A letter and where it is on its way.
struct posted_letter
{
    accounts::letter letter; // wiped when it is closed
    unsigned attempts = 0;
    wall_time due{}; // of a claimed letter the end of its lease
    std::optional<accounts::letter_end> end;
    wall_time closed_at{};
};

// What the stores share. Whoever touches a member holds the mutex.
struct tables
{
    std::mutex mutex;
    // Ordered maps where something is listed page by page, hash maps elsewhere. Two that speak of
    // the same thing change together, before the mutex is let go.
    std::map<std::string, accounts::user> users;               // by id
    std::unordered_map<std::string, std::string> ids_by_email; // email_key to id
    std::map<std::string, accounts::session> sessions;         // by id
    std::unordered_map<std::string, std::string> ids_by_family;
    std::map<std::pair<accounts::revocation::kind, std::string>, accounts::revocation> revocations;
    std::unordered_map<std::string, accounts::link> links;                                // by hash
    std::unordered_map<std::string, std::map<std::string, wall_time>> marks;              // of devices, by user
    std::map<std::string, accounts::api_key> api_keys;                                    // by id
    std::unordered_map<std::string, posted_letter> letters;                               // by id
    std::set<std::pair<wall_time, std::string>> letters_by_due;                           // those that are not closed
    std::map<std::pair<std::string, accounts::letter_kind>, std::size_t> letters_waiting; // of them, by reader; no blank ones
};

// Keeps a letter together with what else the caller changes; see outbox::post. The caller
// holds the mutex.
void post_letter(tables& into, accounts::letter const& l);

// Gives up what waits for a reader who is gone. The caller holds the mutex.
void close_letters_to(tables& in, std::string const& reader);

// Writes a revocation; a second word about the same thing extends the first. The caller holds the mutex.
void remember(tables& in, accounts::revocation const& known);

// Removes a user with all that is theirs, unsent letters too. The caller holds the mutex.
void erase_user(tables& from, std::string const& id);

} // namespace yett::storage::memory
