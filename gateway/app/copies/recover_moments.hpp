#pragma once

#include "gateway/base/clock.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace yett::app {

// "now", or a time as base::read_time takes it.
std::optional<wall_time> moment_named(std::string_view text, wall_time now);

// Why no recovery can refuse the tokens issued before this moment, in words; nothing when it can.
// `last` is the last thing the store tells of: what was issued between the two would stay good.
std::optional<std::string> fault_of_moment(wall_time before, std::optional<wall_time> last, wall_time now);

// "2026-11-29T02:14:07Z, 55 min ago"
std::string shown_moment(wall_time at, wall_time now);

} // namespace yett::app
