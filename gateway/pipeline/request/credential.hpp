#pragma once

#include "gateway/base/result.hpp"

#include <string_view>

namespace yett::http {
class head;
} // namespace yett::http

namespace yett::pipeline {

struct auth_transport;

// The bearer token a request carries (RFC 6750 section 2.1), empty when it carries none.
// Another scheme is the application's business and counts as none. A token in the query is
// never looked at. More than one Authorization field fails with credentials_disagree, a
// Bearer scheme without a token with token_malformed.
result<std::string_view> bearer_of(http::head const& head);

// How a request says who sends it.
struct credential
{
    enum class way : unsigned char
    {
        none,
        header,
        cookie,
    };
    way by = way::none;
    std::string_view token;     // an access token or, from the header alone, an API key
    std::string_view in_cookie; // of a header credential: another token that came beside it
    bool several = false;       // access cookies came; what is said of one is said of the first
    bool by_basic = false;      // of an API key: it came as a password, which browsers keep and send again
    bool by_protocol = false;   // of a token: it came as a subprotocol, as pages send it
};

// The API key in `X-Api-Key`, empty when there is none; anything else in that field is the
// application's business. More than one field with a key among them fails with
// credentials_disagree.
result<std::string_view> api_key_of(http::head const& head);

// The token of the ways that are configured, and an API key in its own field always; a way
// that is not configured is not looked at. A key beside a bearer token that is not the same
// fails with credentials_disagree. The header goes before the cookie, which the browser adds
// to whatever a script sends; where the two are not the same the caller has to make sure
// that they name the same session. An empty cookie is none. Fails like bearer_of and
// api_key_of.
result<credential> credential_of(http::head const& head, auth_transport const& ways);

// Takes the token of an access cookie for what the request shows, beside a header or alone.
void set_cookie_token(credential& found, std::string_view token);

// Its two halves: what a program puts into the head, and what a browser adds to it.
result<credential> header_credential_of(http::head const& head, auth_transport const& ways);
credential with_cookie(credential found, http::head const& head, auth_transport const& ways);

// Whether a request that is authenticated by a cookie has to prove that a page of ours sent
// it: it changes something, or it opens a WebSocket, which browsers allow to every page.
bool needs_same_origin(http::head const& head) noexcept;

} // namespace yett::pipeline
