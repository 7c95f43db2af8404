#pragma once

#include "gateway/base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace yett::upstream {

// One server of an upstream, as configured.
struct server_address
{
    std::string host; // a name or an IP literal, without brackets
    std::uint16_t port = 80;
    std::string text; // "host:port" for logs and figures, IPv6 in brackets

    // Reads "http://host[:port]", without a path. Fails with not_implemented for https,
    // h2c and unix addresses, with bad_request for anything else.
    static result<server_address> from(std::string_view url);
};

} // namespace yett::upstream
