#pragma once

#include "gateway/accounts/ports/recovery_store.hpp"
#include "gateway/storage/postgres/pool/login.hpp"

#include <memory>

namespace yett::storage::postgres {

// Of the store in a database. Throws std::runtime_error.
std::unique_ptr<accounts::recovery_store> make_recovery_store(options by);

} // namespace yett::storage::postgres
