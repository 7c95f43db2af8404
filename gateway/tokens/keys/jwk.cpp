#include "gateway/tokens/keys/jwk.hpp"

#include "gateway/base/random.hpp"
#include "gateway/base/text/base64url.hpp"
#include "gateway/tokens/keys/openssl_handle.hpp"

#include <boost/json/value.hpp>
#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/err.h>

#include <optional>

// Public keys between JSON and OpenSSL (RFC 7517, RFC 7518 section 6). Coordinates have the full
// length of their curve (section 6.2.1.2), and another length is refused rather than padded. The
// thumbprint (RFC 7638) is over the required members in the order of their names, which is why they
// are written by hand and not by a library.
//
// Private members of a set that somebody published by mistake are not looked at.

namespace yett::tokens {
namespace {

// Twice what the longest good key has, 8192 bits of RSA.
constexpr std::size_t max_member_bytes = 2048;

error refuse(std::string note)
{
    ERR_clear_error();
    return client_error(errc::bad_request, std::move(note));
}

std::string encoded_number(EVP_PKEY* key, char const* name, std::size_t width = 0)
{
    BIGNUM* found = nullptr;
    if (EVP_PKEY_get_bn_param(key, name, &found) != 1) return {};
    bignum const number{found};
    std::string bytes(width ? width : static_cast<std::size_t>(BN_num_bytes(number.get())), '\0');
    if (BN_bn2binpad(number.get(), bytes_of(bytes), static_cast<int>(bytes.size())) < 0) return {};
    return base64url_encode(bytes);
}

std::string encoded_raw_key(EVP_PKEY* key)
{
    std::string bytes(32, '\0');
    auto size = bytes.size();
    if (EVP_PKEY_get_raw_public_key(key, bytes_of(bytes), &size) != 1) return {};
    return base64url_encode(bytes);
}

std::optional<std::string_view> text_at(boost::json::object const& jwk, std::string_view name)
{
    auto const* const found = jwk.if_contains(name);
    if (!found || !found->is_string()) return std::nullopt;
    return std::string_view{found->get_string()};
}

result<std::string> bytes_at(boost::json::object const& jwk, std::string_view name)
{
    auto const text = text_at(jwk, name);
    if (!text) return refuse(fmt::format("`{}` is missing or not a string", name));
    auto bytes = base64url_decode_padded(*text);
    if (!bytes) return refuse(fmt::format("`{}` is not base64url", name));
    if (bytes->empty() || bytes->size() > max_member_bytes) return refuse(fmt::format("`{}` is empty or too long", name));
    return std::move(*bytes);
}

result<evp_key> from_parameters(char const* type, OSSL_PARAM* parameters)
{
    evp_pkey_context const context{EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr)};
    EVP_PKEY* made = nullptr;
    if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        return refuse("the values are no key");
    return adopt(made);
}

result<evp_key> rsa_key_of(boost::json::object const& jwk)
{
    auto const n = bytes_at(jwk, "n");
    if (!n) return n.error();
    auto const e = bytes_at(jwk, "e");
    if (!e) return e.error();
    bignum const modulus{BN_bin2bn(bytes_of(*n), static_cast<int>(n->size()), nullptr)};
    bignum const exponent{BN_bin2bn(bytes_of(*e), static_cast<int>(e->size()), nullptr)};
    ossl_builder const builder{OSSL_PARAM_BLD_new()};
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
    ossl_params const parameters{OSSL_PARAM_BLD_to_param(builder.get())};
    return from_parameters("RSA", parameters.get());
}

result<std::string> coordinate_at(boost::json::object const& jwk, std::string_view name, std::size_t width)
{
    auto bytes = bytes_at(jwk, name);
    if (bytes && bytes->size() != width) return refuse(fmt::format("`{}` has not the length of the curve", name));
    return bytes;
}

result<evp_key> ec_key_of(algorithm alg, boost::json::object const& jwk)
{
    auto const width = coordinate_bytes(alg);
    auto const x = coordinate_at(jwk, "x", width);
    if (!x) return x.error();
    auto const y = coordinate_at(jwk, "y", width);
    if (!y) return y.error();
    auto const point = "\x04" + *x + *y;
    auto const curve = curve_of(alg);
    ossl_builder const builder{OSSL_PARAM_BLD_new()};
    OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve.data(), curve.size());
    OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
    ossl_params const parameters{OSSL_PARAM_BLD_to_param(builder.get())};
    return from_parameters("EC", parameters.get());
}

result<evp_key> ed25519_key_of(boost::json::object const& jwk)
{
    auto const x = coordinate_at(jwk, "x", 32);
    if (!x) return x.error();
    return adopt(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(*x), x->size()));
}

std::string_view type_of(key_kind kind)
{
    switch (kind) {
    case key_kind::rsa: return "RSA";
    case key_kind::ec: return "EC";
    case key_kind::ed25519: return "OKP";
    case key_kind::hmac: break;
    }
    return "oct";
}

} // namespace

std::string required_members(algorithm alg, EVP_PKEY* key)
{
    switch (kind_of(alg)) {
    case key_kind::rsa:
        return fmt::format(R"("e":"{}","kty":"RSA","n":"{}")", encoded_number(key, OSSL_PKEY_PARAM_RSA_E),
                           encoded_number(key, OSSL_PKEY_PARAM_RSA_N));
    case key_kind::ec:
        return fmt::format(R"("crv":"{}","kty":"EC","x":"{}","y":"{}")", curve_of(alg),
                           encoded_number(key, OSSL_PKEY_PARAM_EC_PUB_X, coordinate_bytes(alg)),
                           encoded_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, coordinate_bytes(alg)));
    case key_kind::ed25519: return fmt::format(R"("crv":"Ed25519","kty":"OKP","x":"{}")", encoded_raw_key(key));
    case key_kind::hmac: break;
    }
    return {};
}

std::string thumbprint(std::string_view members)
{
    return base64url_encode(sha256(fmt::format("{{{}}}", members)));
}

bool fits(algorithm alg, boost::json::object const& jwk)
{
    auto const curve = curve_of(alg);
    return text_at(jwk, "kty") == type_of(kind_of(alg)) && (curve.empty() || text_at(jwk, "crv") == curve);
}

result<evp_key> public_key_of(algorithm alg, boost::json::object const& jwk)
{
    if (!fits(alg, jwk)) return refuse("`kty` or `crv` does not fit the algorithm");
    auto const kind = kind_of(alg);
    if (kind == key_kind::rsa) return rsa_key_of(jwk);
    return kind == key_kind::ec ? ec_key_of(alg, jwk) : ed25519_key_of(jwk);
}

result<secret> secret_of(boost::json::object const& jwk)
{
    if (text_at(jwk, "kty") != "oct") return refuse("`kty` is not oct");
    auto bytes = bytes_at(jwk, "k");
    if (!bytes) return bytes.error();
    return secret{std::move(*bytes)};
}

} // namespace yett::tokens
