#pragma once

#include "gateway/base/clock.hpp"

#include <filesystem>
#include <optional>

namespace yett::app {

// When the first certificate of a PEM file ends; nothing when the file holds none.
std::optional<wall_time> certificate_expiry(std::filesystem::path const& file);

} // namespace yett::app
