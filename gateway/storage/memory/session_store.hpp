#pragma once

#include "gateway/accounts/ports/session_store.hpp"

#include <memory>

namespace yett::storage::memory {

struct tables;

std::unique_ptr<accounts::session_store> make_session_store(std::shared_ptr<tables> shared);

} // namespace yett::storage::memory
