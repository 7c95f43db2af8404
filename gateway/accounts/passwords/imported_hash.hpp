#pragma once

#include "gateway/base/secret.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace yett::accounts {

// A password hash as other programs write it, taken apart. Yett verifies these and makes none.
//
//   PBKDF2   pbkdf2_sha256$600000$salt$base64           Django; sha1 and sha512, too
//            $pbkdf2-sha256$29000$salt$hash              passlib; $pbkdf2$ is SHA-1; i=29000 as in PHC, too
//            pbkdf2:sha256:600000$salt$hex               Werkzeug
//   scrypt   $scrypt$ln=16,r=8,p=1$salt$hash             passlib
//            scrypt$16384$salt$8$1$base64                Django
//            scrypt:32768:8:1$salt$hex                   Werkzeug
//   crypt    $5$ and $6$ (SHA-crypt), $1$ (MD5-crypt)    shadow files, htpasswd
//            $y$, $gy$ (yescrypt), $7$ (scrypt)          shadow files
//   apr1     $apr1$salt$hash                             Apache's htpasswd
//   phpass   $P$ and $H$ (MD5), $S$ (SHA-512)            WordPress, phpBB, Drupal 7
//   bcrypt   of a sum of the password:
//            bcrypt_sha256$$2b$12$...                    Django
//            $bcrypt-sha256$v=2,t=2b,r=12$salt$hash      passlib; $bcrypt-sha256$2b,12$, too
//            $wp$2y$10$...                               WordPress 6.8
//   SHA-1    {SHA}base64 and {SSHA}base64                htpasswd, LDAP: one round
struct imported_hash
{
    enum class kind : unsigned char
    {
        pbkdf2,
        scrypt,
        crypt,
        apr1,
        phpass,
        prehashed, // bcrypt of a sum
        sha1
    };
    // What of the password bcrypt was given.
    enum class prehash : unsigned char
    {
        hex_sha256,    // Django
        base64_sha256, // passlib before 1.7.3
        salted_sha256, // passlib: HMAC with bcrypt's salt as key
        wordpress      // HMAC-SHA384 with a fixed key, blanks at the ends cut off
    };
    enum class digest : unsigned char
    {
        sha1,
        sha256,
        sha512
    };

    kind is = kind::pbkdf2;
    digest with = digest::sha256; // of PBKDF2
    prehash sum = prehash::hex_sha256;
    std::uint64_t rounds = 0; // of PBKDF2; N of scrypt
    std::uint32_t block = 0;  // r of scrypt
    std::uint32_t lanes = 0;  // p of scrypt
    std::string salt;         // bytes
    std::string expected;     // bytes; of crypt, apr1 and phpass the whole text, of prehashed the bcrypt in it
    std::size_t memory = 0;   // bytes that verifying takes
    // So cheap to guess that whoever stole it has the password: no salt, one round, or
    // less than a thousand rounds of PBKDF2.
    bool weak = false;
};

// Nothing when it is none of these, malformed, or more expensive than a sane operator makes
// them: 5,000,000 rounds, `most_memory`, 2 GiB of memory traffic.
std::optional<imported_hash> read_imported(std::string const& stored, std::size_t most_memory);

// Whether the hash is the password's. Blocks for as long as the hash takes.
bool is_imported_of(imported_hash const& stored, secret const& password);

// The spelling that Yett keeps: what only names the kind is taken off, as Django's names in
// front of argon2 and bcrypt, or {bcrypt}, {CRYPT} and the like in front of a dollar.
std::string canonical_hash(std::string_view stored);

// For a hash that is of no use, in words for the operator: kinds that are known and not
// taken are named, with the reason.
std::string_view why_not_usable(std::string_view stored);

} // namespace yett::accounts
