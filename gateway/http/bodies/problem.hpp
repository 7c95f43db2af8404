#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/base/error.hpp"
#include "gateway/http/bodies/field_error.hpp"
#include "gateway/http/exchange.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace yett::http {

// What a client is told of a failure; `problem` holds the only table of these.
struct public_error
{
    unsigned status;
    std::string_view code; // stable, see the documentation of the API
    std::string_view title;
};
public_error public_error_of(error const& e) noexcept;

// The surroundings of a failure that shape its reply.
struct problem_context
{
    std::string_view request_id{};
    std::span<field_error const> errors{};
    std::optional<seconds> retry_after{}; // for 429 and 503; 503 says 1 second without it
    std::string_view allow{};             // for 405; the methods of the protocol without it
    bool credential_sent = false;
    bool another_websocket_version = false; // what failed is a handshake, by its version alone: 426
    std::string_view realm = "Yett";        // of the challenge of 401
    bool basic = false;                     // asks for Basic instead of Bearer
    bool token_endpoint = false;            // adds `error` and `error_description` of RFC 6749
};

// The reply to a failure: application/problem+json (RFC 9457). Nothing of the error but its
// code and origin has an influence on it.
reply problem_reply(error const& e, problem_context const& context);

// True for a browser that navigates: GET, HEAD or the POST of a form, and text/html weighs
// more in Accept than JSON does.
bool prefers_html(head const& h) noexcept;

// True for a program that says it wants application/json, no less than text/html. `*/*` says
// nothing.
bool asks_for_json(head const& h) noexcept;

} // namespace yett::http
