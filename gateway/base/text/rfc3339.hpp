#pragma once

#include "gateway/base/clock.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace yett {
inline namespace base {

// Every time that is written or read goes through this file, and all of it is UTC: the time
// zone and the locale of the machine have no say.

// `form` with its gaps filled in: %Y %m %d %H %M %S are numbers with leading zeros, %a and
// %b the English names of day and month in three letters, %% is a percent sign.
std::string utc_text(wall_time at, std::string_view form);

// "2026-01-31T12:00:00Z": RFC 3339, whole seconds, rounded down.
std::string rfc3339(wall_time at);

// Reads that form, and what databases and spreadsheets make of it: a blank for the T,
// no seconds, a fraction (what is finer than a millisecond is dropped), a bare date
// (midnight); offsets as Z, UTC, +02, +0230, +02:30 or +02:30:00, also behind a blank, and
// none is UTC. Nothing for anything else, orders of day and month that can be mistaken
// among them.
std::optional<wall_time> read_time(std::string_view text);

} // namespace base
} // namespace yett
