#pragma once

#include "gateway/base/ip.hpp"

#include <string>

namespace yett {
inline namespace base {

// "10.0.0.0/8", "2001:db8::/32": what parse_ip_prefix reads; a single address has its length, too.
std::string to_string(ip_prefix const& block);

} // namespace base
} // namespace yett
