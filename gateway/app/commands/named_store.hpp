#pragma once

#include "config/values/settings.hpp"

#include <optional>
#include <string>

namespace yett::app {

// A store as a word of the command line names it: a URL (a path in it begins in the current
// folder), or a configuration whose storage is meant. Complaints about that go to standard
// error; then there is nothing. Throws startup_error for a URL that cannot be used, also because it
// has a password in it, which everybody on the machine could read.
std::optional<config::storage> store_named(std::string const& word);

} // namespace yett::app
