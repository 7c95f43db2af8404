#include "gateway/accounts/ports/link.hpp"

#include "gateway/base/random.hpp"
#include "gateway/base/text/base64url.hpp"
#include "gateway/base/text/blanks.hpp"

namespace yett::accounts {
namespace {

constexpr auto prefix = link_token_prefix;
constexpr std::size_t proof_bytes = 32;
constexpr std::size_t check_bytes = 3;
static_assert(link_token_bytes == prefix.size() + ((proof_bytes + check_bytes) * 8 + 5) / 6);

std::string checksum(std::string_view proof)
{
    return sha256("yett link " + std::string{proof}).substr(0, check_bytes);
}

link_token assemble(std::string const& proof)
{
    std::string text{prefix};
    text += base64url_encode(proof + checksum(proof));
    auto hash = hex_encode(sha256(text));
    return {secret{std::move(text)}, std::move(hash)};
}

} // namespace

link_token make_link_token()
{
    return assemble(random_bytes(proof_bytes));
}

std::optional<link_token> read_link_token(std::string_view text)
{
    text = without_blanks(text);
    if (text.size() != link_token_bytes || !text.starts_with(prefix)) return std::nullopt;
    auto const content = base64url_decode(text.substr(prefix.size()));
    if (!content) return std::nullopt;
    auto const proof = content->substr(0, proof_bytes);
    if (checksum(proof) != content->substr(proof_bytes)) return std::nullopt;
    return assemble(proof);
}

} // namespace yett::accounts
