#pragma once

#include "config/settings.hpp"
#include "gateway/pages/book.hpp"

namespace yett::app {

// How the pages look and what they offer. Reads the logo; throws startup_error when it
// cannot be read.
pages::look look_of(config::settings const& s);

} // namespace yett::app
