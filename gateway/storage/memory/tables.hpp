#pragma once

#include "gateway/accounts/session_store.hpp"
#include "gateway/accounts/user_store.hpp"

#include <map>
#include <mutex>
#include <string>
#include <unordered_map>

namespace yett::storage::memory {

// What both stores share. Whoever touches a member holds the mutex.
struct tables
{
    std::mutex mutex;
    std::unordered_map<std::string, accounts::user> users;              // by id
    std::unordered_map<std::string, std::string> ids_by_email;          // email_key to id
    std::unordered_map<std::string, accounts::session> sessions;        // by id
    std::unordered_map<std::string, std::string> ids_by_family;
    std::map<std::pair<accounts::revocation::kind, std::string>, accounts::revocation> revocations;
};

} // namespace yett::storage::memory
