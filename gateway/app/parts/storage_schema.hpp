#pragma once

#include "config/values/settings.hpp"
#include "gateway/storage/schema/migrations.hpp"
#include "gateway/telemetry/log.hpp"

#include <memory>
#include <optional>
#include <string>

namespace yett::app {

// The schema of the configured storage. Null for memory:, which has none. Throws std::runtime_error.
std::unique_ptr<storage::schema::migrations> open_migrations(config::storage const& s);

// Brings the storage up to date, or refuses where that is not asked for (storage.migrate: manual)
// or not possible; who uses a store calls this before. Throws startup_error.
void prepare_schema(config::storage const& s, storage::schema::witness const& told);

// Why prepare_schema would refuse; nothing when it would not. Changes nothing. Throws startup_error.
std::optional<std::string> schema_obstacle(config::storage const& s);

// For a program, into its log; for a command, to standard error. The log outlives the witness.
storage::schema::witness told_in_log(telemetry::log& to);
storage::schema::witness told_on_terminal();

} // namespace yett::app
