#pragma once

#include "gateway/telemetry/metrics.hpp"

namespace yett::app {

// What this program was built from and with.
telemetry::build_facts build_facts();

} // namespace yett::app
