#include "gateway/limits/network.hpp"

#include <algorithm>

namespace yett::limits {

network network::of(std::string_view address) noexcept
{
    if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
    auto const parsed = parse_ip(address.substr(0, address.find('%')));
    return parsed ? of(*parsed) : network{};
}

network network::of(ip_address const& address) noexcept
{
    network from;
    from.is = address.is_v4() ? kind::ipv4 : kind::ipv6;
    if (address.is_v4()) std::copy_n(address.bytes.end() - 4, 4, from.prefix.begin());
    else std::copy_n(address.bytes.begin(), from.prefix.size(), from.prefix.begin());
    return from;
}

} // namespace yett::limits
