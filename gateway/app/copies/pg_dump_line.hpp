#pragma once

#include <string>
#include <string_view>

namespace yett::app {

// The line for a shell that backs up the database of a postgresql:// URL into a file. No password
// that the URL holds is in it.
std::string pg_dump_line(std::string_view url, std::string_view file);

} // namespace yett::app
