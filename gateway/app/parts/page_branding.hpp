#pragma once

#include "config/values/settings.hpp"
#include "gateway/pages/branding.hpp"

namespace yett::app {

// How the pages look and what they offer. Reads the logo; throws startup_error when it
// cannot be read.
pages::branding branding_of(config::settings const& s);

} // namespace yett::app
