#pragma once

#include "policies/spec.hpp"

#include <string>
#include <vector>

namespace yett::pipeline {

// The rules for what Yett answers itself. They stand before the configured ones, so that
// no rule for "/**" can take /auth away. What is below a prefix and no endpoint is answered
// with 404 here: a password sent to a mistyped path must not reach the application.
std::vector<policies::route_spec> auth_routes(std::vector<std::string> const& prefixes);

} // namespace yett::pipeline
