#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/pages/language.hpp"

#include <string>

namespace yett::pages {

// "5 minutes ago", in the largest unit that fits; what lies ahead is "just now".
std::string ago(seconds since, language l);

// "15 minutes", rounded up: who waits as long as this has waited long enough.
std::string wait_of(seconds wait, language l);

// The day in UTC: "21 Nov 2026", "21.11.2026".
std::string date_of(wall_time at, language l);

} // namespace yett::pages
