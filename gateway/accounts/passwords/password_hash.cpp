#include "gateway/accounts/passwords/password_hash.hpp"

#include "gateway/accounts/passwords/bcrypt_text.hpp"
#include "gateway/accounts/passwords/imported_hash.hpp"
#include "gateway/accounts/passwords/run_crypt.hpp"
#include "gateway/base/random.hpp"
#include "gateway/base/text/base64url.hpp"

#include <crypt.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace yett::accounts {

namespace {

constexpr std::size_t bcrypt_sees = 72;
constexpr std::size_t bcrypt_size = 60;
constexpr unsigned most_passes = 16;
constexpr std::size_t most_traffic = std::size_t{2} << 30;
// In front of the bcrypt of a condensed password.
constexpr std::string_view condensed_mark = "$bcrypt-hmac-sha256";

std::optional<unsigned> read_number(std::string_view text)
{
    unsigned value = 0;
    auto const [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// The number behind `name=` in argon2's parameters, which a comma or a dollar ends.
std::optional<unsigned> parameter(std::string_view text, std::string_view name)
{
    auto const at = text.find(name);
    if (at == text.npos) return std::nullopt;
    auto const rest = text.substr(at + name.size());
    return read_number(rest.substr(0, rest.find_first_of(",$")));
}

std::optional<hash_shape> read_bcrypt(std::string_view stored, hashing_rules const& rules)
{
    auto const cost = bcrypt_cost(stored);
    if (!cost) return std::nullopt;
    hash_shape shape;
    shape.kind = hashing_rules::kind::bcrypt;
    shape.current = rules.hash == shape.kind && *cost == rules.bcrypt_cost;
    return shape;
}

std::optional<hash_shape> read_argon2(std::string_view stored, hashing_rules const& rules)
{
    if (stored.size() >= crypto_pwhash_STRBYTES) return std::nullopt;
    auto const memory = parameter(stored, "$m=");
    auto const passes = parameter(stored, ",t=");
    auto const lanes = parameter(stored, ",p=");
    if (!memory || !passes || !lanes || *lanes == 0 || *lanes > 64) return std::nullopt;
    auto const bytes = std::size_t{*memory} * 1024;
    if (bytes > rules.memory || *passes > most_passes || bytes * *passes > most_traffic) return std::nullopt;
    hash_shape shape;
    shape.memory = bytes;
    shape.current = rules.hash == shape.kind && stored.starts_with("$argon2id$v=19$") && *lanes == 1 &&
                    bytes == rules.argon2id_memory / 1024 * 1024 && *passes == rules.argon2id_iterations;
    return shape;
}

std::optional<hash_shape> read_foreign(std::string const& stored, hashing_rules const& rules)
{
    auto const read = read_imported(stored, rules.memory);
    if (!read) return std::nullopt;
    hash_shape shape;
    shape.memory = read->memory;
    shape.foreign = true;
    shape.weak = read->weak;
    return shape;
}

// Forty-three characters for a password of any length. Keyed with the hash's own salt, so
// that a list of leaked SHA-256 sums is no dictionary for it.
secret condense(secret const& password, std::string_view salt)
{
    std::array<unsigned char, 32> sum{};
    unsigned size = 0;
    auto const text = password.reveal();
    HMAC(EVP_sha256(), salt.data(), static_cast<int>(salt.size()), reinterpret_cast<unsigned char const*>(text.data()),
         text.size(), sum.data(), &size);
    secret condensed{base64url_encode({reinterpret_cast<char const*>(sum.data()), size})};
    sodium_memzero(sum.data(), sum.size());
    return condensed;
}

result<std::string> make_bcrypt(secret const& password, hashing_rules const& rules)
{
    auto const seed = random_bytes(16);
    std::unique_ptr<char, decltype(&std::free)> const setting{
        crypt_gensalt_ra("$2b$", rules.bcrypt_cost, seed.data(), static_cast<int>(seed.size())), &std::free};
    if (!setting || *setting == '*') return our_error(errc::internal, "crypt_gensalt failed");
    auto const fits = password.size() <= bcrypt_sees;
    auto const text = run_crypt(fits ? password : condense(password, bcrypt_salt_of(setting.get())), setting.get());
    if (text.size() != bcrypt_size) return our_error(errc::internal, "crypt failed");
    return fits ? text : std::string{condensed_mark} + text;
}

result<std::string> make_argon2id(secret const& password, hashing_rules const& rules)
{
    std::array<char, crypto_pwhash_STRBYTES> text{};
    auto const given = password.reveal();
    if (crypto_pwhash_str_alg(text.data(), given.data(), given.size(), rules.argon2id_iterations, rules.argon2id_memory,
                              crypto_pwhash_ALG_ARGON2ID13) != 0)
        return our_error(errc::internal, "argon2id failed, probably for want of memory");
    return std::string{text.data()};
}

bool is_bcrypt_of(std::string const& stored, hash_shape const& shape, secret const& password)
{
    auto const plain = shape.condensed ? stored.substr(condensed_mark.size()) : stored;
    auto const text = run_crypt(shape.condensed ? condense(password, bcrypt_salt_of(plain)) : password, plain);
    // A plain hash speaks for 72 bytes at most; what begins like the password is not the password.
    auto const whole = shape.condensed || password.size() <= bcrypt_sees;
    return equal_in_constant_time(text, plain) && whole;
}

} // namespace

std::optional<hash_shape> read_shape(std::string const& stored, hashing_rules const& rules)
{
    if (stored.find('\0') != stored.npos) return std::nullopt;
    if (stored.starts_with("$argon2id$") || stored.starts_with("$argon2i$")) return read_argon2(stored, rules);
    if (stored.starts_with("$2")) return read_bcrypt(stored, rules);
    if (!stored.starts_with(condensed_mark)) return read_foreign(stored, rules);
    auto shape = read_bcrypt(std::string_view{stored}.substr(condensed_mark.size()), rules);
    if (shape) shape->condensed = true;
    return shape;
}

result<std::string> make_hash(secret const& password, hashing_rules const& rules)
{
    if (password.reveal().find('\0') != std::string_view::npos) return client_error(errc::password_weak, "contains NUL");
    return rules.hash == hashing_rules::kind::bcrypt ? make_bcrypt(password, rules) : make_argon2id(password, rules);
}

bool is_hash_of(std::string const& stored, hash_shape const& shape, secret const& password)
{
    if (shape.foreign) {
        // The shape says that it can be read; this much memory it was let take.
        auto const read = read_imported(stored, shape.memory);
        return read && is_imported_of(*read, password);
    }
    if (shape.kind == hashing_rules::kind::bcrypt) return is_bcrypt_of(stored, shape, password);
    std::array<char, crypto_pwhash_STRBYTES> text{};
    std::memcpy(text.data(), stored.data(), std::min(stored.size(), text.size() - 1));
    auto const given = password.reveal();
    return crypto_pwhash_str_verify(text.data(), given.data(), given.size()) == 0;
}

} // namespace yett::accounts
