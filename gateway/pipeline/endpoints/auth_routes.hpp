#pragma once

#include "policies/spec.hpp"

#include <string>
#include <vector>

namespace yett::pipeline {

// The rules for what Yett answers itself, from the rows of endpoints.cpp. They stand before the
// configured ones, so that no rule for "/**" can take /auth away. What is below a prefix and no
// endpoint is answered with 404 here: a password sent to a mistyped path must not reach the
// application.
//
// With pages, password managers are told where a password is changed (the W3C's "A well-known
// URL for changing passwords"); without them the application may have its own place for that.
std::vector<policies::route_spec> auth_routes(std::vector<std::string> const& prefixes, bool pages);

} // namespace yett::pipeline
