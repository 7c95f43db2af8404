#pragma once

#include "gateway/accounts/passwords/imported_hash.hpp"

namespace yett::accounts {

// bcrypt of a sum of the password, by which programs get round its limit of 72 bytes, in the
// spellings of imported_hash.hpp; nothing when it is none or costs too much.
std::optional<imported_hash> read_prehashed(std::string_view text);

// What bcrypt is given for the password.
secret condense(imported_hash const& stored, secret const& password);

} // namespace yett::accounts
