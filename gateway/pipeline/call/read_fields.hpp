#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/result.hpp"
#include "gateway/http/bodies/json_body.hpp"

namespace yett::http {
class exchange;
} // namespace yett::http

namespace yett::pipeline {

// Reads the whole body of a request and its members, JSON or a form. Fails like the
// connection, or like `body_fields::read`.
task<result<http::body_fields>> read_fields(http::exchange& ex);

} // namespace yett::pipeline
