#pragma once

#include "gateway/accounts/account_services.hpp"
#include "gateway/base/clock.hpp"

#include <string>

namespace yett::accounts {
class node_list;
} // namespace yett::accounts

namespace yett::management {

// What the operator's verbs work with: the running program's own parts, or those that a
// command made for itself because nothing runs. All of it outlives the context.
struct context
{
    accounts::account_services const& services;
    accounts::node_list* nodes = nullptr; // null where the store is of one program
};

// Who asks, for the audit log.
struct actor
{
    std::string by; // "uid 0", as the kernel says
    wall_time now{};
};

} // namespace yett::management
