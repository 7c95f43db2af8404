#include "gateway/tokens/refresh_token.hpp"

#include "gateway/base/base64url.hpp"
#include "gateway/base/random.hpp"
#include "gateway/tokens/signature.hpp"

namespace yett::tokens {
namespace {

constexpr std::string_view prefix = "yr1_";
constexpr std::size_t family_bytes = 16;
constexpr std::size_t proof_bytes = 32;
constexpr std::size_t check_bytes = 3;
constexpr std::size_t text_bytes = prefix.size() + (family_bytes + proof_bytes + check_bytes) * 4 / 3;

std::string checksum(std::string_view content)
{
    return sha256("yett refresh token " + std::string{content}).substr(0, check_bytes);
}

refresh_token assemble(std::string_view family, std::string_view proof)
{
    std::string const content = std::string{family} + std::string{proof};
    std::string text{prefix};
    text += base64url_encode(content + checksum(content));
    auto hash = hex_encode(sha256(text));
    return {secret{std::move(text)}, base64url_encode(family), std::move(hash)};
}

} // namespace

refresh_token make_refresh_token()
{
    return assemble(random_bytes(family_bytes), random_bytes(proof_bytes));
}

refresh_token succeed(refresh_token const& previous, std::string_view salt)
{
    auto const family = base64url_decode(previous.family);
    auto const proof = make_hmac(algorithm::hs256, salt, previous.text.reveal());
    // A result without a value throws here; both hold whatever this room made.
    return assemble(family.value(), proof.value());
}

std::optional<refresh_token> read_refresh_token(std::string_view text)
{
    if (text.size() != text_bytes || !looks_like_refresh_token(text)) return std::nullopt;
    auto const content = base64url_decode(text.substr(prefix.size()));
    if (!content) return std::nullopt;
    auto const body = std::string_view{*content}.substr(0, family_bytes + proof_bytes);
    if (checksum(body) != content->substr(body.size())) return std::nullopt;
    return assemble(body.substr(0, family_bytes), body.substr(family_bytes));
}

bool looks_like_refresh_token(std::string_view text) noexcept
{
    return text.starts_with(prefix);
}

} // namespace yett::tokens
