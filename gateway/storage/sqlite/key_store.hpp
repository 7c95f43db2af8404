#pragma once

#include "gateway/tokens/keys/key_store.hpp"

#include <memory>
#include <string>

namespace yett::storage::sqlite {

// Signing keys in the SQLite file of make_stores(), over a connection of its own: they are
// needed before anything else is open, and by commands that need nothing else. Throws like
// make_stores().
std::unique_ptr<tokens::key_store> make_key_store(std::string const& path);

} // namespace yett::storage::sqlite
