#pragma once

#include "gateway/base/clock.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace yett {
inline namespace base {

// "2026-01-31T12:00:00Z": RFC 3339, UTC, whole seconds.
std::string rfc3339(wall_time at);

// Reads that form, with a fraction and an offset, too; nothing for anything else.
std::optional<wall_time> read_rfc3339(std::string_view text);

} // namespace base
} // namespace yett
