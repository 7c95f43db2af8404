#pragma once

#include "gateway/accounts/ports/user_store.hpp"

#include <optional>

namespace yett::accounts {

struct desk;

// Whose address this is. Nobody when it is none or nobody's; fails like the store.
task<result<std::optional<user>>> look_up(desk const& at, std::string email);

} // namespace yett::accounts
