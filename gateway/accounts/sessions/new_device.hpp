#pragma once

#include "gateway/accounts/ports/session_store.hpp"

namespace yett::accounts {

struct account_services;
struct user;

// Writes to the owner of a login that is not their first and came from a device or a network
// that was not seen before. A login does not fail for it.
task<void> tell_of_new_device(account_services const& services, user const& who, device const& from, wall_time now);

// The marks of a device, as hashes that mean nothing outside this user's account. Two things make
// a device: its User-Agent without version numbers, which an update does not change, and its
// network, /16 of IPv4 and /32 of IPv6, which a mobile phone does not leave every hour.
std::vector<std::string> marks_of(std::string_view user_id, device const& from);

} // namespace yett::accounts
