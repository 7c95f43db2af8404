#include "gateway/http/response_head.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/field_block.hpp"
#include "gateway/http/framing.hpp"

#include <optional>

namespace yett::http {
namespace {

struct status_line
{
    unsigned status = 0;
    version spoken = version::http_1_1;
    std::size_t size = 0; // with its CRLF
};

// HTTP-version SP status [SP reason] CRLF. The reason may be missing with its blank, as
// old servers have it; nobody reads it.
std::optional<status_line> read_status_line(std::string_view bytes) noexcept
{
    status_line line;
    if (bytes.starts_with("HTTP/1.0 ")) line.spoken = version::http_1_0;
    else if (!bytes.starts_with("HTTP/1.1 ")) return {};
    bytes.remove_prefix(9);

    if (bytes.size() < 5 || !ascii::all(bytes.substr(0, 3), ascii::digit_char)) return {};
    line.status = static_cast<unsigned>(*ascii::to_number(bytes.substr(0, 3)));
    if (line.status < 100 || line.status > 599) return {};
    if (bytes[3] != ' ' && bytes[3] != '\r') return {};

    std::size_t end = 3;
    while (end < bytes.size() && ascii::is(bytes[end], ascii::value_char)) ++end;
    if (!bytes.substr(end).starts_with("\r\n")) return {};
    line.size = 9 + end + 2;
    return line;
}

// Statuses without a body must not announce one (RFC 9112 section 6.1, RFC 9110 section
// 8.6); a 204 with a length of zero is common and harmless.
char const* fault_of_bodiless(unsigned status, field_block const& block) noexcept
{
    if (status >= 200 && status != 204) return nullptr;
    if (block.chunked) return "Transfer-Encoding where no body can be";
    if (block.content_length.value_or(0) != 0) return "Content-Length where no body can be";
    return nullptr;
}

response_body body_of(unsigned status, method asked, field_block const& block) noexcept
{
    if (status < 200 || status == 204 || status == 304 || asked == method::head) return response_body::none;
    if (block.chunked) return response_body::chunked;
    return block.content_length ? response_body::length : response_body::until_close;
}

error broken(char const* note)
{
    return upstream_error(errc::upstream_broken, note);
}

} // namespace

result<response_head> framing::read_response(std::string_view bytes, std::span<field> storage, method asked, limits const& limits)
{
    if (bytes.size() > limits.header_bytes) return broken("head is too large");
    auto const line = read_status_line(bytes);
    if (!line) return broken("status line is malformed");

    field_block block;
    if (auto const bad = read_fields(bytes.substr(line->size), storage, limits.fields, block)) return broken(bad->note);
    bool const old = line->spoken == version::http_1_0;
    if (old && block.chunked) return broken("Transfer-Encoding in HTTP/1.0");
    if (auto const* fault = fault_of_bodiless(line->status, block)) return broken(fault);

    response_head h;
    h.fields_ = block.fields;
    h.content_length_ = block.content_length;
    h.status_ = line->status;
    h.version_ = line->spoken;
    h.body_ = body_of(line->status, asked, block);
    h.keep_alive_ = !block.closes && (!old || block.keeps_alive) && h.body_ != response_body::until_close;
    return h;
}

} // namespace yett::http
