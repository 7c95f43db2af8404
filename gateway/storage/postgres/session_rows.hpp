#pragma once

#include "gateway/accounts/session_store.hpp"
#include "gateway/storage/postgres/database.hpp"

namespace yett::storage::postgres {

// What select_session names, in its order.
accounts::session read_session(row const& of);
std::string const& select_session();
// Kind, id, at and until come first.
accounts::revocation read_revocation(row const& of);

// Queued, like every write that tells nothing: they fail with what is sent next.
void queue_insertion(database& db, accounts::session const& added);
void queue_update(database& db, accounts::session const& changed); // what a rotation, a replay or an end can change
void queue_revocation(database& db, accounts::revocation const& known);

} // namespace yett::storage::postgres
