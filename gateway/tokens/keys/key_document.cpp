#include "gateway/tokens/keys/key_document.hpp"

#include "gateway/tokens/keys/openssl_handle.hpp"
#include "gateway/tokens/keys/sealing.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <charconv>

// A signing key as the text it is kept as, in a file or a row. In the clear it is a PEM with lines
// before it that OpenSSL skips; sealed it is only lines. The dates and the kid stand in the clear
// in both, so that an operator can look; a sealed key is bound to them, to its algorithm and number
// (`purpose_of`), so that nobody who can write to the store can make an old key young again.

namespace yett::tokens {
namespace {

constexpr std::string_view made_line = "\nmade: ";
constexpr std::string_view starts_line = "\nsigns from: ";
constexpr std::string_view kid_line = "\nkid: ";
constexpr std::string_view sealed_line = "\nsealed: ";

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
