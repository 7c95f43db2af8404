#include "gateway/http/authority.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace yett::http;

TEST_CASE("authority: what is a host with a port, and what is none")
{
    struct
    {
        std::string text;
        char const* host; // null: refused
        int port;         // 0: none
    } const rows[] = {
        {"example.com", "example.com", 0},
        {"example.com:443", "example.com", 443},
        {"EXAMPLE.com", "EXAMPLE.com", 0},
        {"example.com.", "example.com.", 0},
        {"example.com.:8080", "example.com.", 8080},
        {"example.com:", "example.com", 0},
        {"localhost", "localhost", 0},
        {"a_b-c.d", "a_b-c.d", 0},
        {"127.0.0.1:80", "127.0.0.1", 80},
        {"[::1]", "[::1]", 0},
        {"[::1]:8443", "[::1]", 8443},
        {"[::1]:", "[::1]", 0},
        {"[2001:DB8::7]:1", "[2001:DB8::7]", 1},
        {"[::ffff:192.0.2.1]", "[::ffff:192.0.2.1]", 0},
        {"example.com:1", "example.com", 1},
        {"example.com:65535", "example.com", 65535},
        {"example.com:65536", nullptr, 0},
        {"example.com:0", nullptr, 0},
        {"example.com:00080", "example.com", 80},
        {"example.com:000080", nullptr, 0},
        {"example.com:+80", nullptr, 0},
        {"example.com:8a", nullptr, 0},
        {"example.com:80:80", nullptr, 0},
        {"", nullptr, 0},
        {":80", nullptr, 0},
        {".example.com", nullptr, 0},
        {"example..com", nullptr, 0},
        {"example.com..", nullptr, 0},
        {".", nullptr, 0},
        {"user@example.com", nullptr, 0},
        {"exa mple.com", nullptr, 0},
        {"example.com/path", nullptr, 0},
        {"ex%61mple.com", nullptr, 0},
        {"m\xc3\xbcnchen.example", nullptr, 0},
        {"::1", nullptr, 0},
        {"[::1", nullptr, 0},
        {"[::1]x", nullptr, 0},
        {"[::1]]", nullptr, 0},
        {"[]", nullptr, 0},
        {"[127.0.0.1]", nullptr, 0},
        {"[fe80::1%25eth0]", nullptr, 0},
        {"[::1%eth0]", nullptr, 0},
        {"[:::1]", nullptr, 0},
        {"[1:2:3:4:5:6:7:8:9]", nullptr, 0},
        {std::string(256, 'a'), nullptr, 0},
    };
    for (auto const& row : rows) {
        CAPTURE(row.text);
        auto const parsed = parse_authority(row.text);
        CHECK(parsed.has_value() == (row.host != nullptr));
        if (!parsed || !row.host) continue;
        CHECK(parsed->host == row.host);
        CHECK(parsed->port.value_or(0) == row.port);
        CHECK(host_of(row.text) == row.host);
        CHECK(port_of(row.text).empty() == (row.port == 0));
    }
    CHECK(parse_authority(std::string(255, 'a')));
}

TEST_CASE("authority: its parts, found without looking at it again")
{
    struct
    {
        char const* text;
        char const* host;
        char const* port;
    } const rows[] = {
        {"example.com", "example.com", ""},  {"example.com:443", "example.com", "443"},
        {"example.com:", "example.com", ""}, {"[::1]", "[::1]", ""},
        {"[::1]:8443", "[::1]", "8443"},     {"", "", ""},
    };
    for (auto const& row : rows) {
        CAPTURE(row.text);
        CHECK(host_of(row.text) == row.host);
        CHECK(port_of(row.text) == row.port);
    }
}

TEST_CASE("authority: which name the same server")
{
    struct
    {
        char const* one;
        char const* other;
        bool same; // where 443 is the usual port
    } const rows[] = {
        {"example.com", "example.com", true},
        {"example.com", "EXAMPLE.COM", true},
        {"example.com.", "example.com", true},
        {"example.com", "example.com:443", true},
        {"example.com:443", "Example.com.:443", true},
        {"example.com", "example.com:80", false},
        {"example.com:80", "example.com:443", false},
        {"example.com", "example.org", false},
        {"example.com", "www.example.com", false},
        {"[::1]", "[0:0:0:0:0:0:0:1]", true},
        {"[2001:db8::1]:443", "[2001:DB8:0::1]", true},
        {"[::1]", "[::2]", false},
        {"[::1]", "localhost", false},
        {"127.0.0.1", "127.0.0.1:443", true},
        {"127.0.0.1", "127.1", false},
    };
    for (auto const& row : rows) {
        CAPTURE(row.one);
        CAPTURE(row.other);
        CHECK(same_server(*parse_authority(row.one), *parse_authority(row.other), 443) == row.same);
        CHECK(same_server(*parse_authority(row.other), *parse_authority(row.one), 443) == row.same);
    }
}
