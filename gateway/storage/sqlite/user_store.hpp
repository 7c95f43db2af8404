#pragma once

#include "gateway/accounts/user_store.hpp"

#include <memory>

namespace yett::storage::sqlite {

class connections;

std::unique_ptr<accounts::user_store> make_user_store(std::shared_ptr<connections> shared);

} // namespace yett::storage::sqlite
