#pragma once

#include "gateway/base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace yett::config {

// The parts of URLs that name a store (RFC 3986). Failures are bad_request, and their notes repeat
// nothing of the text, which may be a password.

// What stands before the first `mark`, which goes with it; all of it when there is none.
std::string_view take_until(std::string_view& rest, char mark);

// Without its percent signs, none of which may stand for NUL.
result<std::string> plain(std::string_view text);

struct host_and_port
{
    std::string host; // IPv6 without brackets
    std::optional<std::uint16_t> port;
};

// "host", "host:port", "[2001:db8::1]:port"; percent signs in the host are resolved.
result<host_and_port> parse_host_and_port(std::string_view text);

} // namespace yett::config
