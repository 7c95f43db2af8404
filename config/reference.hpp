#pragma once

#include <string>

namespace yett::config {

// The reference of the format in Markdown, from the same table that files are read by.
std::string reference();

} // namespace yett::config
