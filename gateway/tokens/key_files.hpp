#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/base/result.hpp"
#include "gateway/tokens/keys.hpp"

#include <string>
#include <vector>

namespace yett::tokens {

// Where the private keys are that Yett signs with: one PEM file each (PKCS#8, mode 0600),
// named `<alg>-<number>.pem`. The highest number is the youngest key.
struct key_directory
{
    std::string path;
    secret passphrase;               // encrypts the files when it is not empty
};

struct stored_key
{
    signing_key key;
    unsigned number;
    wall_time made_at;
    std::string file;
};

// Every key of `alg` in the directory, oldest first; none at all is an empty list.
//
// One unreadable, foreign-readable or weak file fails the whole call: starting with fewer
// keys than yesterday would refuse good tokens.
result<std::vector<stored_key>> read_keys(key_directory const& from, algorithm alg);

// The keys of `alg`; makes the directory and the first key when there is none. Any number
// of processes may start at once: they end with the same key.
result<std::vector<stored_key>> open_keys(key_directory const& from, algorithm alg, wall_time now);

// Adds a key with the next number. When another process was faster, its key is returned.
result<stored_key> add_key(key_directory const& to, algorithm alg, unsigned number, wall_time now);

} // namespace yett::tokens
