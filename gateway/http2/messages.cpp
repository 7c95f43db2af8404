#include "gateway/http2/messages.hpp"

#include "gateway/http/ascii.hpp"

#include <algorithm>

// What HTTP/2 says of its own messages, judged once for each, by the engine; all else is `http::framing`'s. The library looks
// at most of this, too, and resets what it does not like before it comes here; what is forwarded does not rest on that.

namespace yett::http2 {
namespace {

using http::known;
using pseudo = field_section::pseudo;

// Section 8.2.2: what speaks of one connection has no place in a message of HTTP/2, but for one word.
bool is_of_connection(http::field const& f) noexcept
{
    switch (f.id) {
    case known::connection:
    case known::keep_alive:
    case known::proxy_connection:
    case known::transfer_encoding:
    case known::upgrade: return true;
    case known::te: return !http::ascii::equal_ignoring_case(f.value, "trailers");
    default: return false;
    }
}

bool is_lower(std::string_view name) noexcept
{
    return std::none_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

// Section 8.2.1.
char const* fault_of_fields(field_section& section) noexcept
{
    if (section.fault()) return section.fault();
    for (auto const& f : section.fields()) {
        if (!is_lower(f.name)) return "a field's name in upper case";
        if (is_of_connection(f)) return "a field that is of a connection";
    }
    return nullptr;
}

bool has_any(field_section const& section, std::initializer_list<pseudo> which) noexcept
{
    return std::any_of(which.begin(), which.end(), [&](pseudo each) { return section.find(each).has_value(); });
}

bool has_all(field_section const& section, std::initializer_list<pseudo> which) noexcept
{
    return std::all_of(which.begin(), which.end(), [&](pseudo each) { return section.find(each).has_value(); });
}

bool is(std::optional<std::string_view> const& value, std::string_view text) noexcept
{
    return value && *value == text;
}

// Of a plain CONNECT (section 8.5) nothing is said but whom it is to reach.
char const* fault_of_connect(field_section const& section) noexcept
{
    if (has_any(section, {pseudo::scheme, pseudo::path})) return "CONNECT with a scheme or a path";
    return section.find(pseudo::authority) ? nullptr : "CONNECT without an authority";
}

char const* fault_of_target(field_section const& section) noexcept
{
    if (!has_all(section, {pseudo::method, pseudo::scheme, pseudo::path})) return "a pseudo-header field is missing";
    if (section.path_bytes() == 0) return "an empty path";
    auto const scheme = section.find(pseudo::scheme);
    if (!section.has_outgrown() && !is(scheme, "https") && !is(scheme, "http")) return "another scheme than http and https";
    return nullptr;
}

error broken(char const* note)
{
    return upstream_error(errc::upstream_broken, note);
}

http::framing::request_parts parts_of(field_section const& section, bool ends)
{
    http::framing::request_parts parts;
    parts.method = section.find(pseudo::method).value_or(std::string_view{});
    parts.path = section.find(pseudo::path).value_or("*");
    parts.authority = section.find(pseudo::authority).value_or(std::string_view{});
    parts.https = is(section.find(pseudo::scheme), "https");
    parts.ends = ends;
    return parts;
}

} // namespace

char const* malformed_request(field_section& section) noexcept
{
    if (auto const* fault = fault_of_fields(section)) return fault;
    if (section.find(pseudo::status)) return "a request with a status";
    auto const protocol = section.find(pseudo::protocol);
    auto const connects = is(section.find(pseudo::method), "CONNECT");
    if (connects && !protocol) return fault_of_connect(section);
    if (protocol && !connects) return ":protocol without CONNECT";
    if (protocol && !section.find(pseudo::authority)) return ":protocol without an authority";
    return fault_of_target(section);
}

char const* malformed_response(field_section& section) noexcept
{
    if (auto const* fault = fault_of_fields(section)) return fault;
    if (has_any(section, {pseudo::method, pseudo::scheme, pseudo::authority, pseudo::path, pseudo::protocol}))
        return "a reply that asks";
    auto const status = section.find(pseudo::status);
    if (!status) return "a reply without a status";
    auto const number = http::ascii::to_number(*status);
    if (status->size() != 3 || !number || *number < 100 || *number == 101) return "a status that is none";
    return nullptr;
}

char const* malformed_trailers(field_section& section) noexcept
{
    if (auto const* fault = fault_of_fields(section)) return fault;
    for (std::size_t i = 0; i < static_cast<std::size_t>(pseudo::count_); ++i)
        if (section.find(static_cast<pseudo>(i))) return "trailers with a pseudo-header field";
    return nullptr;
}

result<http::head> request_head_of(field_section& section, bool ends, http::framing::limits const& limits)
{
    if (section.has_outgrown())
        return http::framing::outgrown_request(section.path_bytes(), section.has_too_many_bytes(), limits);
    return http::framing::check_request(parts_of(section, ends), section.fields(), limits);
}

result<http::response_head> response_head_of(field_section& section, bool ends, http::method asked,
                                             http::framing::limits const& limits)
{
    if (section.has_outgrown()) return http::framing::outgrown(limits);
    auto const number = http::ascii::to_number(section.find(pseudo::status).value_or(std::string_view{}));
    auto const status = static_cast<unsigned>(number.value_or(0));
    if (ends && status < 200) return broken("an interim reply that is the last");
    return http::framing::check_response(status, section.fields(), ends, asked, limits);
}

} // namespace yett::http2
