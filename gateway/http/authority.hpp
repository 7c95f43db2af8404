#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace yett::http {

// A host with an optional port, as in Host and in an absolute target.
struct authority
{
    std::string_view host; // as sent; IPv6 with its brackets
    std::optional<std::uint16_t> port;
};

// Strict: letters, digits, '-', '_' and single dots between them, one dot at the end at
// most, or an IPv6 address in brackets without a zone. No user, no escapes, at most 255
// bytes; the port is 1 to 65535, and a colon without one says nothing (RFC 3986 section
// 3.2.3). Nothing when malformed.
std::optional<authority> parse_authority(std::string_view text) noexcept;

// The parts of a text that parse_authority takes, found without looking at it again: both lie on
// the way of every request, whose Host has been looked at. The port is empty when there is none.
std::string_view host_of(std::string_view authority) noexcept;
std::string_view port_of(std::string_view authority) noexcept;

// True when both name the same server: hosts without regard to case and trailing dot,
// IPv6 addresses by value, and ports where a missing one counts as `default_port`.
bool same_server(authority const& a, authority const& b, std::uint16_t default_port) noexcept;

} // namespace yett::http
