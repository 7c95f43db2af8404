#pragma once

#include "gateway/accounts/ports/api_key_store.hpp"
#include "gateway/accounts/ports/link_store.hpp"
#include "gateway/accounts/ports/node_list.hpp"
#include "gateway/accounts/ports/outbox.hpp"
#include "gateway/accounts/ports/revocation_feed.hpp"
#include "gateway/accounts/ports/session_ends.hpp"
#include "gateway/accounts/ports/session_store.hpp"
#include "gateway/accounts/ports/user_store.hpp"

#include <cstdint>
#include <functional>
#include <memory>

namespace yett::accounts {

// How much a store has done so far; equal work shows here without a clock.
struct store_activity
{
    std::uint64_t reads = 0;
    std::uint64_t commits = 0; // transactions that changed something
};

// The ports of accounts over one database. Shared by all workers.
struct stores
{
    // All five speak of one database: what one of them committed the others see.
    std::unique_ptr<user_store> users;
    std::unique_ptr<session_store> sessions;
    std::unique_ptr<outbox> letters;
    std::unique_ptr<link_store> links;
    std::unique_ptr<api_key_store> api_keys;
    std::function<store_activity()> read_activity{}; // any thread; empty for a store that counts nothing
    std::unique_ptr<revocation_feed> feed{};         // null for a store of one program
    // The time that decides about sessions, links, leases and revocations, and is written into them: of
    // several programs on one store all have the same, whatever their own clocks say. Any thread.
    std::function<wall_time()> now{wall_now};
    // Whom an operator sees as running beside this program.
    std::unique_ptr<node_list> nodes{}; // null for a store of one program
    std::unique_ptr<session_ends> ends{};
};

} // namespace yett::accounts
