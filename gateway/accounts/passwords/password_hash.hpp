#pragma once

#include "gateway/accounts/passwords/password.hpp"

#include <optional>

namespace yett::accounts {

// What a stored hash says of itself, before any work is done for it.
struct hash_shape
{
    hashing_rules::kind kind = hashing_rules::kind::argon2id;
    std::size_t memory = 0; // bytes that verifying takes; 0 for bcrypt
    bool condensed = false; // bcrypt of a condensed password
    bool foreign = false;   // neither of the kinds that Yett makes: see imported_hash.hpp
    bool weak = false;      // of a foreign one: whoever stole it has the password
    bool current = false;   // kind and cost are what the rules say
};

// Reads a stored hash. Nothing when it is malformed, of a kind that is not known, or
// more expensive than a sane operator makes them: bcrypt beyond cost 15, argon2 beyond
// the memory of the rules, 16 passes, or 2 GiB of memory traffic; read_imported says the
// same of foreign ones.
std::optional<hash_shape> read_shape(std::string const& stored, hashing_rules const& rules);

// Computes a new hash of the configured kind. Fails with `internal` when the library does,
// with `password_weak` for NUL. Blocks for as long as the hash takes.
result<std::string> make_hash(secret const& password, hashing_rules const& rules);

// Whether the hash is the password's. Blocks for as long as the hash takes.
bool is_hash_of(std::string const& stored, hash_shape const& shape, secret const& password);

} // namespace yett::accounts
