#pragma once

#include "gateway/accounts/ports/api_key_store.hpp"

#include <memory>

namespace yett::storage::memory {

struct tables;

std::unique_ptr<accounts::api_key_store> make_api_key_store(std::shared_ptr<tables> shared);

} // namespace yett::storage::memory
