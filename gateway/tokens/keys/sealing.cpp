#include "gateway/tokens/keys/sealing.hpp"

#include "gateway/base/random.hpp"
#include "gateway/base/text/base64url.hpp"
#include "gateway/tokens/keys/openssl_handle.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>

// AES-256-GCM under a key that scrypt makes of the operator's words (RFC 7914): guessing the words
// costs tens of milliseconds each time, for the sealed text may lie in backups for years. Salt and
// nonce are drawn anew for each text and stand before it. The purpose is authenticated with it and
// not kept: a text that is moved to where another one belongs does not open.

namespace yett::tokens {
namespace {

constexpr std::size_t salt_bytes = 16;
constexpr std::size_t nonce_bytes = 12;
constexpr std::size_t tag_bytes = 16;

using cipher_context = std::unique_ptr<EVP_CIPHER_CTX, freed_by<EVP_CIPHER_CTX_free>>;

error broken(std::string note)
{
    ERR_clear_error();
    return our_error(errc::internal, std::move(note));
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

} // namespace

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

// Words that are wrong and a text that was changed are one failure: nothing can tell them apart.
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

} // namespace yett::tokens
