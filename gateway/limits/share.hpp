#pragma once

#include "gateway/limits/spec.hpp"

namespace yett::limits {

// What one of `nodes` programs may allow by itself while they cannot count together: an even part of the amount
// and of the burst, rounded down, but at least one. So all of them together stay within the limit, except
// where there are more programs than the limit has units.
limit_spec share_of(limit_spec whole, unsigned nodes);

} // namespace yett::limits
