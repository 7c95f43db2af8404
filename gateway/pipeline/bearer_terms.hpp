#pragma once

#include "gateway/upstream/headers/header_plan.hpp"

#include <functional>
#include <string_view>

namespace yett::pipeline {

struct route_facts;

// Which credentials go on under a rule, whoever comes with them. `is_ours` has to outlive it, as
// the rule has to.
upstream::bearer_terms bearer_terms_of(route_facts const& facts, std::function<bool(std::string_view)> const& is_ours);

} // namespace yett::pipeline
