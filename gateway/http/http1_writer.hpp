#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/base/result.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/http/response_head.hpp"

#include <string>
#include <string_view>

namespace yett::http {

// What a reply's framing depends on besides the reply.
struct reply_context
{
    http::version version = version::http_1_1; // of the request
    http::method method = method::get;         // of the request
    bool keep_alive = true;                    // what the connection would like
    std::string_view date{};                   // IMF-fixdate; empty: no Date is added
    std::string_view hsts{};                   // Strict-Transport-Security; empty, or given already: none is added
};

// How the body has to follow the head that was written.
struct reply_framing
{
    response_body body;
    bool keep_alive; // false after a body until close, too
};

// What belongs to one connection and is written by whoever owns that (RFC 9110 section 7.6.1).
// 426 says by Upgrade what it takes instead (section 15.5.22).
bool is_of_connection(known id, unsigned status) noexcept;
// How a reply's body follows its head, and whether the head tells its length. That is told where there is no body to
// send, too: HEAD and 304 speak of the body that GET would bring. 1xx and 204 never do.
response_body body_after(reply_head const& head, reply_context const& context) noexcept;
bool tells_length(reply_head const& head) noexcept;

// Appends a reply's head as HTTP/1.1 bytes: status line, fields, Date and HSTS unless given,
// Content-Length or chunked, Connection. 101 says that a WebSocket follows.
//
// Framing and hop-by-hop fields among the reply's fields are left out. Fails (ourselves,
// internal) and appends nothing when a name is no token or a value holds CR, LF, NUL or
// another control byte, whoever put it there.
result<reply_framing> append_reply_head(std::string& out, reply_head const& head, reply_context const& context);

// The same check for one field of a request to an upstream; false and nothing appended
// when it would break out of its line.
bool append_field(std::string& out, std::string_view name, std::string_view value);

// "OK" for 200; empty for a status without a name of its own.
std::string_view reason_of(unsigned status) noexcept;

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7).
std::string http_date(wall_time at);

inline constexpr std::string_view continue_reply = "HTTP/1.1 100 Continue\r\n\r\n";

} // namespace yett::http
