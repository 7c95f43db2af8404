#pragma once

#include <string>
#include <string_view>

namespace yett::pages {

// The text of a built-in file with every {{>part}} replaced by the file "part.html". Throws
// std::out_of_range for a file that does not exist: the build would be broken.
std::string template_text(std::string_view file);

} // namespace yett::pages
