#pragma once

#include "gateway/accounts/ports/session_ends.hpp"

#include <memory>

namespace yett::storage::sqlite {

class connections;

std::unique_ptr<accounts::session_ends> make_session_ends(std::shared_ptr<connections> shared);

} // namespace yett::storage::sqlite
