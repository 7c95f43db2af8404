#pragma once

#include "gateway/accounts/ports/session_store.hpp"
#include "gateway/base/async/task.hpp"
#include "gateway/base/result.hpp"

#include <string>
#include <vector>

namespace yett::accounts {

struct account_services;

// One line of "where am I signed in".
struct signed_in
{
    std::string id;
    device from;
    wall_time created_at{};
    wall_time last_seen{};
    wall_time until{};    // unless it is used before
    bool current = false; // the one that asks
};

// Who asks, as the access token says it.
struct caller
{
    std::string user_id;
    std::string session; // `sid` of the token that asks
    device from;
};

// A part of a long list.
struct part
{
    std::string after; // the id of the last one seen; empty: from the beginning
    std::size_t limit = 100;
};

// A part of the list, and how to ask for the next one.
struct signed_in_page
{
    std::vector<signed_in> lines;
    std::string next; // `after` of the next part; empty: there is none
};

// A part of the caller's live sessions, youngest first.
task<result<signed_in_page>> list_sessions(account_services const& services, caller who, part wanted, wall_time now);

// Ends one of the caller's sessions, with the promises of logout. `not_found` for an id
// that is not theirs.
task<result<void>> end_session(account_services const& services, caller who, std::string id, wall_time now);

// Ends all of the caller's sessions but the one that asks. Returns how many were live.
task<result<std::size_t>> end_other_sessions(account_services const& services, caller who, wall_time now);

} // namespace yett::accounts
