#pragma once

#include "gateway/accounts/ports/user_store.hpp"

#include <memory>

namespace yett::storage::memory {

struct tables;

std::unique_ptr<accounts::user_store> make_user_store(std::shared_ptr<tables> shared);

} // namespace yett::storage::memory
