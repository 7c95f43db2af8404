#include "gateway/base/ip_prefix_text.hpp"

#include <doctest/doctest.h>

using namespace yett;

TEST_CASE("ip: an address has one value however it is written")
{
    CHECK(parse_ip("::ffff:192.0.2.1") == parse_ip("192.0.2.1"));
    CHECK(parse_ip("2001:DB8:0:0::1") == parse_ip("2001:db8::1"));
    CHECK(to_string(*parse_ip("::ffff:192.0.2.1")) == "192.0.2.1");
    CHECK(to_string(*parse_ip("2001:DB8:0:0::1")) == "2001:db8::1");
}

TEST_CASE("ip: anything but one address is refused")
{
    for (auto const* text : {"", "192.0.2", "192.0.2.1:80", "[::1]", "fe80::1%eth0", "192.0.2.256", "1.2.3.4 ", "host"})
        CHECK_MESSAGE(!parse_ip(text), text);
    CHECK(!parse_ip(std::string(200, '1')));
    CHECK(!parse_ip(std::string_view{"192.0.2.1\0", 10}));
    CHECK(!parse_ip(std::string_view{"2001:db8::1\0::2", 15}));
}

TEST_CASE("ip: a prefix contains its block and nothing else")
{
    struct
    {
        char const *prefix, *address;
        bool inside;
    } const cases[] = {
        {"10.0.0.0/8", "10.255.0.1", true},       {"10.0.0.0/8", "11.0.0.1", false},   {"10.0.0.0/8", "::ffff:10.1.2.3", true},
        {"192.0.2.7", "192.0.2.7", true},         {"192.0.2.7", "192.0.2.8", false},   {"192.0.2.128/25", "192.0.2.129", true},
        {"192.0.2.128/25", "192.0.2.127", false}, {"fd00::/8", "fdff::1", true},       {"fd00::/8", "fe80::1", false},
        {"0.0.0.0/0", "203.0.113.9", true},       {"0.0.0.0/0", "2001:db8::1", false}, {"::/0", "2001:db8::1", true},
    };
    for (auto const& each : cases)
        CHECK_MESSAGE(parse_ip_prefix(each.prefix)->contains(*parse_ip(each.address)) == each.inside, each.prefix, each.address);
}

TEST_CASE("ip: a prefix is written as it is read")
{
    for (auto const* text : {"10.0.0.0/8", "192.0.2.7/32", "0.0.0.0/0", "fd00::/8", "2001:db8::1/128", "::/0"})
        CHECK(to_string(*parse_ip_prefix(text)) == text);
    CHECK(to_string(*parse_ip_prefix("192.0.2.7")) == "192.0.2.7/32");
}

TEST_CASE("ip: a malformed prefix is refused")
{
    for (auto const* text : {"10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x", "/8", "::/129", "fd00::1/8"})
        CHECK_MESSAGE(!parse_ip_prefix(text), text);
}

TEST_CASE("ip: private addresses are those that the public cannot reach")
{
    for (auto const* text : {"10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.1.1", "127.0.0.1",
                             "100.64.0.1", "169.254.1.1", "::1", "fc00::1", "fd12:3456::1", "fe80::1", "::ffff:10.0.0.1"})
        CHECK_MESSAGE(is_private(*parse_ip(text)), text);
    for (auto const* text : {"11.0.0.1", "172.15.255.255", "172.32.0.1", "192.169.0.1", "100.128.0.1", "8.8.8.8", "2001:db8::1",
                             "::2", "fec0::1", "0.0.0.0"})
        CHECK_MESSAGE(!is_private(*parse_ip(text)), text);
}
