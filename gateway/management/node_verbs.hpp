#pragma once

#include "gateway/management/verb.hpp"

namespace yett::management {

// The programs that work on one store: where, since when, when last seen, and for how long each has not
// known what the others revoked.
task<answer> list_nodes(office const& at, order& asked, occasion const& when);

} // namespace yett::management
