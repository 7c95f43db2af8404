#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace yett::accounts {

// What crypt takes for a `$y$` or `$gy$` (yescrypt) or a `$7$` (scrypt).
struct yescrypt_cost
{
    std::uint64_t rounds = 0;  // N
    std::size_t memory = 0;    // bytes
    std::uint64_t traffic = 0; // bytes written and read, roughly
    bool no_salt = false;
};

// Reads it out of a stored hash, without computing anything. Nothing when it is malformed,
// or uses what nobody's passwd writes: other flavours, a ROM, upgrades of older hashes.
std::optional<yescrypt_cost> read_yescrypt_cost(std::string_view stored);

} // namespace yett::accounts
