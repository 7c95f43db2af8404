#pragma once

#include "gateway/accounts/ports/user_store.hpp"
#include "gateway/management/context.hpp"

#include <string>

namespace yett::management {

// The user with this e-mail address, "service:NAME" or id. `not_found` with a note that names who was
// looked for.
task<result<accounts::user>> find_user(context const& ctx, std::string const& who);

// Writes one line of the audit log about a user.
void report(context const& ctx, std::string_view event, std::string_view user_id, actor const& caller);

} // namespace yett::management
