#include "gateway/tokens/keys/own_secret.hpp"

#include "gateway/base/random.hpp"
#include "gateway/base/text/base64url.hpp"
#include "gateway/tokens/keys/key_store.hpp"
#include "gateway/tokens/keys/sealing.hpp"
#include "gateway/tokens/keys/signature.hpp"

// A secret that the program makes for itself and keeps beside its signing keys, so that nodes on
// one store have the same. Keys for single purposes are derived from it by HMAC over the purpose:
// who learns one of them learns no other.

namespace yett::tokens {
namespace {

constexpr std::size_t secret_bytes = 32;
constexpr std::string_view clear_text = "A secret of Yett. Keep it secret.\nsecret: ";
constexpr std::string_view sealed_text = "A secret of Yett, sealed with tokens.keys.secret.\nsealed: ";
constexpr std::string_view purpose = "yett secret 1\n";

error broken(char const* note)
{
    return our_error(errc::internal, note);
}

std::string_view line_behind(std::string_view head, std::string_view text)
{
    text.remove_prefix(head.size());
    return text.substr(0, text.find('\n'));
}

result<secret> read(kept_key const& from, secret const& sealing)
{
    auto const text = from.document.reveal();
    if (text.starts_with(clear_text)) {
        auto plain = base64url_decode(line_behind(clear_text, text));
        if (!plain || plain->size() != secret_bytes) return broken("the secret beside the keys is damaged");
        return secret{std::move(*plain)};
    }
    if (!text.starts_with(sealed_text)) return broken("the secret beside the keys is damaged");
    if (sealing.empty()) return broken("the secret beside the keys is sealed, and tokens.keys.secret is not set");
    return unseal(line_behind(sealed_text, text), sealing, purpose);
}

result<kept_key> make(secret const& sealing)
{
    secret const plain{random_bytes(secret_bytes)};
    kept_key made{algorithm::hs256, 1, {}};
    if (sealing.empty()) {
        made.document = secret{std::string{clear_text} + base64url_encode(plain.reveal()) + '\n'};
        return made;
    }
    auto const sealed = seal(plain.reveal(), sealing, purpose);
    if (!sealed) return sealed.error();
    made.document = secret{std::string{sealed_text} + *sealed + '\n'};
    return made;
}

} // namespace

task<result<secret>> own_secret(key_store& kept_in, secret const& sealing)
{
    for (int attempt = 0; attempt < 2; ++attempt) {
        auto const known = co_await kept_in.list(algorithm::hs256);
        if (!known) co_return known.error();
        if (!known->empty()) co_return read(known->back(), sealing);
        auto const made = make(sealing);
        if (!made) co_return made.error();
        // Another process may be quicker; then its secret is everybody's.
        auto const added = co_await kept_in.add(*made);
        if (!added) co_return added.error();
        if (*added) co_return read(*made, sealing);
    }
    co_return broken("the secret beside the keys cannot be kept");
}

result<secret> derive_key(secret const& from, std::string_view purpose)
{
    auto made = make_hmac(algorithm::hs256, from.reveal(), std::string{"yett key for "}.append(purpose));
    if (!made) return made.error();
    return secret{std::move(*made)};
}

} // namespace yett::tokens
