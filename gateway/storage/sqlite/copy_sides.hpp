#pragma once

#include "gateway/storage/transfer/side.hpp"

#include <memory>
#include <string>

namespace yett::storage::sqlite {

// The store in a file, to be copied into another one: nobody else can open it meanwhile, nor
// can it be opened while somebody has. Its schema must be this program's. Throws std::runtime_error.
std::unique_ptr<transfer::side> open_source(std::string const& path);

// A new file to copy a store into. It lies in `PATH.copying` until it is whole, where a copy that
// was broken off goes on.
std::unique_ptr<transfer::copy_target> make_target(std::string const& path);

} // namespace yett::storage::sqlite
