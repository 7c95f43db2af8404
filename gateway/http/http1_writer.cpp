#include "gateway/http/http1_writer.hpp"

#include "gateway/base/text/rfc3339.hpp"
#include "gateway/http/ascii.hpp"
#include "gateway/http/field_block.hpp"
#include "gateway/http/known_names.hpp"

#include <algorithm>
#include <charconv>

// A reply's head as HTTP/1.1 bytes. Framing is decided here and nowhere else, from status, method,
// version and length (RFC 9112 section 6.3); what an application said of it, and whatever is of its
// connection, is left out, so that the bytes that follow and what was said of them cannot differ.
//
// Names and values are checked while they are written, from whomever they come. A line end in a
// value would begin another field, or another reply; then nothing is appended and the reply is an
// error of ours.

namespace yett::http {
namespace {

void append_number(std::string& out, std::uint64_t number)
{
    char digits[20];
    auto const* const end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    out.append(digits, static_cast<std::size_t>(end - digits));
}

void append_line(std::string& out, std::string_view name, std::string_view value)
{
    out.append(name).append(": ").append(value).append("\r\n");
}

struct written
{
    bool date = false;
    bool upgrade = false;
};

// Appends the fields and tells which of two was among them; nothing when one is malformed.
std::optional<written> append_fields(std::string& out, reply_head const& head)
{
    written seen;
    for (auto const& f : head.fields) {
        auto const id = f.id == known::other ? known_names::find(f.name) : f.id;
        if (is_of_connection(id, head.status)) continue;
        if (!append_field(out, f.name, f.value)) return {};
        seen.date = seen.date || id == known::date;
        seen.upgrade = seen.upgrade || id == known::upgrade;
    }
    return seen;
}

// An application's own words, where they fit on the line.
std::string_view words_of(reply_head const& head) noexcept
{
    return !head.reason.empty() && is_field_value(head.reason) ? head.reason : reason_of(head.status);
}

bool says_hsts(std::span<field const> fields)
{
    return std::ranges::find(fields, known::strict_transport_security, &field::id) != fields.end();
}

void append_connection(std::string& out, reply_head const& head, bool upgrade, reply_context const& context, bool keep_alive)
{
    if (head.status == 101) out.append("Connection: Upgrade\r\nUpgrade: websocket\r\n");
    else if (upgrade) out.append(keep_alive ? "Connection: Upgrade\r\n" : "Connection: Upgrade, close\r\n");
    else if (!keep_alive) out.append("Connection: close\r\n");
    else if (context.version == version::http_1_0) out.append("Connection: keep-alive\r\n");
}

void append_framing(std::string& out, reply_head const& head, reply_framing framing)
{
    if (tells_length(head)) {
        out.append("Content-Length: ");
        append_number(out, *head.length);
        out.append("\r\n");
    } else if (framing.body == response_body::chunked) {
        out.append("Transfer-Encoding: chunked\r\n");
    }
}

} // namespace

bool is_of_connection(known id, unsigned status) noexcept
{
    switch (id) {
    case known::upgrade: return status != 426;
    case known::connection:
    case known::content_length:
    case known::keep_alive:
    case known::proxy_connection:
    case known::te:
    case known::trailer:
    case known::transfer_encoding: return true;
    default: return false;
    }
}

response_body body_after(reply_head const& head, reply_context const& context) noexcept
{
    if (head.status < 200 || head.status == 204 || head.status == 304 || context.method == method::head)
        return response_body::none;
    if (head.length) return response_body::length;
    return context.version == version::http_1_0 ? response_body::until_close : response_body::chunked;
}

bool tells_length(reply_head const& head) noexcept
{
    return head.length && head.status >= 200 && head.status != 204;
}

std::string_view reason_of(unsigned status) noexcept
{
    switch (status) {
    case 100: return "Continue";
    case 101: return "Switching Protocols";
    case 103: return "Early Hints";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 203: return "Non-Authoritative Information";
    case 204: return "No Content";
    case 205: return "Reset Content";
    case 206: return "Partial Content";
    case 207: return "Multi-Status";
    case 300: return "Multiple Choices";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 402: return "Payment Required";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 425: return "Too Early";
    case 426: return "Upgrade Required";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 451: return "Unavailable For Legal Reasons";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    case 507: return "Insufficient Storage";
    default: return "";
    }
}

bool append_field(std::string& out, std::string_view name, std::string_view value)
{
    if (!ascii::is_token(name) || !is_field_value(value)) return false;
    append_line(out, name, value);
    return true;
}

result<reply_framing> append_reply_head(std::string& out, reply_head const& head, reply_context const& context)
{
    auto const start = out.size();
    out.append("HTTP/1.1 ");
    append_number(out, head.status);
    out.append(" ").append(words_of(head)).append("\r\n");

    auto const seen = append_fields(out, head);
    if (!seen || head.status < 100 || head.status > 599) {
        out.resize(start);
        return our_error(errc::internal, "a reply's head would break out of its place");
    }
    if (!seen->date && !context.date.empty()) append_line(out, "Date", context.date);
    if (!context.hsts.empty() && !says_hsts(head.fields)) append_line(out, "Strict-Transport-Security", context.hsts);

    auto const body = body_after(head, context);
    reply_framing const framing{.body = body,
                                .keep_alive = context.keep_alive && body != response_body::until_close && head.status != 101};
    append_framing(out, head, framing);
    append_connection(out, head, seen->upgrade, context, framing.keep_alive);
    out.append("\r\n");
    return framing;
}

std::string http_date(wall_time at)
{
    return utc_text(at, "%a, %d %b %Y %H:%M:%S GMT");
}

} // namespace yett::http
