#pragma once

#include "gateway/base/error.hpp"
#include "gateway/telemetry/metrics.hpp"

namespace yett::accounts {
struct grant;
} // namespace yett::accounts

namespace yett::pipeline {

// How a refresh token was answered, for the counters: by the endpoint, or on the way of a request.
telemetry::refresh_outcome refreshed_as(accounts::grant const& given) noexcept;
telemetry::refresh_outcome refreshed_as(error const& why) noexcept;

} // namespace yett::pipeline
