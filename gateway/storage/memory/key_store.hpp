#pragma once

#include "gateway/tokens/keys/key_store.hpp"

#include <memory>

namespace yett::storage::memory {

// Signing keys that live as long as the process: for tests and for trying out.
std::unique_ptr<tokens::key_store> make_key_store();

} // namespace yett::storage::memory
