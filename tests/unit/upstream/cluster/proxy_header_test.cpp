#include "gateway/upstream/cluster/proxy_header.hpp"

#include "tests/support/print.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace yett;
using upstream::proxied_client;
using upstream::proxy_header;
using upstream::proxy_header_version;

namespace {

proxied_client client(char const* address, std::uint16_t port, char const* destination)
{
    return {*parse_ip(address), port, destination};
}

} // namespace

TEST_CASE("proxy_header: the first version in words")
{
    struct
    {
        proxied_client of;
        char const* said;
    } const rows[] = {
        {client("192.0.2.7", 56324, "198.51.100.1:443"), "PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n"},
        {client("2001:db8::7", 1, "[2001:db8::1]:65535"), "PROXY TCP6 2001:db8::7 2001:db8::1 1 65535\r\n"},
        {client("192.0.2.7", 0, "198.51.100.1:443"), "PROXY TCP4 192.0.2.7 198.51.100.1 0 443\r\n"},
        // One that means all addresses is of the client's family.
        {client("192.0.2.7", 9, "0.0.0.0:4443"), "PROXY TCP4 192.0.2.7 0.0.0.0 9 4443\r\n"},
        {client("192.0.2.7", 9, "[::]:4443"), "PROXY TCP4 192.0.2.7 0.0.0.0 9 4443\r\n"},
        {client("2001:db8::7", 9, "0.0.0.0:4443"), "PROXY TCP6 2001:db8::7 :: 9 4443\r\n"},
        {client("192.0.2.7", 9, ""), "PROXY TCP4 192.0.2.7 0.0.0.0 9 0\r\n"},
        // Two families.
        {client("192.0.2.7", 9, "[2001:db8::1]:443"), "PROXY TCP6 ::ffff:192.0.2.7 2001:db8::1 9 443\r\n"},
        {client("2001:db8::7", 9, "198.51.100.1:443"), "PROXY TCP6 2001:db8::7 ::ffff:198.51.100.1 9 443\r\n"},
    };
    for (auto const& row : rows) {
        CAPTURE(row.said);
        CHECK(proxy_header(proxy_header_version::v1, row.of) == row.said);
    }
}

TEST_CASE("proxy_header: the second version byte by byte")
{
    std::string const signature{"\r\n\r\n\0\r\nQUIT\n", 12};
    auto const v4 = proxy_header(proxy_header_version::v2, client("192.0.2.7", 0x1234, "198.51.100.1:443"));
    CHECK(v4 == signature + std::string{"\x21\x11\0\x0c\xc0\0\x02\x07\xc6\x33\x64\x01\x12\x34\x01\xbb", 16});
    auto const v6 = proxy_header(proxy_header_version::v2, client("2001:db8::7", 1, "[2001:db8::1]:65535"));
    CHECK(v6 == signature + std::string{"\x21\x21\0\x24"
                                        "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07"
                                        "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
                                        "\0\x01\xff\xff",
                                        40});
    auto const mixed = proxy_header(proxy_header_version::v2, client("192.0.2.7", 9, "[2001:db8::1]:443"));
    CHECK(mixed.size() == 12 + 4 + 36);
    CHECK(mixed.substr(16, 16) == std::string{"\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\x02\x07", 16});
}

TEST_CASE("proxy_header: a question of our own is nobody's")
{
    CHECK(proxy_header(proxy_header_version::v1, {}) == "PROXY UNKNOWN\r\n");
    CHECK(proxy_header(proxy_header_version::v2, {}) == std::string{"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", 16});
}
