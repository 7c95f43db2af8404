#pragma once

#include "config/values/settings.hpp"

namespace yett::config {

class reading;

// Settings about who is asking that are good one by one and not together.
void validate_identity(reading& r, settings const& all);

} // namespace yett::config
