#pragma once

#include "gateway/tokens/keys/key_store.hpp"

#include <memory>
#include <string>

namespace yett::tokens {

// Keys in a directory, one file each (mode 0600), named `<alg>-<number>.pem`. Other files
// are left alone. The directory is made when the first key is added; what root adds belongs
// to its owner. Calls block, for as long as the file system does.
std::unique_ptr<key_store> make_key_files(std::string directory);

} // namespace yett::tokens
