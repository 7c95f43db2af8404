#include "gateway/accounts/passwords/prehashed_bcrypt.hpp"

#include "gateway/accounts/passwords/bcrypt_text.hpp"
#include "gateway/accounts/passwords/hash_words.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <sodium.h>

#include <array>

// bcrypt looks at 72 bytes and ends at the first zero. Programs that wanted longer passwords hash
// them first, and each does it in its own way: Django in hex, passlib in base64 and later with an
// HMAC under the salt, WordPress with an HMAC under a constant, of the password without blanks
// around it. What comes out is checked as an ordinary bcrypt hash. The way is recorded when the
// hash is read, so that verifying has no guess to make.

namespace yett::accounts {

namespace {

using prehash = imported_hash::prehash;

constexpr std::string_view django = "bcrypt_sha256$";
constexpr std::string_view passlib = "$bcrypt-sha256$";
constexpr std::string_view wordpress = "$wp$2y$";
constexpr std::string_view wordpress_key = "wp-sha384";
constexpr std::string_view php_blanks{" \t\n\r\0\v", 6};

std::optional<imported_hash> made_of(std::string bcrypt, prehash sum)
{
    if (!bcrypt_cost(bcrypt)) return std::nullopt;
    imported_hash h;
    h.is = imported_hash::kind::prehashed;
    h.sum = sum;
    h.salt = bcrypt_salt_of(bcrypt);
    h.expected = std::move(bcrypt);
    return h;
}

// "v=2,t=2b,r=12$salt$hash", or "2b,12$salt$hash" from before 1.7.3.
std::optional<imported_hash> read_passlib(std::string_view text)
{
    auto const words = split(text, '$');
    auto const terms = split(words[0], ',');
    if (words.size() != 3) return std::nullopt;
    auto const newer = terms.size() == 3 && terms[0] == "v=2" && terms[1].starts_with("t=") && terms[2].starts_with("r=");
    if (!newer && terms.size() != 2) return std::nullopt;
    std::string const version{newer ? terms[1].substr(2) : terms[0]};
    std::string cost{newer ? terms[2].substr(2) : terms[1]};
    if (cost.size() == 1) cost.insert(0, "0");
    return made_of("$" + version + "$" + cost + "$" + std::string{words[1]} + std::string{words[2]},
                   newer ? prehash::salted_sha256 : prehash::base64_sha256);
}

struct sum
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned size = 0;

    ~sum() { sodium_memzero(bytes.data(), bytes.size()); }
};

void keyed(EVP_MD const* method, std::string_view key, std::string_view text, sum& into)
{
    HMAC(method, key.data(), static_cast<int>(key.size()), reinterpret_cast<unsigned char const*>(text.data()), text.size(),
         into.bytes.data(), &into.size);
}

void plain(std::string_view text, sum& into)
{
    SHA256(reinterpret_cast<unsigned char const*>(text.data()), text.size(), into.bytes.data());
    into.size = SHA256_DIGEST_LENGTH;
}

secret hex_of(sum const& s)
{
    std::string text(2 * s.size + 1, '\0');
    sodium_bin2hex(text.data(), text.size(), s.bytes.data(), s.size);
    text.pop_back();
    return secret{std::move(text)};
}

secret base64_of(sum const& s)
{
    std::string text((s.size + 2) / 3 * 4 + 1, '\0');
    auto const size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), s.bytes.data(), static_cast<int>(s.size));
    text.resize(static_cast<std::size_t>(size));
    return secret{std::move(text)};
}

// As PHP's trim() does it.
std::string_view trimmed(std::string_view text)
{
    auto const first = text.find_first_not_of(php_blanks);
    return first == text.npos ? std::string_view{} : text.substr(first, text.find_last_not_of(php_blanks) - first + 1);
}

} // namespace

std::optional<imported_hash> read_prehashed(std::string_view text)
{
    if (text.starts_with(django)) return made_of(std::string{text.substr(django.size())}, prehash::hex_sha256);
    if (text.starts_with(passlib)) return read_passlib(text.substr(passlib.size()));
    if (text.starts_with(wordpress)) return made_of(std::string{text.substr(3)}, prehash::wordpress);
    return std::nullopt;
}

secret condense(imported_hash const& stored, secret const& password)
{
    sum s;
    switch (stored.sum) {
    case prehash::hex_sha256: plain(password.reveal(), s); return hex_of(s);
    case prehash::base64_sha256: plain(password.reveal(), s); break;
    case prehash::salted_sha256: keyed(EVP_sha256(), stored.salt, password.reveal(), s); break;
    case prehash::wordpress: keyed(EVP_sha384(), wordpress_key, trimmed(password.reveal()), s); break;
    }
    return base64_of(s);
}

} // namespace yett::accounts
