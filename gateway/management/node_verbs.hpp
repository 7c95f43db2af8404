#pragma once

#include "gateway/management/verb.hpp"

namespace yett::management {

// The programs that work on one store: where, since when, when last seen, and for how long each has not
// known what the others revoked.
task<answer> list_nodes(context const& ctx, arguments& asked, actor const& caller);

} // namespace yett::management
