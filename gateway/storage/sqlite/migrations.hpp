#pragma once

#include "gateway/storage/schema/migrations.hpp"
#include "gateway/storage/sqlite/schema.hpp"

#include <memory>
#include <span>
#include <string>

namespace yett::storage::sqlite {

// The schema of the store in this file, which need not be there. Copies lie beside it, as
// `FILE.before-N` where N is the newest version that is known. `all` outlives what is returned.
std::unique_ptr<schema::migrations> open_migrations(std::string const& path, std::span<schema::step const> all = steps());

} // namespace yett::storage::sqlite
