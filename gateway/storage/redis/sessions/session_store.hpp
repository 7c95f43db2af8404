#pragma once

#include "gateway/accounts/ports/session_ends.hpp"
#include "gateway/accounts/ports/session_store.hpp"
#include "gateway/accounts/ports/user_store.hpp"
#include "gateway/storage/redis/client/redis_options.hpp"

#include <functional>
#include <memory>

namespace yett::storage::redis {

// The store of users beside which sessions are in Redis.
struct session_dependencies
{
    std::unique_ptr<accounts::session_store> revocations; // of that store: its revocations are used, its sessions are not
    accounts::user_store& users;
    accounts::session_ends& ends;
    std::function<wall_time()> now; // the store's clock; any thread
    milliseconds longest{};         // how long a session may last
};

// Sessions in Redis, revocations and ends beside the users. The promises of session_store hold, but for one: what was
// acknowledged may be forgotten with the part of Redis that it was in (docs/security.md), and then a session is gone
// or a token that was exchanged is found to be used twice. It never makes good what ended.
//
// While Redis is away all fails with `storage_unavailable`, but for revoke, load_revocations, and the end of all
// sessions of a user.
//
// Tells Redis what ended while nobody told it, before this returns if Redis answers, and else with a later sweep.
std::unique_ptr<accounts::session_store> make_session_store(redis_options how, session_dependencies beside);

} // namespace yett::storage::redis
