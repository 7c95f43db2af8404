#pragma once

#include "config/values/settings.hpp"

#include <filesystem>
#include <optional>

namespace yett::app {

// Reads a configuration and compiles its rules; prints every complaint and warning to
// standard error. Nothing when it must not be used.
std::optional<config::settings> load_settings(std::filesystem::path const& file);

} // namespace yett::app
