#pragma once

#include "gateway/management/verb.hpp"

namespace yett::management {

// A page of live sessions: of "user", youngest first, or of everybody ("after", "limit").
task<answer> list_sessions(context const& ctx, arguments& asked, actor const& caller);

// Ends "session", or all sessions of "user"; exactly one is given. No worker accepts their
// tokens when it returns.
task<answer> end_sessions(context const& ctx, arguments& asked, actor const& caller);

// Ends all sessions of one user, the part that other verbs share. Says how many were live.
task<result<std::size_t>> end_all_sessions(context const& ctx, std::string const& user_id, wall_time now);

} // namespace yett::management
