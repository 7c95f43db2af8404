#pragma once

#include "gateway/base/clock.hpp"

#include <string_view>

namespace yett::accounts {

struct caller;
struct account_services;

// What somebody who is signed in did to their own account, in the words of the audit log.
struct own_deed
{
    std::string_view done;
    std::string_view failed;
};

// Writes the audit line; `reason` says why it failed, empty when it did not.
void report(account_services const& services, own_deed const& deed, caller const& who, std::string_view reason, wall_time now);

} // namespace yett::accounts
