#pragma once

#include "gateway/base/clock.hpp"

#include <string>

namespace yett::http {
class head;
} // namespace yett::http

namespace yett::pipeline {

// The id a request is known by in logs and replies: the one a trusted proxy gave it, when
// it is 1 to 128 characters of [A-Za-z0-9._:-], else a new UUIDv7.
std::string request_id_of(http::head const& head, bool trusted, wall_time now);

} // namespace yett::pipeline
