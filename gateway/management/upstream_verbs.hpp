#pragma once

#include "gateway/management/verb.hpp"

namespace yett::management {

// The servers of all applications: whether they are given requests, since when, and why not. Only the running
// program knows.
task<answer> list_upstreams(context const& ctx, arguments& asked, actor const& caller);

} // namespace yett::management
