#include "gateway/tokens/keys/signature.hpp"

#include "gateway/base/secret.hpp"
#include "gateway/tokens/keys/openssl_handle.hpp"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <sodium.h>

#include <array>
#include <cstring>

// Signatures by OpenSSL and libsodium, on the way of every token that is not in the cache. Setting
// up costs as much as checking, so each thread keeps contexts that are ready for a key, by its
// serial number, and digests are fetched once for the process.
//
// JOSE writes an ECDSA signature as r and s side by side (RFC 7518 section 3.4) and OpenSSL wants
// them as ASN.1; the length of r and s is the curve's, and was compared with the key's before
// anything comes here.

namespace yett::tokens {
namespace {

// Fetched once: a look-up by name costs more than the hash of a small token.
struct algorithms
{
    EVP_MD* sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    EVP_MD* sha384 = EVP_MD_fetch(nullptr, "SHA384", nullptr);
    EVP_MD* sha512 = EVP_MD_fetch(nullptr, "SHA512", nullptr);
    EVP_MAC* hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
};

algorithms const& fetched()
{
    static algorithms const all;
    return all;
}

EVP_MD const* digest_of(algorithm alg)
{
    switch (digest_bytes(alg)) {
    case 32: return fetched().sha256;
    case 48: return fetched().sha384;
    default: return fetched().sha512;
    }
}

// A failed check leaves its reason in a queue that the next TLS operation would read.
bool succeeded(int code)
{
    if (code == 1) return true;
    ERR_clear_error();
    return false;
}

error broken(char const* what)
{
    ERR_clear_error();
    return our_error(errc::internal, what);
}

struct digest
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
    unsigned size = 0;
};

bool hash(algorithm alg, std::string_view text, digest& into)
{
    thread_local evp_md_context const context{EVP_MD_CTX_new()};
    return EVP_DigestInit_ex2(context.get(), digest_of(alg), nullptr) == 1 &&
           EVP_DigestUpdate(context.get(), text.data(), text.size()) == 1 &&
           EVP_DigestFinal_ex(context.get(), into.bytes.data(), &into.size) == 1;
}

bool set_padding(algorithm alg, EVP_PKEY_CTX* context)
{
    if (EVP_PKEY_CTX_set_signature_md(context, digest_of(alg)) != 1) return false;
    if (kind_of(alg) != key_kind::rsa) return true;
    if (!is_pss(alg)) return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

// Contexts that are ready to check with one key. A slot is taken over by the next key that
// falls on it, so that a thread never holds more than these however often keys change.
class prepared_contexts
{
public:
    EVP_PKEY_CTX* verification(algorithm alg, EVP_PKEY* key, std::uint64_t serial)
    {
        auto& at = slots_[serial % slots_.size()];
        if (at.serial != serial) {
            at = {serial, evp_pkey_context{EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr)}, nullptr};
            if (!at.verifies || EVP_PKEY_verify_init(at.verifies.get()) != 1 || !set_padding(alg, at.verifies.get())) at = {};
        }
        return at.verifies.get();
    }

    EVP_MAC_CTX* mac(algorithm alg, std::string_view key_bytes, std::uint64_t serial)
    {
        auto& at = slots_[serial % slots_.size()];
        if (at.serial != serial) {
            at = {serial, nullptr, evp_mac_context{EVP_MAC_CTX_new(fetched().hmac)}};
            OSSL_PARAM const parameters[]{
                OSSL_PARAM_construct_utf8_string("digest", const_cast<char*>(EVP_MD_get0_name(digest_of(alg))), 0),
                OSSL_PARAM_construct_end()};
            if (!at.macs || EVP_MAC_init(at.macs.get(), bytes_of(key_bytes), key_bytes.size(), parameters) != 1) at = {};
            return at.macs.get();
        }
        return EVP_MAC_init(at.macs.get(), nullptr, 0, nullptr) == 1 ? at.macs.get() : nullptr;
    }

private:
    struct slot
    {
        std::uint64_t serial = 0;
        evp_pkey_context verifies;
        evp_mac_context macs;
    };
    std::array<slot, 64> slots_;
};

thread_local prepared_contexts contexts;

// r and s as an ASN.1 sequence of two integers. At most 139 bytes, for P-521.
class der_signature
{
public:
    der_signature(std::string_view r_and_s)
    {
        auto const half = r_and_s.size() / 2;
        append_integer(r_and_s.substr(0, half));
        append_integer(r_and_s.substr(half));
    }

    unsigned char const* data() const { return bytes_.data() + start_; }
    std::size_t size() const { return used_ - start_; }

    void close()
    {
        auto const content = static_cast<unsigned char>(used_ - body);
        if (content < 128) {
            start_ = body - 2;
        } else {
            start_ = body - 3;
            bytes_[start_ + 1] = 0x81;
        }
        bytes_[start_] = 0x30;
        bytes_[body - 1] = content;
    }

private:
    static constexpr std::size_t body = 3;

    void append_integer(std::string_view value)
    {
        while (value.size() > 1 && value.front() == '\0') value.remove_prefix(1);
        bool const pad = (static_cast<unsigned char>(value.front()) & 0x80) != 0;
        bytes_[used_++] = 0x02;
        bytes_[used_++] = static_cast<unsigned char>(value.size() + pad);
        if (pad) bytes_[used_++] = 0;
        std::memcpy(bytes_.data() + used_, value.data(), value.size());
        used_ += value.size();
    }

    std::array<unsigned char, 160> bytes_;
    std::size_t start_ = 0;
    std::size_t used_ = body;
};

// Appends the integer at the front of `der`, padded to `width`, and steps over it.
bool take_integer(std::string_view& der, std::size_t width, std::string& into)
{
    if (der.size() < 3 || der[0] != 0x02) return false;
    std::size_t const size = static_cast<unsigned char>(der[1]);
    if (size + 2 > der.size()) return false;
    auto value = der.substr(2, size);
    der.remove_prefix(2 + size);
    while (!value.empty() && value.front() == '\0') value.remove_prefix(1);
    if (value.size() > width) return false;
    into.append(width - value.size(), '\0').append(value);
    return true;
}

result<std::string> raw_signature(std::string_view der, std::size_t width)
{
    std::string raw;
    raw.reserve(2 * width);
    der.remove_prefix(static_cast<unsigned char>(der[1]) == 0x81 ? 3 : 2);
    if (!take_integer(der, width, raw) || !take_integer(der, width, raw)) return broken("unreadable signature");
    return raw;
}

result<std::string> sign_ed25519(EVP_PKEY* key, std::string_view text)
{
    evp_md_context const context{EVP_MD_CTX_new()};
    std::string signature(64, '\0');
    auto size = signature.size();
    if (EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key) != 1 ||
        EVP_DigestSign(context.get(), bytes_of(signature), &size, bytes_of(text), text.size()) != 1)
        return broken("EdDSA signature failed");
    return signature;
}

} // namespace

bool check_signature(algorithm alg, EVP_PKEY* key, std::uint64_t serial, std::string_view text, std::string_view signature)
{
    digest hashed;
    auto* const context = contexts.verification(alg, key, serial);
    if (!context || !hash(alg, text, hashed)) return succeeded(0);
    if (kind_of(alg) == key_kind::rsa)
        return succeeded(EVP_PKEY_verify(context, bytes_of(signature), signature.size(), hashed.bytes.data(), hashed.size));
    der_signature der{signature};
    der.close();
    return succeeded(EVP_PKEY_verify(context, der.data(), der.size(), hashed.bytes.data(), hashed.size));
}

bool check_hmac(algorithm alg, std::string_view key_bytes, std::uint64_t serial, std::string_view text,
                std::string_view signature)
{
    auto* const context = contexts.mac(alg, key_bytes, serial);
    std::array<unsigned char, EVP_MAX_MD_SIZE> made;
    std::size_t size = 0;
    if (!context || EVP_MAC_update(context, bytes_of(text), text.size()) != 1 ||
        EVP_MAC_final(context, made.data(), &size, made.size()) != 1)
        return succeeded(0);
    return equal_in_constant_time({reinterpret_cast<char const*>(made.data()), size}, signature);
}

// libsodium takes half of OpenSSL 3.0's time, and refuses what is not canonical.
bool check_ed25519(std::string_view public_key, std::string_view text, std::string_view signature)
{
    return crypto_sign_ed25519_verify_detached(bytes_of(signature), bytes_of(text), text.size(), bytes_of(public_key)) == 0;
}

result<std::string> make_signature(algorithm alg, EVP_PKEY* key, std::string_view text)
{
    if (alg == algorithm::eddsa) return sign_ed25519(key, text);
    digest hashed;
    evp_pkey_context const context{EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr)};
    if (!context || EVP_PKEY_sign_init(context.get()) != 1 || !set_padding(alg, context.get()) || !hash(alg, text, hashed))
        return broken("cannot sign");
    std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key)), '\0');
    auto size = signature.size();
    if (EVP_PKEY_sign(context.get(), bytes_of(signature), &size, hashed.bytes.data(), hashed.size) != 1)
        return broken("signature failed");
    signature.resize(size);
    if (kind_of(alg) == key_kind::ec) return raw_signature(signature, coordinate_bytes(alg));
    return signature;
}

result<std::string> make_hmac(algorithm alg, std::string_view key_bytes, std::string_view text)
{
    std::string made(digest_bytes(alg), '\0');
    std::size_t size = 0;
    if (!EVP_Q_mac(nullptr, "HMAC", nullptr, EVP_MD_get0_name(digest_of(alg)), nullptr, bytes_of(key_bytes), key_bytes.size(),
                   bytes_of(text), text.size(), bytes_of(made), made.size(), &size) ||
        size != made.size())
        return broken("HMAC failed");
    return made;
}

} // namespace yett::tokens
