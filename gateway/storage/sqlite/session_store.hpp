#pragma once

#include "gateway/accounts/ports/session_store.hpp"

#include <memory>

namespace yett::storage::sqlite {

class connections;

std::unique_ptr<accounts::session_store> make_session_store(std::shared_ptr<connections> shared);

} // namespace yett::storage::sqlite
