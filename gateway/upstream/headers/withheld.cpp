#include "gateway/upstream/headers/withheld.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/field_list.hpp"
#include "gateway/http/fields/basic_credentials.hpp"

namespace yett::upstream {
namespace {

constexpr std::string_view bearer = "bearer";

// What tokens are made of (RFC 9110 section 11.2).
bool is_of_a_word(char c) noexcept
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"-._~+/"}.find(c) != std::string_view::npos;
}

} // namespace

bool withheld::begin_a_word_of(std::string_view text) const noexcept
{
    for (auto const& prefix : prefixes_)
        for (auto at = text.find(prefix); at != text.npos; at = text.find(prefix, at + 1))
            if (at == 0 || !is_of_a_word(text[at - 1])) return true;
    return false;
}

bool withheld::are_in(std::string_view value) const
{
    if (prefixes_.empty()) return false;
    if (begin_a_word_of(value)) return true;
    auto const basic = http::read_basic(value);
    return basic && (begin_a_word_of(basic->user) || begin_a_word_of(basic->password));
}

bool is_bearer(std::string_view authorization) noexcept
{
    return authorization.size() >= bearer.size() &&
           http::ascii::equal_ignoring_case(authorization.substr(0, bearer.size()), bearer) &&
           (authorization.size() == bearer.size() || authorization[bearer.size()] == ' ' || authorization[bearer.size()] == '\t');
}

std::string_view behind_scheme(std::string_view value) noexcept
{
    return http::trimmed(value.substr(bearer.size()));
}

} // namespace yett::upstream
