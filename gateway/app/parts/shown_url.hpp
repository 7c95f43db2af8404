#pragma once

#include "config/values/settings.hpp"

#include <string>
#include <string_view>

namespace yett::app {

// A postgresql:// URL as people may see it: without what is, or may be, a password.
std::string shown_url(std::string_view url);

// The storage in the same way.
std::string shown_store(config::storage const& s);

} // namespace yett::app
