#pragma once

#include "gateway/base/clock.hpp"

#include <cstddef>

// What the configuration says of passwords; its defaults are these.
namespace yett::accounts {

// What a new password must be. There are no composition rules (NIST SP 800-63B-4 section 3.1.1.2).
struct password_rules
{
    std::size_t min_length = 12; // code points
    std::size_t max_bytes = 1024;
    unsigned min_strength = 3; // zxcvbn's scale, 0 to 4
};

// How passwords are hashed.
struct hashing_rules
{
    enum class kind : unsigned char
    {
        argon2id,
        bcrypt
    };

    // How new ones are hashed. A hash that was made with other numbers still verifies, and is
    // replaced at the next login.
    kind hash = kind::argon2id;
    std::size_t argon2id_memory = std::size_t{19} << 20; // bytes
    unsigned argon2id_iterations = 2;                    // parallelism is 1: libsodium makes no other
    unsigned bcrypt_cost = 12;
    // How much may go on at the same time. What finds no place waits up to `wait`, in a queue of
    // that many, and fails with overloaded after that.
    unsigned threads = 0;                        // 0: one per core, but for one
    std::size_t memory = std::size_t{512} << 20; // what all hashes under way may use together
    std::size_t queue = 128;
    milliseconds wait{5000};
};

} // namespace yett::accounts
