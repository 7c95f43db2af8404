#pragma once

#include "gateway/accounts/desk.hpp"
#include "gateway/base/clock.hpp"

#include <string>

namespace yett::accounts {
class node_list;
} // namespace yett::accounts

namespace yett::management {

// What the operator's verbs work with: the running program's own parts, or those that a
// command made for itself because nothing runs. All of it outlives the office.
struct office
{
    accounts::desk const& desk;
    accounts::node_list* nodes = nullptr; // null where the store is of one program
};

// Who asks, for the audit log.
struct occasion
{
    std::string by; // "uid 0", as the kernel says
    wall_time now{};
};

} // namespace yett::management
