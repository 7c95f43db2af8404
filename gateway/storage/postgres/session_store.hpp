#pragma once

#include "gateway/accounts/session_store.hpp"

#include <memory>

namespace yett::storage::postgres {

class connections;

std::unique_ptr<accounts::session_store> make_session_store(std::shared_ptr<connections> shared);

} // namespace yett::storage::postgres
