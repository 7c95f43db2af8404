#pragma once

#include "config/values/settings.hpp"
#include "gateway/console/management_client.hpp"

#include <memory>

namespace yett::app {

// The store itself as a command's management client, for when no program runs that could be asked.
// Its audit lines go where the configuration says, to standard error instead of output.
//
// Throws startup_error, also for a store that lives in a running program's memory.
std::unique_ptr<console::management_client> open_offline_client(config::settings settings);

} // namespace yett::app
