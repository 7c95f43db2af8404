#include "gateway/pipeline/call/form_token.hpp"

#include "gateway/base/random.hpp"
#include "gateway/base/secret.hpp"
#include "gateway/base/text/base64url.hpp"
#include "gateway/http/fields/cookies.hpp"
#include "gateway/tokens/keys/signature.hpp"

namespace yett::pipeline {
namespace {

constexpr std::size_t key_bytes = 32;
constexpr std::size_t most_keys = 8;

result<std::string> token_for(std::string_view form, std::string_view key)
{
    auto mac = tokens::make_hmac(tokens::algorithm::hs256, key, std::string{"yett form "}.append(form));
    if (!mac) return mac.error();
    return base64url_encode(*mac);
}

} // namespace

// The first is for new pages, and what a page brought under another is good as well: which of
// several a browser sends first may change. What is no key of ours counts for nothing.
std::vector<std::string> form_tokens::keys_of(http::head const& head) const
{
    std::vector<std::string> keys;
    for (auto const value : http::values_of_cookies(head, cookie_name_, most_keys))
        if (auto key = base64url_decode(value); key && key->size() == key_bytes) keys.push_back(std::move(*key));
    return keys;
}

result<form_tokens::issued> form_tokens::issue(http::head const& asked, std::string_view form) const
{
    issued made;
    auto keys = keys_of(asked);
    if (keys.empty()) {
        keys.push_back(random_bytes(key_bytes));
        auto const text = base64url_encode(keys.front());
        http::set_cookie cookie{.name = cookie_name_, .value = text, .secure = secure_};
        auto line = http::format(cookie);
        if (!line) return line.error();
        made.set_cookie = std::move(*line);
    }
    auto token = token_for(form, keys.front());
    if (!token) return token.error();
    made.token = std::move(*token);
    return made;
}

result<void> form_tokens::check(http::head const& sent, std::string_view form, std::string_view token) const
{
    auto const keys = keys_of(sent);
    if (keys.empty()) return client_error(errc::csrf_rejected, "a form without the cookie of its page");
    for (auto const& key : keys) {
        auto const expected = token_for(form, key);
        if (!expected) return expected.error();
        if (equal_in_constant_time(*expected, token)) return {};
    }
    return client_error(errc::csrf_rejected, "a form without the token of its page");
}

} // namespace yett::pipeline
