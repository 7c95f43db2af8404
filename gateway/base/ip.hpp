#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace yett {
inline namespace base {

// An IP address as 16 bytes; IPv4 is kept as its v4-mapped form (RFC 4291 section
// 2.5.5.2), so that one address has one value however it was written.
struct ip_address
{
    std::array<std::uint8_t, 16> bytes{};

    bool is_v4() const noexcept;
    friend bool operator==(ip_address const&, ip_address const&) = default;
};

// Nothing for any text but one address; brackets, zones and ports are not part of it.
std::optional<ip_address> parse_ip(std::string_view text) noexcept;
std::string to_string(ip_address const& address);

// A CIDR block. The bits behind the prefix are zero.
struct ip_prefix
{
    ip_address network;
    unsigned length = 128; // of 128: a /24 of IPv4 is 120

    bool contains(ip_address const& address) const noexcept;
    friend bool operator==(ip_prefix const&, ip_prefix const&) = default;
};

// Of no network that the public can reach: private ones (RFC 1918, RFC 4193), those of carriers
// (RFC 6598), of one link, and this machine.
bool is_private(ip_address const& address) noexcept;

// "10.0.0.0/8", "fd00::/8" or a single address. Nothing when malformed, when the length
// is out of range, or when bits behind the prefix are set.
std::optional<ip_prefix> parse_ip_prefix(std::string_view text) noexcept;

} // namespace base
} // namespace yett
