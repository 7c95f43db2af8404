#pragma once

#include "config/values/settings.hpp"

namespace yett::config {

class reading;

// What only several keys together can get wrong, and what the files they name can. The
// rules of routes themselves are checked by `policies::compile`.
void validate(reading& r, settings const& all);

} // namespace yett::config
