#pragma once

#include "gateway/accounts/ports/recovery_store.hpp"

#include <memory>
#include <string>

namespace yett::storage::sqlite {

// Of the store in a file, which must have this program's schema. Throws std::runtime_error.
std::unique_ptr<accounts::recovery_store> make_recovery_store(std::string const& path);

// Whether somebody else has the file open, and be it without doing anything. Throws
// std::runtime_error.
bool is_open_elsewhere(std::string const& path);

} // namespace yett::storage::sqlite
