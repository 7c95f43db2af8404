#pragma once

#include "gateway/accounts/account_services.hpp"
#include "gateway/base/clock.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace yett::accounts {
class node_list;
} // namespace yett::accounts

namespace yett::management {

// One server of an application, as the program sees it at the moment.
struct upstream_row
{
    std::string upstream;
    std::string server;
    std::string state; // "up", "unhealthy", "ejected"
    milliseconds unchanged_for{};
    unsigned weight = 0;
    unsigned share = 0; // of the weight, in hundredths: less for a while after it was away
    std::uint64_t in_flight = 0;
    std::uint64_t good = 0; // requests since the start, by what they said of it
    std::uint64_t bad = 0;
    std::string cause; // why it is away, or was the last time
};

// What the operator's verbs work with: the running program's own parts, or those that a
// command made for itself because nothing runs. All of it outlives the context.
struct context
{
    accounts::account_services const& services;
    accounts::node_list* nodes = nullptr;                    // null where the store is of one program
    std::function<std::vector<upstream_row>()> upstreams{}; // empty where nothing is forwarded
};

// Who asks, for the audit log.
struct actor
{
    std::string by; // "uid 0", as the kernel says
    wall_time now{};
};

} // namespace yett::management
