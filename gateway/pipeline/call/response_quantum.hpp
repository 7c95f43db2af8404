#pragma once

#include "gateway/base/clock.hpp"

namespace yett::pipeline {

// Answers that must not tell what was found leave on a beat that began with the request.
// The same work for everybody leaves differences of microseconds, which somebody who asks
// often enough can see; what is left of them here is how seldom one takes a beat longer.
inline constexpr milliseconds response_quantum{50};

// The first beat at or after `now`, counted from `began`.
steady_time pad_to_quantum(steady_time began, steady_time now) noexcept;

} // namespace yett::pipeline
