#include "gateway/base/ip.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

// One form for both families: 16 bytes, IPv4 as IPv6 has it (RFC 4291 section 2.5.5.2), so that an
// address and its mapped spelling are the same and a range is a length in bits of those. The
// spellings are those of inet_pton: no port, no zone, no octal numbers.

namespace yett {
inline namespace base {
namespace {

constexpr std::array<std::uint8_t, 12> v4_mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

std::uint8_t mask_of(unsigned length, std::size_t byte) noexcept
{
    auto const bits = static_cast<int>(length) - static_cast<int>(byte * 8);
    return bits >= 8 ? 0xff : bits <= 0 ? 0 : static_cast<std::uint8_t>(0xff << (8 - bits));
}

std::optional<unsigned> parse_length(std::string_view text, unsigned most) noexcept
{
    unsigned value = 0;
    auto const [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure != std::errc{} || end != text.data() + text.size() || value > most) return std::nullopt;
    return value;
}

} // namespace

bool ip_address::is_v4() const noexcept
{
    return std::equal(v4_mapped.begin(), v4_mapped.end(), bytes.begin());
}

std::optional<ip_address> parse_ip(std::string_view text) noexcept
{
    char terminated[INET6_ADDRSTRLEN + 1];
    if (text.empty() || text.size() >= sizeof terminated || text.find('\0') != text.npos) return std::nullopt;
    std::memcpy(terminated, text.data(), text.size());
    terminated[text.size()] = '\0';

    ip_address address;
    if (inet_pton(AF_INET6, terminated, address.bytes.data()) == 1) return address;
    std::copy(v4_mapped.begin(), v4_mapped.end(), address.bytes.begin());
    if (inet_pton(AF_INET, terminated, address.bytes.data() + 12) == 1) return address;
    return std::nullopt;
}

std::string to_string(ip_address const& address)
{
    char text[INET6_ADDRSTRLEN];
    auto const v4 = address.is_v4();
    inet_ntop(v4 ? AF_INET : AF_INET6, address.bytes.data() + (v4 ? 12 : 0), text, sizeof text);
    return text;
}

bool ip_prefix::contains(ip_address const& address) const noexcept
{
    for (std::size_t i = 0; i < 16; ++i)
        if ((address.bytes[i] & mask_of(length, i)) != network.bytes[i]) return false;
    return true;
}

// Where a proxy of one's own may stand: RFC 1918, loopback, RFC 6598, link-local, RFC 4193.
bool is_private(ip_address const& address) noexcept
{
    static std::array const ranges{
        *parse_ip_prefix("10.0.0.0/8"),  *parse_ip_prefix("172.16.0.0/12"), *parse_ip_prefix("192.168.0.0/16"),
        *parse_ip_prefix("127.0.0.0/8"), *parse_ip_prefix("100.64.0.0/10"), *parse_ip_prefix("169.254.0.0/16"),
        *parse_ip_prefix("fc00::/7"),    *parse_ip_prefix("fe80::/10"),     *parse_ip_prefix("::1")};
    return std::ranges::any_of(ranges, [&](ip_prefix const& each) { return each.contains(address); });
}

// A range with bits set behind its length is refused: 10.0.0.1/8 may be meant as one address or as
// the network.
std::optional<ip_prefix> parse_ip_prefix(std::string_view text) noexcept
{
    auto const slash = text.find('/');
    auto const address = parse_ip(text.substr(0, slash));
    if (!address) return std::nullopt;
    if (slash == text.npos) return ip_prefix{*address, 128};

    auto const shift = address->is_v4() ? 96u : 0u;
    auto const length = parse_length(text.substr(slash + 1), 128 - shift);
    if (!length) return std::nullopt;
    ip_prefix const prefix{*address, *length + shift};
    if (!prefix.contains(*address)) return std::nullopt;
    return prefix;
}

} // namespace base
} // namespace yett
