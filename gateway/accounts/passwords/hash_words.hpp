#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yett::accounts {

// The pieces of which stored hashes are made.

std::vector<std::string_view> split(std::string_view text, char at);

// Decimal digits and nothing else.
std::optional<std::uint64_t> number(std::string_view text);

// Base64 with or without padding; '.' where passlib has it for '+'.
std::optional<std::string> from_base64(std::string_view text);

std::optional<std::string> from_hex(std::string_view text);

// The letters of crypt(3): ./0-9A-Za-z. What number one stands for; nothing for others.
std::optional<unsigned> crypt_digit(char letter);

} // namespace yett::accounts
