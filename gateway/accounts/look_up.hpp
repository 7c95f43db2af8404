#pragma once

#include "gateway/accounts/ports/user_store.hpp"

#include <optional>

namespace yett::accounts {

struct account_services;

// Whose address this is. Nobody when it is none or nobody's; fails like the store.
task<result<std::optional<user>>> look_up(account_services const& services, std::string email);

} // namespace yett::accounts
