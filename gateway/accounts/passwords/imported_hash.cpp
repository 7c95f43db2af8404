#include "gateway/accounts/passwords/imported_hash.hpp"

#include "gateway/accounts/passwords/apr1.hpp"
#include "gateway/accounts/passwords/hash_words.hpp"
#include "gateway/accounts/passwords/imported_kdf.hpp"
#include "gateway/accounts/passwords/phpass.hpp"
#include "gateway/accounts/passwords/prehashed_bcrypt.hpp"
#include "gateway/accounts/passwords/run_crypt.hpp"
#include "gateway/accounts/passwords/yescrypt_cost.hpp"
#include "gateway/tokens/keys/openssl_handle.hpp"

#include <openssl/sha.h>

#include <array>

// Hashes that were brought along from other programs. Their kind is told by how they begin, as
// those programs tell it. What is read here was written by somebody else, perhaps years ago,
// perhaps by an attacker who could write into the table that was imported: so cost is bounded on
// reading (`most_rounds`, `most_traffic`, `most_memory`), and one login can never take more memory
// or time than these say.
//
// `weak` marks what no login should leave as it is: too few rounds, no salt, a plain sum. Such a
// hash verifies, and is replaced.

namespace yett::accounts {

namespace {

using kind = imported_hash::kind;
using tokens::bytes_of;

constexpr std::size_t longest_text = 512;

// $5$ and $6$ with their rounds, $1$ with its thousand.
std::optional<imported_hash> read_crypt(std::string const& text)
{
    auto const words = split(text, '$');
    if (words.size() < 4 || words.size() > 5) return std::nullopt;
    auto const given = words[2].starts_with("rounds=");
    if (given != (words.size() == 5) || (given && words[1] == "1")) return std::nullopt;
    auto const rounds = given ? number(words[2].substr(7)) : std::optional<std::uint64_t>{5000};
    if (!rounds || *rounds < fewest_rounds || *rounds > most_rounds || words.back().empty()) return std::nullopt;
    imported_hash h;
    h.is = kind::crypt;
    h.expected = text;
    h.weak = words[words.size() - 2].empty();
    return h;
}

// Apache's MD5, a thousand rounds that nothing can change; 22 letters are its 16 bytes.
std::optional<imported_hash> read_apr1(std::string const& text)
{
    auto const words = split(text, '$');
    if (words.size() != 4 || words[2].size() > 8 || words[3].size() != 22) return std::nullopt;
    imported_hash h;
    h.is = kind::apr1;
    h.salt = words[2];
    h.expected = text;
    h.weak = h.salt.empty();
    return h;
}

// {SSHA} holds the sum and behind it whatever was the salt.
std::optional<imported_hash> read_sha1(std::string_view text, bool salted)
{
    auto bytes = from_base64(text);
    if (!bytes || bytes->size() < SHA_DIGEST_LENGTH || (!salted && bytes->size() != SHA_DIGEST_LENGTH)) return std::nullopt;
    imported_hash h;
    h.is = kind::sha1;
    h.expected = bytes->substr(0, SHA_DIGEST_LENGTH);
    h.salt = bytes->substr(SHA_DIGEST_LENGTH);
    h.weak = true;
    return h;
}

// crypt computes these as it does the others; their cost is written in letters of its own.
std::optional<imported_hash> read_yescrypt(std::string const& text, std::size_t most_memory)
{
    auto const cost = read_yescrypt_cost(text);
    if (!cost || cost->memory > most_memory || cost->traffic > most_traffic) return std::nullopt;
    imported_hash h;
    h.is = kind::crypt;
    h.expected = text;
    h.memory = cost->memory;
    h.weak = cost->rounds < fewest_rounds || cost->no_salt;
    return h;
}

std::optional<imported_hash> read_phpass(std::string const& text)
{
    auto const rounds = phpass_rounds(text);
    if (!rounds || *rounds > most_rounds) return std::nullopt;
    imported_hash h;
    h.is = kind::phpass;
    h.rounds = *rounds;
    h.expected = text;
    h.weak = *rounds < fewest_rounds;
    return h;
}

bool sums_to(imported_hash const& h, secret const& password)
{
    secret const whole{std::string{password.reveal()} + h.salt};
    std::array<unsigned char, SHA_DIGEST_LENGTH> sum{};
    SHA1(bytes_of(whole.reveal()), whole.size(), sum.data());
    return equal_in_constant_time({reinterpret_cast<char const*>(sum.data()), sum.size()}, h.expected);
}

} // namespace

std::optional<imported_hash> read_imported(std::string const& stored, std::size_t most_memory)
{
    std::string_view const text{stored};
    if (text.size() > longest_text || text.find('\0') != text.npos) return std::nullopt;
    if (text.starts_with("pbkdf2") || text.starts_with("$pbkdf2")) return read_pbkdf2(text);
    if (text.starts_with("scrypt") || text.starts_with("$scrypt$")) return read_scrypt(text, most_memory);
    if (text.starts_with("$1$") || text.starts_with("$5$") || text.starts_with("$6$")) return read_crypt(stored);
    if (text.starts_with("$y$") || text.starts_with("$gy$") || text.starts_with("$7$")) return read_yescrypt(stored, most_memory);
    if (text.starts_with("$P$") || text.starts_with("$H$") || text.starts_with("$S$")) return read_phpass(stored);
    if (auto found = read_prehashed(text)) return found;
    if (text.starts_with("$apr1$")) return read_apr1(stored);
    if (text.starts_with("{SHA}")) return read_sha1(text.substr(5), false);
    if (text.starts_with("{SSHA}")) return read_sha1(text.substr(6), true);
    return std::nullopt;
}

bool is_imported_of(imported_hash const& stored, secret const& password)
{
    switch (stored.is) {
    case kind::pbkdf2:
    case kind::scrypt: return derives(stored, password);
    case kind::crypt: return equal_in_constant_time(run_crypt(password, stored.expected), stored.expected);
    case kind::phpass: return equal_in_constant_time(make_phpass(password, stored.expected), stored.expected);
    case kind::prehashed: return equal_in_constant_time(run_crypt(condense(stored, password), stored.expected), stored.expected);
    case kind::apr1: return equal_in_constant_time(make_apr1(password, stored.salt), stored.expected);
    case kind::sha1: return sums_to(stored, password);
    }
    return false;
}

std::string canonical_hash(std::string_view stored)
{
    // Spring Security, OpenLDAP and Dovecot name the kind in braces in front of what names it itself.
    if (stored.starts_with('{')) {
        auto const close = stored.find('}');
        if (close != stored.npos && stored.substr(close + 1).starts_with('$')) stored.remove_prefix(close + 1);
    }
    if (stored.starts_with("argon2$argon2")) stored.remove_prefix(std::string_view{"argon2"}.size());
    if (stored.starts_with("bcrypt$$2")) stored.remove_prefix(std::string_view{"bcrypt$"}.size());
    return std::string{stored};
}

} // namespace yett::accounts
