#pragma once

#include "gateway/base/secret.hpp"

#include <string>
#include <string_view>

namespace yett::accounts {

// Apache's `$apr1$salt$hash`: MD5-crypt with a mark of its own, a thousand rounds. No
// library offers it. The salt is at most eight bytes. Empty when MD5 is not to be had.
std::string make_apr1(secret const& password, std::string_view salt);

} // namespace yett::accounts
