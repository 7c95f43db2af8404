#pragma once

#include "gateway/accounts/audit_sink.hpp"

namespace yett::accounts {

struct account_services;
struct device;

// Writes the audit line of what somebody did from a device; `event` says the rest.
void report(account_services const& services, audit_event event, device const& from, wall_time now);

} // namespace yett::accounts
