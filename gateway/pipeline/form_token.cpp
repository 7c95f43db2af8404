#include "gateway/pipeline/form_token.hpp"

#include "gateway/base/base64url.hpp"
#include "gateway/base/random.hpp"
#include "gateway/base/secret.hpp"
#include "gateway/http/cookies.hpp"
#include "gateway/tokens/signature.hpp"

namespace yett::pipeline {
namespace {

constexpr std::size_t key_bytes = 32;

result<std::string> token_for(std::string_view form, std::string_view key)
{
    auto mac = tokens::make_hmac(tokens::algorithm::hs256, key, std::string{"yett form "}.append(form));
    if (!mac) return mac.error();
    return base64url_encode(*mac);
}

} // namespace

// A cookie that is not ours, or comes twice, counts as none: the page brings another.
std::optional<std::string> form_tokens::key_of(http::head const& head) const
{
    auto const cookie = http::find_cookie(head, cookie_name());
    if (!cookie || !*cookie) return {};
    auto key = base64url_decode(**cookie);
    if (!key || key->size() != key_bytes) return {};
    return key;
}

result<form_tokens::issued> form_tokens::issue(http::head const& asked, std::string_view form) const
{
    issued made;
    auto key = key_of(asked);
    if (!key) {
        key = random_bytes(key_bytes);
        auto const text = base64url_encode(*key);
        http::set_cookie cookie{.name = cookie_name(), .value = text, .secure = secure_};
        auto line = http::format(cookie);
        if (!line) return line.error();
        made.set_cookie = std::move(*line);
    }
    auto token = token_for(form, *key);
    if (!token) return token.error();
    made.token = std::move(*token);
    return made;
}

result<void> form_tokens::check(http::head const& sent, std::string_view form, std::string_view token) const
{
    auto const key = key_of(sent);
    if (!key) return client_error(errc::csrf_rejected, "a form without the cookie of its page");
    auto const expected = token_for(form, *key);
    if (!expected) return expected.error();
    if (!equal_in_constant_time(*expected, token))
        return client_error(errc::csrf_rejected, "a form without the token of its page");
    return {};
}

} // namespace yett::pipeline
