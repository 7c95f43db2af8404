#include "gateway/tokens/opaque/opaque_token.hpp"

#include "gateway/base/random.hpp"
#include "gateway/base/text/base64url.hpp"

namespace yett::tokens {
namespace {

constexpr std::size_t check_bytes = 3;
constexpr std::size_t body_bytes = opaque_name_bytes + opaque_proof_bytes;
static_assert(opaque_token_bytes == 4 + (body_bytes + check_bytes) * 4 / 3);

std::string checksum(opaque_kind const& kind, std::string_view body)
{
    return sha256(std::string{kind.label} + " " + std::string{body}).substr(0, check_bytes);
}

} // namespace

opaque_token make_opaque(opaque_kind const& kind, std::string_view name, std::string_view proof)
{
    std::string const body = std::string{name} + std::string{proof};
    std::string text{kind.prefix};
    text += base64url_encode(body + checksum(kind, body));
    auto hash = hex_encode(sha256(text));
    return {secret{std::move(text)}, base64url_encode(name), std::move(hash)};
}

std::optional<opaque_token> read_opaque(opaque_kind const& kind, std::string_view text)
{
    if (text.size() != opaque_token_bytes || !text.starts_with(kind.prefix)) return std::nullopt;
    auto const content = base64url_decode(text.substr(kind.prefix.size()));
    if (!content) return std::nullopt;
    auto const body = std::string_view{*content}.substr(0, body_bytes);
    if (checksum(kind, body) != content->substr(body_bytes)) return std::nullopt;
    return make_opaque(kind, body.substr(0, opaque_name_bytes), body.substr(opaque_name_bytes));
}

} // namespace yett::tokens
