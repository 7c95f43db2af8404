#pragma once

#include <string>
#include <string_view>

namespace yett::mail {

// What is wrong with a template of that name ("verify_address.txt"); empty when nothing is.
std::string complaint_about_template(std::string_view name, std::string const& text);

} // namespace yett::mail
