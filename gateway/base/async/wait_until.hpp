#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/clock.hpp"

namespace yett {
inline namespace base {

// Comes back on the same worker at that time, to the microsecond or so; base::deadlines are
// for many timeouts that seldom fire.
task<void> wait_until(steady_time at);

} // namespace base
} // namespace yett
