#include "gateway/tokens/keys/keys.hpp"

#include "gateway/base/random.hpp"
#include "gateway/base/text/base64url.hpp"
#include "gateway/tokens/keys/jwk.hpp"
#include "gateway/tokens/keys/key_rules.hpp"
#include "gateway/tokens/keys/openssl_handle.hpp"
#include "gateway/tokens/keys/signature.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <fmt/format.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>

#include <atomic>
#include <cstring>

// A key as tokens see it: it knows its algorithm and never takes another, so that nothing a token
// says can have an RSA key used as the secret of an HMAC (RFC 8725 section 2.1). What is wrong with
// a key, too short, of the wrong kind, on another curve, is found when it is made and not when a
// token comes.
//
// `fingerprint` names what a key is, in every process; `serial` names this copy of it, since
// threads keep contexts of OpenSSL by it and memory that was freed may come back as another key.

namespace yett::tokens {

struct verification_key::material
{
    algorithm alg;
    std::string kid;
    evp_key key;         // null for HMAC
    secret bytes;        // the secret of HMAC
    std::string members; // of the public JWK; empty for HMAC
    std::string point;   // the raw key of Ed25519
    std::size_t signature_bytes;
    std::uint64_t serial; // names the material in this process
    std::uint64_t fingerprint;
};

namespace {

// Never 0 and never used twice: threads keep contexts by it that outlive a key.
std::uint64_t next_serial()
{
    static std::atomic<std::uint64_t> last{0};
    return ++last;
}

std::uint64_t fingerprint_of(algorithm alg, std::string_view kid, std::string_view name)
{
    auto const digest = sha256(fmt::format("{}\n{}\n{}", name_of(alg), kid, name));
    std::uint64_t value;
    std::memcpy(&value, digest.data(), sizeof value);
    return value;
}

// Names a secret without helping to guess it more than a token signed with it does.
result<std::string> name_of_secret(secret const& bytes)
{
    auto made = make_hmac(algorithm::hs256, bytes.reveal(), "yett key id");
    if (!made) return made.error();
    return base64url_encode(made->substr(0, 16));
}

std::size_t signature_bytes_of(algorithm alg, EVP_PKEY* key)
{
    switch (kind_of(alg)) {
    case key_kind::rsa: return static_cast<std::size_t>(EVP_PKEY_get_size(key));
    case key_kind::ec: return 2 * coordinate_bytes(alg);
    case key_kind::ed25519: return 64;
    case key_kind::hmac: break;
    }
    return digest_bytes(alg);
}

std::string raw_point(EVP_PKEY* key)
{
    std::string point(32, '\0');
    auto size = point.size();
    EVP_PKEY_get_raw_public_key(key, bytes_of(point), &size);
    return point;
}

result<void> check_kid(std::string_view kid)
{
    if (kid.size() > max_kid_bytes) return client_error(errc::bad_request, "`kid` is longer than 256 bytes");
    return {};
}

std::string quoted(std::string_view text)
{
    return boost::json::serialize(boost::json::string_view{text.data(), text.size()});
}

} // namespace

evp_key adopt(evp_pkey_st* key)
{
    return {key, EVP_PKEY_free};
}

result<verification_key> verification_key::from_secret(algorithm alg, secret const& bytes, std::string kid)
{
    if (auto fits = check_secret(alg, bytes.reveal()); !fits) return fits.error();
    if (auto fits = check_kid(kid); !fits) return fits.error();
    auto const name = name_of_secret(bytes);
    if (!name) return name.error();
    if (kid.empty()) kid = *name;
    auto const fingerprint = fingerprint_of(alg, kid, *name);
    return verification_key{std::make_shared<material const>(
        material{alg, std::move(kid), nullptr, bytes, {}, {}, digest_bytes(alg), next_serial(), fingerprint})};
}

result<verification_key> verification_key::from_public(algorithm alg, evp_key key, std::string kid)
{
    if (auto fits = check_public_key(alg, key.get()); !fits) return fits.error();
    if (auto fits = check_kid(kid); !fits) return fits.error();
    auto members = required_members(alg, key.get());
    if (kid.empty()) kid = thumbprint(members);
    auto const fingerprint = fingerprint_of(alg, kid, members);
    auto point = alg == algorithm::eddsa ? raw_point(key.get()) : std::string{};
    auto const size = signature_bytes_of(alg, key.get());
    return verification_key{std::make_shared<material const>(material{
        alg, std::move(kid), std::move(key), {}, std::move(members), std::move(point), size, next_serial(), fingerprint})};
}

algorithm verification_key::alg() const noexcept
{
    return material_->alg;
}

std::string const& verification_key::kid() const noexcept
{
    return material_->kid;
}

std::size_t verification_key::signature_bytes() const noexcept
{
    return material_->signature_bytes;
}

std::uint64_t verification_key::fingerprint() const noexcept
{
    return material_->fingerprint;
}

bool verification_key::verifies(std::string_view text, std::string_view signature) const
{
    auto const& m = *material_;
    if (signature.size() != m.signature_bytes) return false;
    switch (kind_of(m.alg)) {
    case key_kind::hmac: return check_hmac(m.alg, m.bytes.reveal(), m.serial, text, signature);
    case key_kind::ed25519: return check_ed25519(m.point, text, signature);
    default: return check_signature(m.alg, m.key.get(), m.serial, text, signature);
    }
}

std::string verification_key::public_jwk() const
{
    auto const& m = *material_;
    if (m.members.empty()) return {};
    return fmt::format(R"({{{},"alg":"{}","kid":{},"use":"sig"}})", m.members, name_of(m.alg), quoted(m.kid));
}

result<signing_key> signing_key::from_secret(algorithm alg, secret const& bytes, std::string kid)
{
    auto checks = verification_key::from_secret(alg, bytes, std::move(kid));
    if (!checks) return checks.error();
    return signing_key{std::move(*checks), nullptr, bytes};
}

result<signing_key> signing_key::from_private(algorithm alg, evp_key key, std::string kid)
{
    auto checks = verification_key::from_public(alg, key, std::move(kid));
    if (!checks) return checks.error();
    // A public key passes the check above and cannot sign.
    signing_key made{std::move(*checks), std::move(key), {}};
    auto const trial = made.sign("trial");
    if (!trial || !made.verification().verifies("trial", *trial))
        return client_error(errc::bad_request, "the private key does not belong to the public one, or is missing");
    return made;
}

result<signing_key> signing_key::generate(algorithm alg)
{
    EVP_PKEY* made = nullptr;
    switch (kind_of(alg)) {
    case key_kind::rsa: made = EVP_RSA_gen(2048); break;
    case key_kind::ec: made = EVP_EC_gen(std::string{curve_of(alg)}.c_str()); break;
    case key_kind::ed25519: made = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"); break;
    case key_kind::hmac: return signing_key::from_secret(alg, secret{random_bytes(digest_bytes(alg))});
    }
    if (!made) return our_error(errc::internal, "cannot generate a key");
    return from_private(alg, adopt(made));
}

result<std::string> signing_key::sign(std::string_view text) const
{
    if (is_symmetric(alg())) return make_hmac(alg(), secret_.reveal(), text);
    return make_signature(alg(), private_.get(), text);
}

} // namespace yett::tokens
