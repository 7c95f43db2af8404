#include "gateway/pipeline/request/credential.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/fields/cookies.hpp"
#include "gateway/http/head.hpp"
#include "gateway/pipeline/request/session_cookies.hpp"
#include "gateway/tokens/opaque/api_key.hpp"

#include <algorithm>

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
    if (!http::ascii::equal_ignoring_case(value.substr(0, scheme.size()), scheme)) return std::string_view{};
    if (value.size() == scheme.size()) return errc::token_malformed;
    if (value[scheme.size()] != ' ') return std::string_view{};
    auto const start = value.find_first_not_of(' ', scheme.size());
    auto const token = value.substr(start);
    if (!is_one_word(token)) return errc::token_malformed;
    return token;
}

result<std::string_view> api_key_of(http::head const& head)
{
    auto const* const field = head.find(http::known::x_api_key);
    if (!field) return std::string_view{};
    if (head.count(http::known::x_api_key) == 1)
        return tokens::looks_like_api_key(field->value) ? field->value : std::string_view{};
    auto const has_key = [](http::field const& f) {
        return f.id == http::known::x_api_key && tokens::looks_like_api_key(f.value);
    };
    if (std::ranges::any_of(head.fields(), has_key)) return errc::credentials_disagree;
    return std::string_view{};
}

void set_cookie_token(credential& found, std::string_view token)
{
    if (found.by == credential::way::header) {
        found.in_cookie = token == found.token ? std::string_view{} : token;
        return;
    }
    found.by = credential::way::cookie;
    found.token = token;
}

result<credential> credential_of(http::head const& head, auth_transport const& ways)
{
    auto const found = header_credential_of(head, ways);
    if (!found) return found;
    return with_cookie(*found, head, ways);
}

result<credential> header_credential_of(http::head const& head, auth_transport const& ways)
{
    credential found;
    if (ways.access_in_header) {
        auto const bearer = bearer_of(head);
        if (!bearer) return bearer.error();
        if (!bearer->empty()) found = {credential::way::header, *bearer, {}};
    }
    auto const key = api_key_of(head);
    if (!key) return key.error();
    if (!key->empty()) {
        if (found.by == credential::way::header && found.token != *key) return errc::credentials_disagree;
        found = {credential::way::header, *key, {}};
    }
    return found;
}

credential with_cookie(credential found, http::head const& head, auth_transport const& ways)
{
    if (!ways.access_in_cookie) return found;
    auto const cookies = http::find_cookies(head, ways.access_cookie);
    if (cookies.count == 0) return found;
    found.several = cookies.count > 1;
    set_cookie_token(found, cookies.value);
    return found;
}

// What a foreign page could do with the other safe methods, PROPFIND say, is no business of
// browsers: no link and no form sends them.
bool needs_same_origin(http::head const& head) noexcept
{
    auto const m = head.method();
    auto const harmless = m == http::method::get || m == http::method::head || m == http::method::options;
    return !harmless || head.find(http::known::upgrade) != nullptr;
}

} // namespace yett::pipeline
