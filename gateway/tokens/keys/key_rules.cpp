#include "gateway/tokens/keys/key_rules.hpp"

#include "gateway/tokens/keys/openssl_handle.hpp"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <sodium.h>

#include <array>

// Which keys are good enough to believe a signature by, of ours and of issuers. A bad key is worse
// than none, for its tokens would look proven: RSA of less than 2048 bits (RFC 7518 section 3.3) or
// from a flawed generator, curves that are not the algorithm's, points off the curve or of small
// order, secrets shorter than their digest (section 3.2). The upper bounds are for time: with a key
// of 100,000 bits each token would hold a core for long.

namespace yett::tokens {
namespace {

constexpr int min_rsa_bits = 2048;
constexpr int max_rsa_bits = 8192;
constexpr int max_exponent_bits = 64;
constexpr std::size_t max_secret_bytes = 4096;

error refuse(std::string note)
{
    ERR_clear_error();
    return client_error(errc::bad_request, std::move(note));
}

bignum number_of(EVP_PKEY* key, char const* name)
{
    BIGNUM* found = nullptr;
    EVP_PKEY_get_bn_param(key, name, &found);
    return bignum{found};
}

// Whether `value` is a power of 65537 modulo `prime`.
bool is_power_of_65537(unsigned value, unsigned prime)
{
    unsigned const generator = 65537 % prime;
    unsigned power = 1;
    do {
        if (power == value) return true;
        power = power * generator % prime;
    } while (power != 1);
    return false;
}

// The chips of CVE-2017-15361 made primes of the form k·M + (65537^a mod M). The remainders
// of such a modulus are powers of 65537 for every small prime; a good key passes by chance
// once in 2^27.
bool has_roca_flaw(BIGNUM const* modulus)
{
    constexpr std::array<unsigned, 38> primes{3,   5,   7,   11,  13,  17,  19,  23,  29,  31,  37,  41,  43,
                                              47,  53,  59,  61,  67,  71,  73,  79,  83,  89,  97,  101, 103,
                                              107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};
    for (auto const prime : primes)
        if (!is_power_of_65537(static_cast<unsigned>(BN_mod_word(modulus, prime)), prime)) return false;
    return true;
}

result<void> check_rsa(EVP_PKEY* key)
{
    auto const modulus = number_of(key, OSSL_PKEY_PARAM_RSA_N);
    auto const exponent = number_of(key, OSSL_PKEY_PARAM_RSA_E);
    if (!modulus || !exponent) return refuse("the RSA key is not complete");
    auto const bits = BN_num_bits(modulus.get());
    if (bits < min_rsa_bits) return refuse("the RSA key has fewer than 2048 bits");
    if (bits > max_rsa_bits) return refuse("the RSA key has more than 8192 bits");
    if (!BN_is_odd(modulus.get())) return refuse("the RSA modulus is even");
    if (!BN_is_odd(exponent.get()) || BN_is_one(exponent.get()) || BN_num_bits(exponent.get()) > max_exponent_bits)
        return refuse("the RSA exponent is not an odd number from 3 to 2^64");
    if (has_roca_flaw(modulus.get())) return refuse("the RSA key was made by a flawed generator (CVE-2017-15361)");
    return {};
}

std::string_view openssl_name_of(std::string_view curve)
{
    if (curve == "P-256") return "prime256v1";
    return curve == "P-384" ? "secp384r1" : "secp521r1";
}

result<void> check_ec(algorithm alg, EVP_PKEY* key)
{
    std::array<char, 64> name{};
    std::size_t size = 0;
    if (EVP_PKEY_get_group_name(key, name.data(), name.size(), &size) != 1 ||
        std::string_view(name.data(), size) != openssl_name_of(curve_of(alg)))
        return refuse("the curve is not the one of the algorithm");
    evp_pkey_context const context{EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr)};
    if (!context || EVP_PKEY_public_check(context.get()) != 1) return refuse("the point is not on the curve");
    return {};
}

// Points of small order let one signature fit many texts.
result<void> check_ed25519(EVP_PKEY* key)
{
    std::array<unsigned char, 32> point{};
    auto size = point.size();
    if (EVP_PKEY_get_raw_public_key(key, point.data(), &size) != 1 || size != point.size())
        return refuse("the Ed25519 key is not complete");
    if (sodium_init() < 0 || crypto_core_ed25519_is_valid_point(point.data()) != 1)
        return refuse("the point is not on the curve or of small order");
    return {};
}

bool is_of_kind(key_kind kind, EVP_PKEY* key)
{
    switch (kind) {
    case key_kind::rsa: return EVP_PKEY_is_a(key, "RSA") == 1;
    case key_kind::ec: return EVP_PKEY_is_a(key, "EC") == 1;
    case key_kind::ed25519: return EVP_PKEY_is_a(key, "ED25519") == 1;
    case key_kind::hmac: break;
    }
    return false;
}

} // namespace

result<void> check_public_key(algorithm alg, EVP_PKEY* key)
{
    auto const kind = kind_of(alg);
    if (!key || !is_of_kind(kind, key)) return refuse("the type of the key does not fit the algorithm");
    if (kind == key_kind::rsa) return check_rsa(key);
    return kind == key_kind::ec ? check_ec(alg, key) : check_ed25519(key);
}

result<void> check_secret(algorithm alg, std::string_view bytes)
{
    if (!is_symmetric(alg)) return refuse("the type of the key does not fit the algorithm");
    if (bytes.size() < digest_bytes(alg)) return refuse("the secret is shorter than the algorithm's digest");
    if (bytes.size() > max_secret_bytes) return refuse("the secret is longer than 4096 bytes");
    return {};
}

} // namespace yett::tokens
