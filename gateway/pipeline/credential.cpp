#include "gateway/pipeline/credential.hpp"

#include "gateway/http/head.hpp"

#include <strings.h>

namespace yett::pipeline {
namespace {

// Three searches, each of which the library does sixteen bytes at a time; find_first_of
// would make a call for every byte of a long token.
bool is_one_word(std::string_view text)
{
    return text.find(' ') == text.npos && text.find(',') == text.npos && text.find('\t') == text.npos;
}

} // namespace

result<std::string_view> bearer_of(http::head const& head)
{
    auto const* field = head.find(http::known::authorization);
    if (!field) return std::string_view{};
    if (head.count(http::known::authorization) > 1) return errc::credentials_disagree;

    constexpr std::string_view scheme = "bearer";
    auto const& value = field->value;
    if (value.size() < scheme.size() || strncasecmp(value.data(), scheme.data(), scheme.size()) != 0) return std::string_view{};
    if (value.size() == scheme.size()) return errc::token_malformed;
    if (value[scheme.size()] != ' ') return std::string_view{};
    auto const start = value.find_first_not_of(' ', scheme.size());
    auto const token = value.substr(start);
    if (!is_one_word(token)) return errc::token_malformed;
    return token;
}

} // namespace yett::pipeline
