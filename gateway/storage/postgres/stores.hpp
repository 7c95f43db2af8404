#pragma once

#include "gateway/accounts/ports/stores.hpp"
#include "gateway/storage/postgres/pool/login.hpp"

namespace yett::storage::postgres {

// Users, sessions and letters in one PostgreSQL database, whose tables are made when there are none.
// Any number of processes may share it.
//
// Throws std::runtime_error with a complaint when no server takes the connection, the encoding of
// the database is not UTF8, its schema is older (see migrations) or means something else by now.
accounts::stores make_stores(options by);

} // namespace yett::storage::postgres
