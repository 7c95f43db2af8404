#pragma once

#include "gateway/base/clock.hpp"

#include <string>

namespace yett::app {

// What an operator should know of a node whose clock is `ahead` of its store's, or behind; empty when
// it is not by more than what is allowed to tokens.
std::string say_skew(milliseconds ahead, seconds allowed);

} // namespace yett::app
