#pragma once

#include "gateway/accounts/ports/stores.hpp"

#include <string>

namespace yett::storage::sqlite {

// Users, sessions and letters in one SQLite file, which is made with mode 0600 when it does not
// exist and brought to the current schema when it is older.
//
// One thread writes: what waits together is committed together, and each caller is told
// after the commit. Another thread reads, without waiting for the disk.
//
// Throws std::runtime_error with a complaint that names the file when it cannot be opened
// or made, is no database, is damaged, or has a newer schema than this program knows.
accounts::stores make_stores(std::string const& path);

} // namespace yett::storage::sqlite
