#include "gateway/issuers/address_rules.hpp"

#include <algorithm>
#include <vector>

namespace yett::issuers {
namespace {

std::vector<ip_prefix> prefixes(std::initializer_list<char const*> texts)
{
    std::vector<ip_prefix> made;
    for (auto const* text : texts) made.push_back(parse_ip_prefix(text).value());
    return made;
}

bool is_within(std::vector<ip_prefix> const& any, ip_address const& address)
{
    return std::ranges::any_of(any, [&](ip_prefix const& one) { return one.contains(address); });
}

} // namespace

// The public IPv6 addresses are those of 2000::/3; 64:ff9b::/96 leads to IPv4 and may lead
// anywhere, as Teredo and 6to4 may.
bool is_public(ip_address const& address) noexcept
{
    static auto const kept_v4 = prefixes({"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
                                          "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
                                          "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"});
    static auto const global_v6 = prefixes({"2000::/3"});
    static auto const kept_v6 = prefixes({"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"});
    if (address.is_v4()) return !is_within(kept_v4, address);
    return is_within(global_v6, address) && !is_within(kept_v6, address);
}

bool is_loopback(ip_address const& address) noexcept
{
    static auto const ours = prefixes({"127.0.0.0/8", "::1"});
    return is_within(ours, address);
}

} // namespace yett::issuers
