#pragma once

#include "gateway/accounts/ports/stores.hpp"

namespace yett::storage::memory {

// Users and sessions that live as long as the process: for tests and for trying out.
accounts::stores make_stores();

} // namespace yett::storage::memory
