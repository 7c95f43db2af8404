#include "gateway/net/proxy_header.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace yett;
using namespace yett::net;
using namespace std::string_literals;
using endpoint = proxy_header::endpoint;

namespace {

auto const signature = "\r\n\r\n\0\r\nQUIT\n"s;

// Version 2 by its parts: version and command, family, what follows.
std::string v2(char version_and_command, char family, std::string const& block)
{
    auto const length = std::string{static_cast<char>(block.size() >> 8), static_cast<char>(block.size() & 0xff)};
    return signature + version_and_command + family + length + block;
}

std::string tlv(char type, std::string const& value)
{
    return type + std::string{static_cast<char>(value.size() >> 8), static_cast<char>(value.size() & 0xff)} + value;
}

// 192.0.2.7:51234 to 198.51.100.1:443, and the same of IPv6.
auto const of_v4 = "\xc0\x00\x02\x07\xc6\x33\x64\x01\xc8\x22\x01\xbb"s;
auto const of_v6 =
    "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07"s + "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"s + "\xc8\x22\x01\xbb"s;

endpoint at(char const* address, std::uint16_t port)
{
    return {*parse_ip(address), port};
}

// The header that a text begins with; there must be one.
proxy_header header_of(std::string const& text)
{
    auto const found = read_proxy_header(text);
    CAPTURE(text);
    REQUIRE(found.has_value());
    REQUIRE(found->has_value());
    return **found;
}

bool is_refused(std::string const& text)
{
    auto const found = read_proxy_header(text);
    return !found && found.error() == errc::bad_request;
}

bool wants_more(std::string_view text)
{
    auto const found = read_proxy_header(text);
    return found.has_value() && !found->has_value();
}

} // namespace

TEST_CASE("PROXY header: names the client")
{
    auto const longest =
        "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"s;
    struct
    {
        char const* situation;
        std::string header;
        endpoint client;
        bool tls;
    } const rows[] = {
        // Those of the specification, section 2.1.
        {"v1", "PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n", at("192.168.0.1", 56324), false},
        {"v1, the longest of IPv4", "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", at("255.255.255.255", 65535),
         false},
        {"v1, the longest of IPv6", longest, at("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535), false},
        {"v1, short", "PROXY TCP6 ::1 :: 0 0\r\n", at("::1", 0), false},
        {"v1, mapped is IPv4", "PROXY TCP6 ::ffff:192.0.2.7 ::1 1 2\r\n", at("192.0.2.7", 1), false},
        {"v2", v2(0x21, 0x11, of_v4), at("192.0.2.7", 51234), false},
        {"v2, datagrams", v2(0x21, 0x12, of_v4), at("192.0.2.7", 51234), false},
        {"v2, IPv6", v2(0x21, 0x21, of_v6), at("2001:db8::7", 51234), false},
        {"v2, IPv6 datagrams", v2(0x21, 0x22, of_v6), at("2001:db8::7", 51234), false},
        {"v2, TLVs", v2(0x21, 0x11, of_v4 + tlv(0x02, "app.example") + tlv(0x04, {}) + tlv('\xea', "\x01vpce-1")),
         at("192.0.2.7", 51234), false},
        {"v2, by TLS", v2(0x21, 0x11, of_v4 + tlv(0x20, "\x01\0\0\0\0"s + tlv(0x21, "TLSv1.3"))), at("192.0.2.7", 51234), true},
        {"v2, by TLS with a certificate", v2(0x21, 0x21, of_v6 + tlv(0x20, "\x07\0\0\0\0"s)), at("2001:db8::7", 51234), true},
        {"v2, not by TLS", v2(0x21, 0x11, of_v4 + tlv(0x20, "\x06\0\0\0\x01"s)), at("192.0.2.7", 51234), false},
        {"v2, of TLS nothing is said", v2(0x21, 0x11, of_v4 + tlv(0x20, {})), at("192.0.2.7", 51234), false},
        {"v2, as long as may be", v2(0x21, 0x11, of_v4 + tlv(0x04, std::string(4096 - 16 - 12 - 3, '\0'))),
         at("192.0.2.7", 51234), false},
    };
    for (auto const& row : rows) {
        CAPTURE(row.situation);
        auto const told = header_of(row.header + "GET / HTTP/1.1\r\n");
        CHECK(told.bytes == row.header.size());
        CHECK(told.client == row.client);
        CHECK(told.tls == row.tls);
    }
    CHECK(header_of(v2(0x21, 0x11, of_v4 + tlv(0x04, std::string(4065, '\0')))).bytes == longest_proxy_header);
}

TEST_CASE("PROXY header: a proxy may speak for itself, or not know for whom")
{
    auto const longest = "PROXY UNKNOWN ffff:f...f:ffff "s + std::string(107 - 32, 'x') + "\r\n";
    for (auto const& header : {
             "PROXY UNKNOWN\r\n"s,
             "PROXY UNKNOWN 192.0.2.7 whatever it is\r\n"s,
             longest,
             v2(0x20, 0x00, {}),
             v2(0x20, 0x11, of_v4),      // the addresses of a LOCAL are to be passed over
             v2(0x20, 0x11, "cut"),      // whatever they are
             v2(0x20, 0x00, "\x04\x7f"), // and what stands behind them
             v2(0x21, 0x00, {}),         // UNSPEC
             v2(0x21, 0x00, "unspecified"),
             v2(0x21, 0x31, std::string(216, 'x')), // a Unix socket
             v2(0x21, 0x32, std::string(216, 'x')),
         }) {
        auto const told = header_of(header + "GET");
        CHECK(told.bytes == header.size());
        CHECK_FALSE(told.client);
        CHECK_FALSE(told.tls);
    }
    CHECK(longest.size() == 107);
}

TEST_CASE("PROXY header: what is none is refused, and what is not to be read in two ways")
{
    auto wrong_signature = v2(0x21, 0x11, of_v4);
    wrong_signature[11] = '\r';
    for (auto const& text : {
             "GET / HTTP/1.1\r\n"s,
             "\x16\x03\x01\x02"s, // a ClientHello
             "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"s,
             "\n"s,
             "proxy TCP4 192.0.2.7 192.0.2.1 1 2\r\n"s,
             "PROXY\r\n"s,
             "PROXY \r\n"s,
             "PROXY TCP4\r\n"s,
             "PROXY TCP5 192.0.2.7 192.0.2.1 1 2\r\n"s,
             "PROXY UDP4 192.0.2.7 192.0.2.1 1 2\r\n"s,
             "PROXY UNKNOWNS\r\n"s,
             "PROXY TCP4 192.0.2.7 192.0.2.1 1 2\n"s,
             "PROXY TCP4 192.0.2.7 192.0.2.1 1 2\r\r\n"s,
             "PROXY TCP4 192.0.2.7 192.0.2.1 1 2 \r\n"s,
             "PROXY TCP4 192.0.2.7 192.0.2.1 1 2 3\r\n"s,
             "PROXY TCP4 192.0.2.7 192.0.2.1 1\r\n"s,
             "PROXY TCP4  192.0.2.7 192.0.2.1 1 2\r\n"s,
             "PROXY  TCP4 192.0.2.7 192.0.2.1 1 2\r\n"s,
             "PROXY TCP4\t192.0.2.7 192.0.2.1 1 2\r\n"s,
             "PROXY TCP4 192.0.2.7 192.0.2.1 01 2\r\n"s,
             "PROXY TCP4 192.0.2.7 192.0.2.1 1 65536\r\n"s,
             "PROXY TCP4 192.0.2.7 192.0.2.1 -1 2\r\n"s,
             "PROXY TCP4 192.0.2.7 192.0.2.1 +1 2\r\n"s,
             "PROXY TCP4 192.0.2.7 192.0.2.1 0x1 2\r\n"s,
             "PROXY TCP4 192.0.2.07 192.0.2.1 1 2\r\n"s,
             "PROXY TCP4 192.0.2.256 192.0.2.1 1 2\r\n"s,
             "PROXY TCP4 192.0.2 192.0.2.1 1 2\r\n"s,
             "PROXY TCP4 192.0.2.7 somewhere 1 2\r\n"s,
             "PROXY TCP4 2001:db8::7 2001:db8::1 1 2\r\n"s,
             "PROXY TCP4 ::ffff:192.0.2.7 192.0.2.1 1 2\r\n"s,
             "PROXY TCP6 192.0.2.7 192.0.2.1 1 2\r\n"s,
             "PROXY TCP6 2001:db8::7 192.0.2.1 1 2\r\n"s,
             "PROXY TCP6 [2001:db8::7] [2001:db8::1] 1 2\r\n"s,
             "PROXY TCP6 fe80::1%eth0 fe80::2 1 2\r\n"s,
             "PROXY UNKNOWN "s + std::string(107 - 14, 'x'),
             wrong_signature,
             v2(0x11, 0x11, of_v4), // another version
             v2(0x31, 0x11, of_v4),
             v2(0x22, 0x11, of_v4), // another command
             v2(0x2f, 0x11, of_v4),
             v2(0x21, 0x10, of_v4), // another family or transport
             v2(0x21, 0x13, of_v4),
             v2(0x21, 0x01, of_v4),
             v2(0x21, 0x41, of_v4),
             v2(0x20, 0x41, of_v4), // also of a LOCAL
             v2(0x21, 0x11, of_v4.substr(1)),
             v2(0x21, 0x21, of_v6.substr(1)),
             v2(0x21, 0x21, of_v4),
             v2(0x21, 0x11, {}),
             v2(0x21, 0x11, of_v4 + "\x04"),
             v2(0x21, 0x11, of_v4 + "\x04\0"s),
             v2(0x21, 0x11, of_v4 + "\x04\0\x02x"s),
             v2(0x21, 0x11, of_v4 + tlv(0x04, "fine") + "\x04\xff\xff"),
             v2(0x21, 0x11, of_v4 + tlv(0x04, std::string(4066, '\0'))), // longer than any
             (signature + "\x21\x11\xff\xff"s),                          // before the rest has come
         }) {
        CAPTURE(text);
        CHECK(is_refused(text));
    }
}

TEST_CASE("PROXY header: of any part of one more is needed, and nothing else")
{
    for (auto const& header : {"PROXY TCP4 192.0.2.7 192.0.2.1 51234 443\r\n"s, "PROXY UNKNOWN\r\n"s, v2(0x21, 0x21, of_v6),
                               v2(0x20, 0x00, {}), v2(0x21, 0x11, of_v4 + tlv(0x02, "app.example"))}) {
        for (std::size_t came = 0; came < header.size(); ++came) {
            CAPTURE(came);
            CHECK(wants_more(std::string_view{header}.substr(0, came)));
        }
        CHECK(header_of(header).bytes == header.size());
    }
}

TEST_CASE("PROXY header: as many bytes as may come decide")
{
    CHECK(is_refused(std::string(longest_proxy_header, 'P')));
    CHECK(is_refused("PROXY UNKNOWN " + std::string(longest_proxy_header, 'x')));
    CHECK(is_refused(signature + "\x21\x11\x0f\xf1" + std::string(longest_proxy_header, '\0')));
}
