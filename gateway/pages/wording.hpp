#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/pages/language.hpp"

#include <string>
#include <string_view>

namespace yett::pages {

// "5 minutes ago", in the largest unit that fits; what lies ahead is "just now".
std::string ago(seconds since, language l);

// "15 minutes", rounded up: who waits as long as this has waited long enough.
std::string wait_of(seconds wait, language l);

// The day in UTC: "21 Nov 2026", "21.11.2026".
std::string date_of(wall_time at, language l);

// "Firefox on Linux", or what is known of it.
std::string device_of(std::string_view user_agent, language l);

} // namespace yett::pages
