#include "gateway/tokens/key_document.hpp"

#include "gateway/base/base64url.hpp"
#include "gateway/base/random.hpp"
#include "gateway/tokens/openssl_handle.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/pem.h>

#include <charconv>

namespace yett::tokens {
namespace {

constexpr std::string_view made_line = "\nmade: ";
constexpr std::string_view starts_line = "\nsigns from: ";
constexpr std::string_view kid_line = "\nkid: ";
constexpr std::string_view sealed_line = "\nsealed: ";
constexpr std::size_t salt_bytes = 16;
constexpr std::size_t nonce_bytes = 12;
constexpr std::size_t tag_bytes = 16;

using cipher_context = std::unique_ptr<EVP_CIPHER_CTX, freed_by<EVP_CIPHER_CTX_free>>;
using pkcs8 = std::unique_ptr<PKCS8_PRIV_KEY_INFO, freed_by<PKCS8_PRIV_KEY_INFO_free>>;

error broken(std::string note)
{
    ERR_clear_error();
    return our_error(errc::internal, std::move(note));
}

std::string_view value_of(std::string_view text, std::string_view line)
{
    auto const at = text.find(line);
    if (at == text.npos) return {};
    auto const value = text.substr(at + line.size());
    return value.substr(0, value.find('\n'));
}

// The epoch when the line is not there.
wall_time time_in(std::string_view text, std::string_view line)
{
    auto const value = value_of(text, line);
    std::int64_t whole = 0;
    auto const read = std::from_chars(value.data(), value.data() + value.size(), whole);
    // Whole seconds, or seconds and three digits.
    if (read.ec != std::errc{}) return {};
    auto at = from_unix(whole);
    if (read.ptr + 4 == value.data() + value.size() && *read.ptr == '.') {
        int thousandths = 0;
        std::from_chars(read.ptr + 1, read.ptr + 4, thousandths);
        at += milliseconds{thousandths};
    }
    return at;
}

std::string text_of(wall_time at)
{
    auto const ms = at.time_since_epoch().count();
    return ms % 1000 ? fmt::format("{}.{:03}", ms / 1000, ms % 1000) : fmt::format("{}", ms / 1000);
}

std::string dates_of(own_key const& one)
{
    return fmt::format("{}{}{}{}\n", made_line.substr(1), text_of(one.made_at), starts_line, text_of(one.signs_from));
}

// What a sealed key is bound to.
std::string purpose_of(algorithm alg, unsigned number, std::string_view text)
{
    return fmt::format("yett signing key 1\n{}\n{}\n{}\n{}\n{}\n", name_of(alg), number, value_of(text, kid_line),
                       value_of(text, made_line), value_of(text, starts_line));
}

result<secret> cipher_key(secret const& sealing, std::string_view salt)
{
    constexpr std::uint64_t cost = 1 << 14, block = 8, lanes = 1, memory = 64 << 20;
    std::string key(32, '\0');
    auto const phrase = sealing.reveal();
    if (EVP_PBE_scrypt(phrase.data(), phrase.size(), bytes_of(salt), salt.size(), cost, block, lanes, memory, bytes_of(key),
                       key.size()) != 1)
        return broken("scrypt failed");
    return secret{std::move(key)};
}

result<std::string> seal(std::string_view plain, secret const& sealing, std::string_view purpose)
{
    auto made = random_bytes(salt_bytes + nonce_bytes);
    auto const key = cipher_key(sealing, made.substr(0, salt_bytes));
    if (!key) return key.error();
    cipher_context const cipher{EVP_CIPHER_CTX_new()};
    std::string hidden(plain.size(), '\0');
    std::string tag(tag_bytes, '\0');
    int done = 0;
    bool const good =
        EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key->reveal()), bytes_of(made) + salt_bytes) == 1 &&
        EVP_EncryptUpdate(cipher.get(), nullptr, &done, bytes_of(purpose), static_cast<int>(purpose.size())) == 1 &&
        EVP_EncryptUpdate(cipher.get(), bytes_of(hidden), &done, bytes_of(plain), static_cast<int>(plain.size())) == 1 &&
        EVP_EncryptFinal_ex(cipher.get(), bytes_of(hidden) + done, &done) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, tag_bytes, tag.data()) == 1;
    if (!good) return broken("AES-256-GCM failed");
    return base64url_encode(made + hidden + tag);
}

result<secret> unseal(std::string_view sealed, secret const& sealing, std::string_view purpose)
{
    auto const all = base64url_decode(sealed);
    if (!all || all->size() <= salt_bytes + nonce_bytes + tag_bytes) return broken("the text is damaged");
    std::string_view const made = *all;
    auto const key = cipher_key(sealing, made.substr(0, salt_bytes));
    if (!key) return key.error();
    auto const nonce = made.substr(salt_bytes, nonce_bytes);
    auto const hidden = made.substr(salt_bytes + nonce_bytes, made.size() - salt_bytes - nonce_bytes - tag_bytes);
    std::string tag{made.substr(made.size() - tag_bytes)};
    cipher_context const cipher{EVP_CIPHER_CTX_new()};
    std::string plain(hidden.size(), '\0');
    int done = 0;
    bool const good =
        EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key->reveal()), bytes_of(nonce)) == 1 &&
        EVP_DecryptUpdate(cipher.get(), nullptr, &done, bytes_of(purpose), static_cast<int>(purpose.size())) == 1 &&
        EVP_DecryptUpdate(cipher.get(), bytes_of(plain), &done, bytes_of(hidden), static_cast<int>(hidden.size())) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, tag_bytes, tag.data()) == 1 &&
        EVP_DecryptFinal_ex(cipher.get(), bytes_of(plain) + done, &done) == 1;
    secret wiped{std::move(plain)};
    if (!good) return broken("tokens.keys.secret does not open it, or the text was changed");
    return wiped;
}

result<secret> der_of(signing_key const& key)
{
    pkcs8 const info{EVP_PKEY2PKCS8(key.private_key().get())};
    unsigned char* der = nullptr;
    auto const size = info ? i2d_PKCS8_PRIV_KEY_INFO(info.get(), &der) : -1;
    if (size <= 0) return broken("cannot encode a key");
    secret made{std::string(reinterpret_cast<char const*>(der), static_cast<std::size_t>(size))};
    OPENSSL_clear_free(der, static_cast<std::size_t>(size));
    return made;
}

evp_key key_from_der(secret const& der)
{
    auto const* at = bytes_of(der.reveal());
    pkcs8 const info{d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(der.size()))};
    return adopt(info ? EVP_PKCS82PKEY(info.get()) : nullptr);
}

result<secret> pem_of(signing_key const& key)
{
    memory_bio const bio{BIO_new(BIO_s_secmem())};
    if (PEM_write_bio_PKCS8PrivateKey(bio.get(), key.private_key().get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
        return broken("cannot encode a key");
    char* text = nullptr;
    auto const size = BIO_get_mem_data(bio.get(), &text);
    return secret{std::string(text, static_cast<std::size_t>(size))};
}

// OpenSSL would ask the terminal.
int no_passphrase(char*, int, int, void*)
{
    return -1;
}

evp_key key_from_pem(std::string_view text)
{
    memory_bio const bio{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
    return adopt(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
}

result<evp_key> private_key_in(kept_key const& from, secret const& sealing)
{
    auto const text = from.document.reveal();
    auto const sealed = value_of(text, sealed_line);
    if (sealed.empty()) return key_from_pem(text);
    if (sealing.empty()) return broken("it is sealed, and tokens.keys.secret is not set");
    auto const der = unseal(sealed, sealing, purpose_of(from.alg, from.number, text));
    if (!der) return der.error();
    return key_from_der(*der);
}

} // namespace

bool is_in_the_clear(kept_key const& one) noexcept
{
    return one.document.reveal().find(sealed_line) == std::string_view::npos;
}

result<kept_key> write_key(own_key const& one, secret const& sealing)
{
    kept_key made{one.key.alg(), one.number, {}};
    if (sealing.empty()) {
        auto const pem = pem_of(one.key);
        if (!pem) return pem.error();
        made.document = secret{"A signing key of Yett. Keep it secret.\n" + dates_of(one) + std::string{pem->reveal()}};
        return made;
    }
    auto const der = der_of(one.key);
    if (!der) return der.error();
    auto text =
        fmt::format("A signing key of Yett, sealed with tokens.keys.secret.{}{}\n{}", kid_line, one.key.kid(), dates_of(one));
    auto const sealed = seal(der->reveal(), sealing, purpose_of(made.alg, made.number, text));
    if (!sealed) return sealed.error();
    made.document = secret{text + std::string{sealed_line.substr(1)} + *sealed + '\n'};
    return made;
}

result<own_key> read_key(kept_key const& from, secret const& sealing)
{
    auto opened = private_key_in(from, sealing);
    if (!opened) return opened.error();
    if (!*opened) return broken("it holds no private key");
    auto key = signing_key::from_private(from.alg, std::move(*opened));
    if (!key) return broken(key.error().note());
    auto const text = from.document.reveal();
    auto const made = time_in(text, made_line);
    auto const starts = value_of(text, starts_line).empty() ? made : time_in(text, starts_line);
    return own_key{std::move(*key), from.number, made, starts};
}

} // namespace yett::tokens
