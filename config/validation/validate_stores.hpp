#pragma once

#include "config/values/settings.hpp"

namespace yett::config {

class reading;

// What cannot mean what it says although each setting alone is fine: about the store, those that
// share it, and the keys in it.
void validate_stores(reading& r, settings const& all);

} // namespace yett::config
