#pragma once

#include <string>
#include <string_view>

namespace yett::app {

// A postgresql:// URL as people may see it: without what is, or may be, a password.
std::string shown_url(std::string_view url);

} // namespace yett::app
