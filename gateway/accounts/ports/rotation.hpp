#pragma once

#include "gateway/accounts/ports/session_store.hpp"

namespace yett::accounts {

// The rule of rotation, for the adapters that read a session, change it and write it back
// as one atomic step. Changes the session unless the outcome is `ended`.
rotation_outcome apply(rotation const& asked, session& onto);

// Marks a session as ended, unless it was already, and says what verifiers must know.
revocation end(session& s, wall_time now);

} // namespace yett::accounts
