#include "gateway/tokens/token_kind.hpp"

#include "gateway/tokens/claim_values.hpp"
#include "gateway/tokens/jws.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace yett::tokens {
namespace {

using boost::json::object;

// Keycloak's claim `typ` of what is no access token.
constexpr std::array<std::string_view, 5> other_kinds{"id", "refresh", "offline", "logout", "logout+jwt"};
// What OpenID Connect Core section 2 puts into ID tokens alone, and RFC 8417 into events.
constexpr std::array<std::string_view, 4> other_marks{"events", "at_hash", "c_hash", "s_hash"};

bool names_other_kind(object const& payload)
{
    auto const* const kind = member(payload, "typ");
    if (!kind) return false;
    return kind->is_string() && std::ranges::find(other_kinds, normalised_type(text_of(*kind))) != other_kinds.end();
}

// Amazon's.
bool has_other_use(object const& payload)
{
    auto const* const use = member(payload, "token_use");
    return use && *use != "access";
}

} // namespace

bool token_types::include(std::optional<std::string> const& type) const
{
    return type ? std::ranges::find(named, *type) != named.end() : absent;
}

result<void> check_foreign_kind(token_types const& accepted, std::optional<std::string> const& type, object const& payload)
{
    auto const refuse = [](std::string note) { return client_error(errc::token_untrusted, std::move(note)); };
    if (!accepted.include(type)) return refuse("`typ` is none of tokens.issuers[].types");
    if (type && *type != "jwt") return {};
    if (names_other_kind(payload)) return refuse("the claim `typ` is that of another kind of token");
    if (has_other_use(payload)) return refuse("`token_use` is not access");
    for (auto const mark : other_marks)
        if (member(payload, mark)) return refuse(fmt::format("`{}` belongs to another kind of token", mark));
    return {};
}

} // namespace yett::tokens
