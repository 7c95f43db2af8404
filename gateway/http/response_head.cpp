#include "gateway/http/response_head.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/field_block.hpp"
#include "gateway/http/framing.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace yett::http {
namespace {

struct status_line
{
    unsigned status = 0;
    version spoken = version::http_1_1;
    std::string_view reason{};
    std::size_t size = 0; // with its CRLF
};

// HTTP-version SP status [SP reason] CRLF. The reason may be missing with its blank, as
// old servers have it.
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
    if (end > 4) line.reason = bytes.substr(4, end - 4);
    line.size = 9 + end + 2;
    return line;
}

// 1xx and 204 must not announce a body (RFC 9112 section 6.1, RFC 9110 section 8.6), and end
// with their head whatever they announce (RFC 9112 section 6.3); a 204 with a length of zero is
// common and harmless.
bool announces_in_vain(unsigned status, field_block const& block) noexcept
{
    return (status < 200 || status == 204) && (block.chunked || block.content_length.value_or(0) != 0);
}

response_body body_of(unsigned status, method asked, field_block const& block) noexcept
{
    if (status < 200 || status == 204 || status == 304 || asked == method::head) return response_body::none;
    if (block.chunked) return response_body::chunked;
    return block.content_length ? response_body::length : response_body::until_close;
}

error broken(std::string note)
{
    return upstream_error(errc::upstream_broken, std::move(note));
}

error too_many(framing::limits const& limits)
{
    return broken(fmt::format("a reply with more than {} fields, which reply_header_fields allows", limits.fields));
}

} // namespace

error framing::outgrown(limits const& limits)
{
    return upstream_error(
        errc::upstream_broken,
        fmt::format("the head of a reply is longer than {} bytes, which reply_header_bytes allows", limits.header_bytes));
}

result<response_head> framing::read_response(std::string_view bytes, std::span<field> storage, method asked, limits const& limits)
{
    if (bytes.size() > limits.header_bytes) return outgrown(limits);
    auto const line = read_status_line(bytes);
    if (!line) return broken("status line is malformed");

    field_block block;
    if (auto const bad = read_fields(bytes.substr(line->size), storage, limits.fields, block))
        return bad->code == errc::header_too_large ? too_many(limits) : broken(bad->note);
    bool const old = line->spoken == version::http_1_0;
    auto const in_vain = announces_in_vain(line->status, block);
    if (old && block.chunked && !in_vain) return broken("Transfer-Encoding in HTTP/1.0");

    response_head h;
    h.fields_ = block.fields;
    h.content_length_ = block.content_length;
    h.reason_ = line->reason;
    h.status_ = line->status;
    h.version_ = line->spoken;
    h.body_ = body_of(line->status, asked, block);
    h.keep_alive_ = !block.closes && (!old || block.keeps_alive) && h.body_ != response_body::until_close && !in_vain;
    return h;
}

result<response_head> framing::check_response(unsigned status, std::span<field> fields, bool ends, method asked,
                                              limits const& limits)
{
    if (status < 100 || status > 599) return broken("status is malformed");
    field_block block;
    if (auto const bad = check_fields(fields, limits.fields, block))
        return bad->code == errc::header_too_large ? too_many(limits) : broken(bad->note);
    if (block.chunked) return broken("Transfer-Encoding in HTTP/2");

    response_head h;
    h.fields_ = block.fields;
    h.content_length_ = block.content_length;
    h.status_ = status;
    h.version_ = version::http_2;
    h.body_ = body_of(status, asked, block);
    // Its last frame says where it ends.
    if (h.body_ == response_body::until_close) h.body_ = response_body::chunked;
    if (ends) h.body_ = response_body::none;
    return h;
}

} // namespace yett::http
