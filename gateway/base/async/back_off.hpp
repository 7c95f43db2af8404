#pragma once

#include "gateway/base/clock.hpp"

namespace yett {
inline namespace base {

// How long to leave a server alone that did not take `failures` connections in a row: 50 ms,
// doubled with each failure up to 1 s. `chance`, 0 to 1, takes away up to half of it, so
// that many who lost it at the same moment do not come back at the same moment.
milliseconds pause_after(unsigned failures, double chance) noexcept;

} // namespace base
} // namespace yett
