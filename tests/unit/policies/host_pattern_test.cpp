#include "policies/host_pattern.hpp"

#include <doctest/doctest.h>

using namespace yett::policies;

TEST_CASE("host_pattern: exact names, names below another, and every host")
{
    struct
    {
        char const* pattern;
        char const* host;
        bool matches;
    } const rows[] = {
        {"", "anything", true},
        {"", "", true},
        {"example.com", "example.com", true},
        {"Example.COM", "example.com", true},
        {"example.com.", "example.com", true},
        {"example.com", "a.example.com", false},
        {"example.com", "xexample.com", false},
        {"localhost", "localhost", true},
        {"my_service", "my_service", true},
        {"[::1]", "[::1]", true},
        {"127.0.0.1", "127.0.0.1", true},
        {"*.example.com", "a.example.com", true},
        {"*.example.com", "a.b.example.com", true},
        {"*.Example.com", "a.example.com", true},
        {"*.example.com", "example.com", false},
        {"*.example.com", ".example.com", false},
        {"*.example.com", "aexample.com", false},
        {"*.example.com", "a.example.com.evil.test", false},
        {"*.com", "example.com", true},
    };
    for (auto const& row : rows) {
        CAPTURE(row.pattern);
        CAPTURE(row.host);
        auto const pattern = host_pattern::from(row.pattern);
        REQUIRE(pattern.has_value());
        CHECK(pattern->matches(row.host) == row.matches);
    }
}

TEST_CASE("host_pattern: what is no host is refused with a reason")
{
    struct
    {
        std::string pattern;
        char const* reason;
    } const rows[] = {
        {"*", "leave the host out"},
        {"*.", "not a host name"},
        {"a.*.com", "only at the front"},
        {"*.*.com", "only at the front"},
        {"*example.com", "only at the front"},
        {"example.com:443", "without its port"},
        {"::1", "brackets"},
        {"*.[::1]", "brackets"},
        {"[::1", "brackets"},
        {"[x]", "not a host name"},
        {"a..b", "not a host name"},
        {"b\xc3\xbc"
         "cher.example",
         "xn--"},
        {"a b", "not a host name"},
        {std::string(64, 'a'), "not a host name"},
        {std::string(127, 'a').replace(63, 1, ".") + "." + std::string(63, 'b') + "." + std::string(63, 'c') + ".dd",
         "not a host name"},
    };
    for (auto const& row : rows) {
        CAPTURE(row.pattern);
        auto const pattern = host_pattern::from(row.pattern);
        REQUIRE_FALSE(pattern.has_value());
        CAPTURE(pattern.error().note());
        CHECK(pattern.error().note().find(row.reason) != std::string::npos);
    }
}
