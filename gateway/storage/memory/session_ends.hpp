#pragma once

#include "gateway/accounts/ports/session_ends.hpp"

#include <memory>

namespace yett::storage::memory {

struct tables;

std::unique_ptr<accounts::session_ends> make_session_ends(std::shared_ptr<tables> shared);

} // namespace yett::storage::memory
