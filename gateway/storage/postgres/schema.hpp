#pragma once

namespace yett::storage::postgres {

struct options;

// The version that this program reads and writes.
int newest_schema() noexcept;

// Brings the tables to the newest version, each step in a transaction of its own, so that
// an interrupted start continues where it was. Of nodes that start at once one takes a step
// and the others find it taken. Throws std::runtime_error when there is no connection, when a
// step fails, and when the tables were written by a newer program: they may mean something else.
void migrate(options const& by);

} // namespace yett::storage::postgres
