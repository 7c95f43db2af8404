#pragma once

#include "config/reading/environment.hpp"
#include "gateway/base/result.hpp"

#include <string>
#include <string_view>

namespace yett::config {

// Fills in `${NAME}` and `${NAME:-default}`; the default stands in when the variable is
// unset or empty, as in a shell. `$$` is a dollar sign, and so is one before anything
// but a brace. What a variable holds is not looked at again.
//
// Fails with bad_request when a variable without default is unset or the braces hold
// anything else; the note says which.
result<std::string> expand(std::string_view text, environment const& around);

} // namespace yett::config
