#pragma once

#include "gateway/base/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yett::http {
class head;
} // namespace yett::http

namespace yett::pipeline {

// The proof that a form was on a page of ours: a token in the form that belongs to a cookie
// of the browser.
//
// The cookie holds a random key for as long as the browser runs, and the token is the HMAC
// of the form's name under it. So nothing is stored, a restart and another node change
// nothing, forms in several tabs are good at the same time, and a form for one purpose is
// none for another. A foreign page can have a form of ours sent, but it knows no key that
// the browser holds; with `secure` it cannot plant one either, because the cookie is
// `__Host-`. This holds before anybody is signed in, too.
class form_tokens
{
public:
    // `cookie_name` is `__Host-…` with `secure`.
    form_tokens(std::string cookie_name, bool secure) : cookie_name_{std::move(cookie_name)}, secure_{secure} {}

    struct issued
    {
        std::string token;
        std::optional<std::string> set_cookie; // when the browser has none yet
    };
    // Fails (ourselves, internal) only when no HMAC can be computed.
    result<issued> issue(http::head const& asked, std::string_view form) const;

    // Fails with csrf_rejected.
    result<void> check(http::head const& sent, std::string_view form, std::string_view token) const;

private:
    std::vector<std::string> keys_of(http::head const& head) const;

    std::string cookie_name_;
    bool secure_;
};

} // namespace yett::pipeline
