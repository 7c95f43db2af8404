#pragma once

#include "config/settings.hpp"
#include "gateway/accounts/stores.hpp"

namespace yett::app {

// Opens the store of users and sessions; makes its folder when it is missing. Throws startup_error.
accounts::stores open_stores(config::storage const& s);

} // namespace yett::app
