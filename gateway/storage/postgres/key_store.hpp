#pragma once

#include "gateway/storage/postgres/pool/login.hpp"
#include "gateway/tokens/keys/key_store.hpp"

#include <memory>

namespace yett::storage::postgres {

// Signing keys in the database of make_stores(), over one connection of its own: they are needed
// before anything else is open, and by commands that need nothing else. Throws like make_stores().
std::unique_ptr<tokens::key_store> make_key_store(options by);

} // namespace yett::storage::postgres
