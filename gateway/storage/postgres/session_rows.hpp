#pragma once

#include "gateway/accounts/ports/session_store.hpp"
#include "gateway/storage/postgres/client/database.hpp"

namespace yett::storage::postgres {

// What read_session reads, in its order.
std::string const& session_columns();
inline constexpr int session_width = 16;
accounts::session read_session(result_row const& of);
std::string const& select_session();
// Kind, id, at and until come first.
accounts::revocation read_revocation(result_row const& of);

// Queued: it fails with what is sent next.
void queue_revocation(database& db, accounts::revocation const& known);
// The part of a statement that notes the same of sessions: those in the part called `ended`, which
// has id, ended_at and access_until of each.
std::string revocations_of(std::string const& ended);

} // namespace yett::storage::postgres
