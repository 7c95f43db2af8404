#include "gateway/http/fields/forwarded.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace yett;
using http::parse_forwarded;
using http::parse_node;

namespace {

std::string shown(std::string_view value)
{
    auto const elements = parse_forwarded(value);
    if (!elements) return "malformed";
    std::string text;
    for (auto const& each : *elements)
        text.append("[").append(each.node).append("|").append(each.proto).append("|").append(each.host).append("]");
    return text;
}

} // namespace

TEST_CASE("forwarded: elements with their parameters, as RFC 7239 writes them and as proxies do")
{
    struct
    {
        char const *value, *elements;
    } const cases[] = {
        {"for=192.0.2.43", "[192.0.2.43||]"},
        {"For=\"[2001:db8:cafe::17]:4711\"", "[[2001:db8:cafe::17]:4711||]"},
        {"for=192.0.2.60;proto=http;by=203.0.113.43", "[192.0.2.60|http|]"},
        {"for=192.0.2.43, for=198.51.100.17", "[192.0.2.43||][198.51.100.17||]"},
        {"for=192.0.2.43,for=unknown;PROTO=https;Host=\"app.example:8443\"", "[192.0.2.43||][unknown|https|app.example:8443]"},
        // Unquoted, although RFC 7239 wants quotes.
        {"for=[2001:db8::1]:443;proto=https", "[[2001:db8::1]:443|https|]"},
        {"for=192.0.2.43:80", "[192.0.2.43:80||]"},
        {" for = 192.0.2.43", "malformed"},
        {"for=192.0.2.43 ; proto=https", "[192.0.2.43|https|]"},
        {"for=a;;proto=https;", "[a|https|]"},
        {"proto=https", "[|https|]"},
        {"", ""},
        {" , ,", ""},
        {"for=a,", "[a||]"},
        {"for=a;secret=\"x, for=6.6.6.6\", for=b", "[a||][b||]"},
        {"for=\"a\\\"b\"", "[a\\\"b||]"},
        {"for=\"\"", "[||]"},
    };
    for (auto const& each : cases) CHECK_MESSAGE(shown(each.value) == each.elements, each.value);
}

TEST_CASE("forwarded: what can be read in two ways is malformed as a whole")
{
    for (auto const* value :
         {"for=\"", "for=\", for=192.0.2.1", "for=\"a\\\"", "for=", "for", "=a", "for=a;for=b", "for=a b", "for=a\"b\"",
          "for=a;host=\"x\"y\"", "for=\"a\"b", "for=a;host=\"a,for=6.6.6.6;x=\"\"", "for=a\\b", "for=a;proto="})
        CHECK_MESSAGE(!parse_forwarded(value), value);
}

TEST_CASE("forwarded: a node is an address however a proxy writes it")
{
    struct
    {
        char const *node, *address;
    } const cases[] = {
        {"6.6.6.6", "6.6.6.6"},
        {"6.6.6.6:4000", "6.6.6.6"},
        {"2001:db8::1", "2001:db8::1"},
        {"[2001:db8::1]", "2001:db8::1"},
        {"[2001:db8::1]:443", "2001:db8::1"},
        {"\"6.6.6.6\"", "6.6.6.6"},
        {"\"[2001:db8::1]:1\"", "2001:db8::1"},
        // Siblings: an obfuscated port, no port behind the colon, a zone, IPv4 in IPv6, brackets around IPv4.
        {"6.6.6.6:_gazonk", "6.6.6.6"},
        {"[2001:db8::1]:_a.b-c", "2001:db8::1"},
        {"6.6.6.6:", "6.6.6.6"},
        {"fe80::1%eth0", "fe80::1"},
        {"[fe80::1%25eth0]:80", "fe80::1"},
        {"::ffff:6.6.6.6", "6.6.6.6"},
        {"[::ffff:6.6.6.6]:80", "6.6.6.6"},
        {"[6.6.6.6]", "6.6.6.6"},
        {" 6.6.6.6\t", "6.6.6.6"},
    };
    for (auto const& each : cases) {
        auto const address = parse_node(each.node);
        REQUIRE_MESSAGE(address.has_value(), each.node);
        CHECK_MESSAGE(to_string(*address) == each.address, each.node);
    }
}

TEST_CASE("forwarded: what is no address is none")
{
    for (auto const* node : {"",
                             "unknown",
                             "_hidden",
                             "_SEVKISEK",
                             "localhost",
                             "6.6.6",
                             "6.6.6.6:port",
                             "6.6.6.6:123456",
                             "6.6.6.6:-1",
                             "6.6.6.6:80:80",
                             "[2001:db8::1",
                             "2001:db8::1]",
                             "[2001:db8::1]443",
                             "[2001:db8::1]:x",
                             "[]",
                             "[:]",
                             "\"6.6.6.6",
                             "6.6.6.6\"",
                             "\"",
                             "\"\"",
                             "6.6.6.6%eth0",
                             "6.6.6.6/32",
                             "0x06060606",
                             "6.6.6.6 7.7.7.7"})
        CHECK_MESSAGE(!parse_node(node), node);
}
