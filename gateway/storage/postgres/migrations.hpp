#pragma once

#include "gateway/storage/postgres/pool/login.hpp"
#include "gateway/storage/postgres/schema.hpp"
#include "gateway/storage/schema/migrations.hpp"

#include <memory>
#include <span>

namespace yett::storage::postgres {

// The schema of the store in this database, which may be empty. Keeps one connection from the first
// question on. Copies are the server's business. `all` outlives what is returned.
//
// Throws std::runtime_error, then and later, when no server takes the connection, or the encoding
// of the database is not UTF8.
std::unique_ptr<schema::migrations> open_migrations(options const& by, std::span<schema::step const> all = steps());

} // namespace yett::storage::postgres
