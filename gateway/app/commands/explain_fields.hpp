#pragma once

#include "config/values/settings.hpp"
#include "gateway/base/identity.hpp"
#include "gateway/base/result.hpp"

#include <string>
#include <vector>

namespace yett::http {
class head;
class target;
} // namespace yett::http
namespace yett::policies {
class route;
} // namespace yett::policies

namespace yett::app {

// What an option of the command line stands for: "NAME: value" as it is, NAME with a value that
// the gate lets through.
std::string header_line_of(std::string const& option);

// A line for each field of a request, whether the application behind the rule gets it, and one
// for each that the rule sets. The settings must have no complaints.
result<std::vector<std::string>> explain_fields(config::settings const& s, http::head const& head, http::target const& where,
                                                policies::route const& rule, identity const* who);

} // namespace yett::app
