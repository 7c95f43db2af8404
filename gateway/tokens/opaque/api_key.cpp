#include "gateway/tokens/opaque/api_key.hpp"

#include "gateway/base/random.hpp"

namespace yett::tokens {
namespace {

constexpr opaque_kind kind{api_key_prefix, "yett api key"};

// The first six bits of a name are its first character; the last two of them are '-' and '_'.
bool begins_with_a_word(std::string_view name)
{
    return static_cast<unsigned char>(name.front()) >> 2 < 62;
}

} // namespace

opaque_token make_api_key()
{
    auto name = random_bytes(opaque_name_bytes);
    while (!begins_with_a_word(name)) name = random_bytes(opaque_name_bytes);
    return make_opaque(kind, name, random_bytes(opaque_proof_bytes));
}

std::optional<opaque_token> read_api_key(std::string_view text)
{
    return read_opaque(kind, text);
}

bool looks_like_api_key(std::string_view text) noexcept
{
    return text.starts_with(kind.prefix);
}

} // namespace yett::tokens
