#pragma once

#include "gateway/accounts/passwords/imported_hash.hpp"

#include <cstddef>
#include <cstdint>

namespace yett::accounts {

// What a login may cost, and below what a hash is weak, whatever its kind.
inline constexpr std::uint64_t most_rounds = 5'000'000;
inline constexpr std::uint64_t fewest_rounds = 1'000;
inline constexpr std::size_t most_traffic = std::size_t{2} << 30;

// PBKDF2 and scrypt in the spellings of imported_hash.hpp; nothing where read_imported
// promises nothing.
std::optional<imported_hash> read_pbkdf2(std::string_view text);
std::optional<imported_hash> read_scrypt(std::string_view text, std::size_t most_memory);

// Whether one of these is the password's.
bool derives(imported_hash const& h, secret const& password);

} // namespace yett::accounts
