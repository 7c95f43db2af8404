#pragma once

#include "gateway/http/exchange.hpp"

#include <vector>

namespace yett::pipeline {

struct request_context;

// What pages of other sites are told of a reply to this request, an error reply as well; nothing where its
// rule does not speak of them, or none was found. The views point into the request and into its rule.
std::vector<http::field> cors_fields(http::exchange const& ex, request_context const& context);
// Adds them to a reply of ours.
void add_cors_fields(http::reply& r, http::exchange const& ex, request_context const& context);

} // namespace yett::pipeline
