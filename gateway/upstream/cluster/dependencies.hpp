#pragma once

#include "gateway/base/async/deadlines.hpp"
#include "gateway/base/async/task.hpp"

#include <cstddef>

namespace yett::telemetry {
struct upstream_figures;
} // namespace yett::telemetry

namespace yett::upstream {

// What the worker gives to everything that reaches an application. It outlives all of them.
struct dependencies
{
    base::executor executor;
    base::deadlines& deadlines;
    telemetry::upstream_figures& figures;
    std::size_t worker = 0; // its number, where workers have figures side by side
};

} // namespace yett::upstream
