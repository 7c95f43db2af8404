#pragma once

#include "config/reading/document.hpp"

#include <string>
#include <vector>

namespace yett::config {

// The document with sums in place of its texts, so that it can be kept for later without the
// secrets in it. Sums of equal texts are equal in one process.
document without_texts(document written);

// Where two documents differ, as paths of keys in the order of the first and then of the
// second: `tokens.access_ttl`, `routes[2].access`. A list whose length differs is named as a
// whole, and so is a member that only one of them has. Comments, order of members and ways to
// quote are no difference.
std::vector<std::string> changed_keys(document const& before, document const& after);

} // namespace yett::config
