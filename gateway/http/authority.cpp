#include "gateway/http/authority.hpp"

#include "gateway/base/ip.hpp"
#include "gateway/http/ascii.hpp"

#include <algorithm>

// Host and port as Host, :authority and URLs carry them (RFC 3986 section 3.2). User information
// has no place here (RFC 9110 section 4.2.4). A name is labels of letters, digits, '-' and '_',
// none of them empty, and may end in a dot; IPv6 in brackets must be an address, without a zone. An
// empty port says the same as none.

namespace yett::http {
namespace {

constexpr std::size_t longest_host = 255;

bool is_name(std::string_view host) noexcept
{
    if (host.empty() || host.front() == '.') return false;
    char before = '.';
    for (char c : host) {
        if (c == '.' ? before == '.' : !ascii::is(c, ascii::host_char)) return false;
        before = c;
    }
    return true;
}

bool is_ipv6_literal(std::string_view host) noexcept
{
    if (host.size() < 4 || host.back() != ']') return false;
    auto const inside = host.substr(1, host.size() - 2);
    for (char c : inside)
        if (!ascii::is(c, ascii::hex_char) && c != ':' && c != '.') return false;
    return inside.find(':') != std::string_view::npos && parse_ip(inside).has_value();
}

std::optional<std::uint16_t> to_port(std::string_view digits) noexcept
{
    if (digits.size() > 5) return {};
    auto const number = ascii::to_number(digits);
    if (!number || *number == 0 || *number > 65535) return {};
    return static_cast<std::uint16_t>(*number);
}

// Where the host ends; a colon inside the brackets of IPv6 is a part of it.
std::size_t host_bytes(std::string_view authority) noexcept
{
    auto const mark = authority.find_last_of(":]");
    return mark == std::string_view::npos || authority[mark] == ']' ? authority.size() : mark;
}

std::string_view without_trailing_dot(std::string_view host) noexcept
{
    return host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
}

// An IPv6 address has many spellings.
bool same_host(std::string_view a, std::string_view b) noexcept
{
    if (is_ipv6_literal(a) && is_ipv6_literal(b))
        return parse_ip(a.substr(1, a.size() - 2)) == parse_ip(b.substr(1, b.size() - 2));
    return ascii::equal_ignoring_case(without_trailing_dot(a), without_trailing_dot(b));
}

} // namespace

std::optional<authority> parse_authority(std::string_view text) noexcept
{
    bool const literal = text.starts_with('[');
    auto const colon = text.find(':', literal ? text.find(']') : 0);

    authority parsed{.host = text.substr(0, colon), .port = {}};
    if (parsed.host.size() > longest_host) return {};
    if (literal ? !is_ipv6_literal(parsed.host) : !is_name(parsed.host)) return {};
    if (colon != std::string_view::npos && colon + 1 != text.size()) {
        parsed.port = to_port(text.substr(colon + 1));
        if (!parsed.port) return {};
    }
    return parsed;
}

std::string_view host_of(std::string_view authority) noexcept
{
    return authority.substr(0, host_bytes(authority));
}

std::string_view port_of(std::string_view authority) noexcept
{
    return authority.substr(std::min(host_bytes(authority) + 1, authority.size()));
}

bool same_server(authority const& a, authority const& b, std::uint16_t default_port) noexcept
{
    return same_host(a.host, b.host) && a.port.value_or(default_port) == b.port.value_or(default_port);
}

} // namespace yett::http
