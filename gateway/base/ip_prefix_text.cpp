#include "gateway/base/ip_prefix_text.hpp"

namespace yett {
inline namespace base {

// Lengths are kept as those of IPv6, in which an IPv4 address is the last 32 bits.
std::string to_string(ip_prefix const& block)
{
    auto const v4 = block.network.is_v4() && block.length >= 96;
    return to_string(block.network) + "/" + std::to_string(v4 ? block.length - 96 : block.length);
}

} // namespace base
} // namespace yett
