#pragma once

#include <string>

namespace yett::storage::sqlite {

class database;

// The version that this program reads and writes.
int newest_schema() noexcept;

// Brings the tables to the newest version, each step in a transaction of its own, so that
// an interrupted start continues where it was. Safe when two processes start at once.
// Throws std::runtime_error when a step fails, and when the file was written by a newer
// program: its tables may mean something else.
void migrate(database& db, std::string const& path);

} // namespace yett::storage::sqlite
