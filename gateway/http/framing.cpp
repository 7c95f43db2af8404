#include "gateway/http/framing.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/authority.hpp"
#include "gateway/http/field_block.hpp"

#include <algorithm>
#include <optional>

namespace yett::http {
namespace {

struct request_line
{
    std::string_view method{};
    std::string_view target{};
    version spoken = version::http_1_1;
    std::size_t size = 0; // with its CRLF
    bool has_raw = false; // bytes beyond ASCII in the target
};

bool is_raw(char c) noexcept
{
    return static_cast<unsigned char>(c) >= 0x80;
}

// method SP request-target SP HTTP-version CRLF, with exactly these blanks.
std::optional<request_line> read_request_line(std::string_view bytes) noexcept
{
    auto const* const begin = bytes.data();
    auto const* const end = begin + bytes.size();
    auto const* at = begin;
    while (at != end && ascii::is(*at, ascii::token_char)) ++at;
    if (at == begin || at == end || *at != ' ') return {};

    request_line line{.method = {begin, static_cast<std::size_t>(at - begin)}};
    auto const* const target = ++at;
    while (at != end && ascii::is(*at, ascii::target_char)) ++at;
    if (at != end && is_raw(*at)) {
        line.has_raw = true;
        while (at != end && (ascii::is(*at, ascii::target_char) || is_raw(*at))) ++at;
    }
    if (at == target) return {};
    line.target = {target, static_cast<std::size_t>(at - target)};

    std::string_view const rest{at, static_cast<std::size_t>(end - at)};
    if (rest.starts_with(" HTTP/1.1\r\n")) line.spoken = version::http_1_1;
    else if (rest.starts_with(" HTTP/1.0\r\n")) line.spoken = version::http_1_0;
    else return {};
    line.size = static_cast<std::size_t>(at - begin) + 11;
    return line;
}

constexpr char const* target_limit = "client_limits.target_bytes";

// The end of the empty line, or of the first bytes that no head can hold.
std::size_t scan_for_end(std::string_view bytes, std::size_t from) noexcept
{
    if (!bytes.empty() && !ascii::is(bytes[0], ascii::token_char)) return 1;
    // A line end may lie across two reads, so look again at what could be its first part.
    auto const* const begin = bytes.data();
    auto const* const end = begin + bytes.size();
    auto const* at = begin + std::min(from, bytes.size()) - std::min<std::size_t>({from, bytes.size(), 3});
    while (at != end) {
        at += ascii::plain_run(at, end);
        if (at == end) break;
        auto const here = static_cast<std::size_t>(at - begin);
        if (*at == '\t' || (*at == '\n' && here > 0 && at[-1] == '\r')) {
            ++at;
        } else if (*at == '\r') {
            if (end - at == 1) break;
            if (at[1] != '\n') return here + 2;
            if (end - at >= 4 && at[2] == '\r' && at[3] == '\n') return here + 4;
            at += 2;
        } else {
            return here + 1;
        }
    }
    return framing::npos;
}

// A head that has outgrown its limit is named after the part that is to blame.
error too_large(std::string_view bytes, framing::limits const& limits)
{
    auto const line = bytes.substr(0, bytes.find('\r'));
    auto const blank = line.find(' ');
    auto const target_bytes = blank < 32 ? line.substr(blank + 1).find(' ') : 0;
    return framing::outgrown_request(target_bytes, true, limits);
}

error refused(field_fault const& bad)
{
    return client_error(bad.code, bad.code == errc::header_too_large ? "client_limits.header_fields" : bad.note);
}

result<method> read_method(std::string_view word, std::span<std::string const> others)
{
    auto const known = method_named(word);
    if (known && *known != method::query) return *known;
    if (word == "TRACE" || word == "CONNECT") return client_error(errc::method_not_allowed, "never served");
    auto const is_named = std::find(others.begin(), others.end(), word) != others.end();
    if (!is_named) return client_error(errc::not_implemented, "a method that no rule names");
    return known.value_or(method::other);
}

// The authority of an absolute target decides nothing, but it has to be the Host's, if there is one.
bool agrees_with_host(std::string_view target, authority const& host) noexcept
{
    auto const scheme = target.substr(0, target.find(':'));
    bool const https = ascii::equal_ignoring_case(scheme, "https");
    if (!https && !ascii::equal_ignoring_case(scheme, "http")) return false;
    auto rest = target.substr(scheme.size());
    if (!rest.starts_with("://")) return false;
    rest.remove_prefix(3);
    auto const named = parse_authority(rest.substr(0, rest.find_first_of("/?#")));
    return named && (host.host.empty() || same_server(*named, host, https ? 443 : 80));
}

// HTTP/1.0 need not say whom it asks (RFC 9112 section 3.2): load balancers' checks do not.
result<authority> read_host(field_block const& block, bool old)
{
    if (block.hosts > 1) return client_error(errc::bad_request, "more than one Host");
    if (old && block.host.empty()) return authority{};
    if (block.hosts == 0) return client_error(errc::bad_request, "no Host");
    auto const host = parse_authority(block.host);
    if (!host) return client_error(errc::bad_request, "Host is malformed");
    return *host;
}

// Host is another name for ":authority", which HTTP/2 may say instead or besides (RFC 9113 section 8.3.1).
result<authority> read_authority(framing::request_parts const& parts, field_block const& block)
{
    if (parts.authority.empty()) return read_host(block, false);
    auto const named = parse_authority(parts.authority);
    if (!named) return client_error(errc::bad_request, "Host is malformed");
    if (block.hosts == 0) return *named;
    auto const host = read_host(block, false);
    if (!host) return host.error();
    if (!same_server(*named, *host, parts.https ? 443 : 80))
        return client_error(errc::bad_request, "Host disagrees with :authority");
    return *named;
}

// Bytes that no request line holds, and absolute forms, which HTTP/2 spells otherwise.
char const* fault_of_path(std::string_view path, method asked) noexcept
{
    auto const may_stand = [](char c) { return ascii::is(c, ascii::target_char) || is_raw(c); };
    if (path.empty() || !std::all_of(path.begin(), path.end(), may_stand)) return "request line is malformed";
    if (path == "*") return asked == method::options ? nullptr : "asterisk without OPTIONS";
    return path.front() == '/' ? nullptr : "target is malformed or disagrees with Host";
}

char const* fault_of_target(std::string_view target, method asked, authority const& host) noexcept
{
    if (target.front() == '/') return nullptr;
    if (target == "*") return asked == method::options ? nullptr : "asterisk without OPTIONS";
    return agrees_with_host(target, host) ? nullptr : "target is malformed or disagrees with Host";
}

} // namespace

std::size_t framing::end_of_head(std::string_view bytes, std::size_t from) noexcept
{
    auto const end = scan_for_end(bytes, from);
    if (end != npos) return end;
    // Whoever speaks another protocol is told so as soon as the first line is whole.
    auto const line_end = bytes.find('\n');
    if (line_end != npos && line_end >= from && !read_request_line(bytes)) return line_end + 1;
    return npos;
}

std::size_t framing::end_of_response_head(std::string_view bytes, std::size_t from) noexcept
{
    return scan_for_end(bytes, from);
}

result<head> framing::read_request(std::string_view bytes, std::span<field> storage, limits const& limits)
{
    if (bytes.size() > limits.header_bytes) return too_large(bytes, limits);
    auto const line = read_request_line(bytes);
    if (!line) return client_error(errc::bad_request, "request line is malformed");
    if (line->target.size() > limits.target_bytes) return client_error(errc::uri_too_long, target_limit);

    field_block block;
    if (auto const bad = read_fields(bytes.substr(line->size), storage, limits.fields, block)) return refused(*bad);
    bool const old = line->spoken == version::http_1_0;
    auto const host = read_host(block, old);
    if (!host) return host.error();
    if (block.expects_other) return client_error(errc::bad_request, "Expect is not 100-continue");
    if (old && block.chunked) return client_error(errc::bad_request, "Transfer-Encoding in HTTP/1.0");

    auto const asked = read_method(line->method, limits.methods);
    if (!asked) return asked.error();
    if (auto const* fault = fault_of_target(line->target, *asked, *host)) return client_error(errc::bad_request, fault);

    head h;
    h.fields_ = block.fields;
    h.present_ = block.present;
    h.method_name_ = line->method;
    h.raw_target_ = line->target;
    h.has_raw_target_bytes_ = line->has_raw;
    h.host_ = block.host;
    h.content_length_ = block.content_length.value_or(0);
    h.method_ = *asked;
    h.version_ = line->spoken;
    h.body_ = block.chunked ? body_kind::chunked : block.content_length ? body_kind::length : body_kind::none;
    h.keep_alive_ = !block.closes && (!old || block.keeps_alive);
    // HTTP/1.0 knows no interim replies, and without a body there is nothing to wait for.
    h.expects_continue_ = block.expects_continue && !old && (block.chunked || h.content_length_ > 0);
    return h;
}

error framing::outgrown_request(std::size_t target_bytes, bool in_bytes, limits const& limits)
{
    if (target_bytes > limits.target_bytes) return client_error(errc::uri_too_long, target_limit);
    return client_error(errc::header_too_large, in_bytes ? "client_limits.header_bytes" : "client_limits.header_fields");
}

result<head> framing::check_request(request_parts const& parts, std::span<field> fields, limits const& limits)
{
    if (!ascii::is_token(parts.method)) return client_error(errc::bad_request, "request line is malformed");
    if (parts.path.size() > limits.target_bytes) return client_error(errc::uri_too_long, target_limit);
    field_block block;
    if (auto const bad = check_fields(fields, limits.fields, block)) return refused(*bad);
    auto const host = read_authority(parts, block);
    if (!host) return host.error();
    if (block.expects_other) return client_error(errc::bad_request, "Expect is not 100-continue");
    if (block.chunked) return client_error(errc::bad_request, "Transfer-Encoding in HTTP/2");
    if (parts.ends && block.content_length.value_or(0) != 0)
        return client_error(errc::bad_request, "Content-Length without a body");

    auto const asked = read_method(parts.method, limits.methods);
    if (!asked) return asked.error();
    if (auto const* fault = fault_of_path(parts.path, *asked)) return client_error(errc::bad_request, fault);

    head h;
    h.fields_ = block.fields;
    h.present_ = block.present;
    h.method_name_ = parts.method;
    h.raw_target_ = parts.path;
    h.has_raw_target_bytes_ = std::any_of(parts.path.begin(), parts.path.end(), is_raw);
    h.host_ = parts.authority.empty() ? block.host : parts.authority;
    h.content_length_ = block.content_length.value_or(0);
    h.method_ = *asked;
    h.version_ = version::http_2;
    h.body_ = parts.ends ? body_kind::none : block.content_length ? body_kind::length : body_kind::chunked;
    h.expects_continue_ = block.expects_continue && !parts.ends && (!block.content_length || h.content_length_ > 0);
    return h;
}

} // namespace yett::http
