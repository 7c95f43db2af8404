#pragma once

#include "gateway/base/secret.hpp"

#include <string>

namespace yett::accounts {

// crypt(3): the hash of the password under a setting, which a stored hash is, too. Empty
// when crypt failed. What it worked in is wiped.
std::string run_crypt(secret const& password, std::string const& setting);

} // namespace yett::accounts
