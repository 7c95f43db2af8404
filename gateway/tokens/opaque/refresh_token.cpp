#include "gateway/tokens/opaque/refresh_token.hpp"

#include "gateway/base/random.hpp"
#include "gateway/base/text/base64url.hpp"
#include "gateway/tokens/keys/signature.hpp"
#include "gateway/tokens/opaque/opaque_token.hpp"

namespace yett::tokens {
namespace {

constexpr opaque_kind kind{refresh_token_prefix, "yett refresh token"};

refresh_token as_refresh_token(opaque_token made)
{
    return {std::move(made.text), std::move(made.name), std::move(made.hash)};
}

} // namespace

refresh_token make_refresh_token()
{
    return as_refresh_token(make_opaque(kind, random_bytes(opaque_name_bytes), random_bytes(opaque_proof_bytes)));
}

refresh_token succeed(refresh_token const& previous, std::string_view salt)
{
    auto const family = base64url_decode(previous.family);
    auto const proof = make_hmac(algorithm::hs256, salt, previous.text.reveal());
    // A result without a value throws here; both hold whatever this room made.
    return as_refresh_token(make_opaque(kind, family.value(), proof.value()));
}

std::optional<refresh_token> read_refresh_token(std::string_view text)
{
    auto found = read_opaque(kind, text);
    if (!found) return std::nullopt;
    return as_refresh_token(std::move(*found));
}

} // namespace yett::tokens
