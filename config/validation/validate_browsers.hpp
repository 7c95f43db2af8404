#pragma once

#include "config/values/settings.hpp"

namespace yett::config {

class reading;

// What keeps people in browsers out although each setting alone is fine: tokens that travel
// in a way a browser does not bring them back.
void validate_browsers(reading& r, settings const& all);

} // namespace yett::config
