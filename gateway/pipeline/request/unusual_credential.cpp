#include "gateway/pipeline/request/unusual_credential.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/fields/basic_credentials.hpp"
#include "gateway/http/fields/header_fold.hpp"
#include "gateway/http/fields/websocket_protocols.hpp"
#include "gateway/http/head.hpp"
#include "gateway/pipeline/request/session_cookies.hpp"
#include "gateway/tokens/opaque/api_key.hpp"

// Credentials of rules that take more than the usual ways: a header of their own, a WebSocket
// subprotocol, an API key as the password of Basic. They are looked for only where a rule says so,
// which keeps them off the way of every other request.
//
// Several ways may bring one token. If they bring different ones the request is refused, whichever
// of them would be good: what one reader believes and another forwards must not be two people
// (`credentials_disagree`).

namespace yett::pipeline {
namespace {

std::string basic_key_in(http::field const& f)
{
    auto basic = http::read_basic(f.value);
    return basic && tokens::looks_like_api_key(basic->password) ? std::move(basic->password) : std::string{};
}

// Basic with another password than an API key is the application's own business, once; twice with a
// key among them is nobody's.
result<std::string> basic_key_of(http::head const& head)
{
    auto const* const field = head.find(http::known::authorization);
    if (!field) return std::string{};
    if (head.count(http::known::authorization) == 1) return basic_key_in(*field);
    if (has_basic_key(head)) return errc::credentials_disagree;
    return std::string{};
}

// The token alone, or behind the word Bearer, as proxies write it.
std::string_view without_scheme(std::string_view value)
{
    constexpr std::string_view scheme = "bearer ";
    if (value.size() <= scheme.size()) return value;
    if (!http::ascii::equal_ignoring_case(value.substr(0, scheme.size()), scheme)) return value;
    return value.substr(value.find_first_not_of(' ', scheme.size()));
}

result<std::string_view> token_in_header(http::head const& head, std::string_view name)
{
    std::string_view found;
    for (auto const& f : head.fields()) {
        if (!http::folds_equal(f.name, name)) continue;
        if (!found.empty()) return errc::credentials_disagree;
        found = without_scheme(f.value);
    }
    if (found.find_first_of(" ,\t") != found.npos) return errc::token_malformed;
    return found;
}

result<std::string_view> token_in_protocols(http::head const& head)
{
    auto const offered = http::websocket::protocols_of(head);
    if (offered.tokens > 1) return errc::credentials_disagree;
    if (offered.tokens == 1 && offered.token.empty()) return errc::token_malformed;
    return offered.token;
}

// One more token: the first, the same again, or one too many.
result<void> add(credential& to, std::string_view token)
{
    if (to.by == credential::way::header && to.token != token) return errc::credentials_disagree;
    to.by = credential::way::header;
    to.token = token;
    return {};
}

} // namespace

bool has_basic_key(http::head const& head)
{
    for (auto const& f : head.fields())
        if (f.id == http::known::authorization && !basic_key_in(f).empty()) return true;
    return false;
}

result<credential> unusual_credential_of(http::head const& head, auth_transport const& usual, credential_ways const& also,
                                         std::string& decoded)
{
    auto ways = usual;
    if (!also.access_header.empty()) ways.access_in_header = false;
    auto found = header_credential_of(head, ways);
    if (!found) return found;
    if (!also.access_header.empty() && usual.access_in_header) {
        auto const token = token_in_header(head, also.access_header);
        if (!token) return token.error();
        if (!token->empty())
            if (auto one = add(*found, *token); !one) return one.error();
    }
    if (also.by_protocol) {
        auto const token = token_in_protocols(head);
        if (!token) return token.error();
        if (!token->empty())
            if (auto one = add(*found, *token); !one) return one.error();
        found->by_protocol = !token->empty();
    }
    if (also.basic) {
        auto key = basic_key_of(head);
        if (!key) return key.error();
        decoded = std::move(*key);
        if (!decoded.empty())
            if (auto one = add(*found, decoded); !one) return one.error();
        found->by_basic = !decoded.empty();
    }
    return with_cookie(*found, head, usual);
}

} // namespace yett::pipeline
