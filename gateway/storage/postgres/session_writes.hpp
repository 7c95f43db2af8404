#pragma once

#include "gateway/accounts/ports/session_store.hpp"
#include "gateway/storage/postgres/client/database.hpp"

namespace yett::storage::postgres {

// The writes of session_store, each a whole transaction in one round trip.
task<result<accounts::rotated>> rotate(database& db, accounts::rotation const& asked);
task<result<accounts::ended>> end_one(database& db, accounts::ending const& asked);
task<result<accounts::ended>> end_all(database& db, accounts::ending const& asked);
task<result<accounts::admitted>> admit(database& db, accounts::arrival const& asked);

} // namespace yett::storage::postgres
