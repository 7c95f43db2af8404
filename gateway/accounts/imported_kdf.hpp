#pragma once

#include "gateway/accounts/imported_hash.hpp"

namespace yett::accounts {

// PBKDF2 and scrypt in the spellings of imported_hash.hpp; nothing where read_imported
// promises nothing.
std::optional<imported_hash> read_pbkdf2(std::string_view text);
std::optional<imported_hash> read_scrypt(std::string_view text, std::size_t most_memory);

// Whether one of these is the password's.
bool derives(imported_hash const& h, secret const& password);

} // namespace yett::accounts
