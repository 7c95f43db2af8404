#include "gateway/upstream/cluster/proxy_header.hpp"

#include <fmt/format.h>

#include <charconv>

// https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt, sections 2.1 and 2.2.

namespace yett::upstream {
namespace {

struct socket_name
{
    ip_address address;
    std::uint16_t port = 0;
};

socket_name socket_name_of(std::string_view listener)
{
    auto const colon = std::min(listener.rfind(':'), listener.size());
    auto host = listener.substr(0, colon);
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
    socket_name name{parse_ip(host).value_or(ip_address{})};
    if (colon < listener.size()) std::from_chars(listener.data() + colon + 1, listener.data() + listener.size(), name.port);
    return name;
}

// As IPv6, which one that holds an IPv4 address may also be written as.
std::string as_ipv6(ip_address const& address)
{
    return (address.is_v4() ? "::ffff:" : "") + to_string(address);
}

std::string first_version(socket_name const& from, socket_name const& to, bool v4)
{
    auto const text = [v4](ip_address const& of) { return v4 ? to_string(of) : as_ipv6(of); };
    return fmt::format("PROXY {} {} {} {} {}\r\n", v4 ? "TCP4" : "TCP6", text(from.address), text(to.address), from.port,
                       to.port);
}

void append_number(std::string& to, std::uint16_t number)
{
    to += static_cast<char>(number >> 8);
    to += static_cast<char>(number & 0xff);
}

void append_address(std::string& to, ip_address const& address, bool v4)
{
    auto const skipped = v4 ? 12 : 0;
    to.append(address.bytes.begin() + skipped, address.bytes.end());
}

std::string signature()
{
    return {"\r\n\r\n\0\r\nQUIT\n", 12};
}

std::string second_version(socket_name const& from, socket_name const& to, bool v4)
{
    auto text = signature();
    text += '\x21'; // version 2, PROXY
    text += v4 ? '\x11' : '\x21';
    append_number(text, v4 ? 12 : 36);
    append_address(text, from.address, v4);
    append_address(text, to.address, v4);
    append_number(text, from.port);
    append_number(text, to.port);
    return text;
}

// What a receiver believes of nobody but the connection itself: in words, and as LOCAL without addresses.
std::string for_nobody(proxy_header_version version)
{
    return version == proxy_header_version::v1 ? "PROXY UNKNOWN\r\n" : signature() + std::string{"\x20\0\0\0", 4};
}

// "0.0.0.0" and "::" both say that it does not matter, and are of whichever family is asked for.
ip_address nowhere_in(bool v4)
{
    return v4 ? *parse_ip("0.0.0.0") : ip_address{};
}

} // namespace

std::string proxy_header(proxy_header_version version, proxied_client const& client)
{
    if (client.source == ip_address{}) return for_nobody(version);
    socket_name const from{client.source, client.source_port};
    auto to = socket_name_of(client.destination);
    auto const anywhere = to.address == nowhere_in(true) || to.address == nowhere_in(false);
    if (anywhere) to.address = nowhere_in(from.address.is_v4());
    auto const v4 = from.address.is_v4() && to.address.is_v4();
    return version == proxy_header_version::v1 ? first_version(from, to, v4) : second_version(from, to, v4);
}

} // namespace yett::upstream
