#include "gateway/issuers/address_rules.hpp"

#include <doctest/doctest.h>

namespace yett::issuers {

TEST_CASE("addresses: what is not of the public internet is told by every spelling of it")
{
    for (auto const* text : {"0.0.0.0",
                             "10.0.0.1",
                             "10.255.255.255",
                             "100.64.0.1",
                             "100.127.255.255",
                             "127.0.0.1",
                             "127.255.0.1",
                             "169.254.169.254",
                             "172.16.0.1",
                             "172.31.255.255",
                             "192.0.0.1",
                             "192.0.2.1",
                             "192.168.0.1",
                             "198.18.0.1",
                             "198.19.255.255",
                             "198.51.100.7",
                             "203.0.113.7",
                             "224.0.0.1",
                             "239.255.255.255",
                             "240.0.0.1",
                             "255.255.255.255",
                             "::",
                             "::1",
                             "::ffff:10.0.0.1",
                             "::ffff:127.0.0.1",
                             "::ffff:169.254.169.254",
                             "::127.0.0.1",
                             "64:ff9b::7f00:1",
                             "64:ff9b::a00:1",
                             "64:ff9b:1::1",
                             "100::1",
                             "2001::1",
                             "2001:db8::1",
                             "2002:7f00:1::",
                             "2002:a00:1::1",
                             "3fff::1",
                             "fc00::1",
                             "fd12:3456::1",
                             "fe80::1",
                             "fec0::1",
                             "ff02::1"}) {
        CAPTURE(text);
        CHECK_FALSE(is_public(parse_ip(text).value()));
    }
}

TEST_CASE("addresses: those beside them are public")
{
    for (auto const* text : {"1.1.1.1",         "9.255.255.255",   "11.0.0.0",        "100.63.255.255",       "100.128.0.0",
                             "126.255.255.255", "128.0.0.1",       "169.253.255.255", "169.255.0.0",          "172.15.255.255",
                             "172.32.0.0",      "192.0.1.1",       "192.167.255.255", "192.169.0.0",          "198.17.255.255",
                             "198.20.0.0",      "223.255.255.255", "::ffff:8.8.8.8",  "2001:4860:4860::8888", "2606:4700::1111",
                             "2a00::1"}) {
        CAPTURE(text);
        CHECK(is_public(parse_ip(text).value()));
    }
}

TEST_CASE("addresses: loopback is this machine and nothing else")
{
    for (auto const* text : {"127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"}) CHECK(is_loopback(parse_ip(text).value()));
    for (auto const* text : {"128.0.0.1", "0.0.0.0", "::", "::2", "10.0.0.1", "fe80::1"})
        CHECK_FALSE(is_loopback(parse_ip(text).value()));
}

} // namespace yett::issuers
