#include "gateway/http/fields/origin.hpp"

#include "gateway/http/authority.hpp"

#include <doctest/doctest.h>

using namespace yett;
using admission = http::origin_list::admission;

TEST_CASE("origin: scheme, host and port, the port of the scheme where none is written")
{
    struct
    {
        char const *text, *scheme, *host;
        unsigned port;
    } const cases[] = {
        {"https://app.test", "https", "app.test", 443},
        {"https://app.test:443", "https", "app.test", 443},
        {"https://app.test:8443", "https", "app.test", 8443},
        {"http://app.test", "http", "app.test", 80},
        {"http://[::1]:4080", "http", "[::1]", 4080},
        {"capacitor://localhost", "capacitor", "localhost", 0},
        {"ionic://localhost:8100", "ionic", "localhost", 8100},
        {"chrome-extension://abcdefghijklmnop", "chrome-extension", "abcdefghijklmnop", 0},
        {"moz-extension://2c127fa4-62c7-7e4f-90e5-472b45eecfdc", "moz-extension", "2c127fa4-62c7-7e4f-90e5-472b45eecfdc", 0},
    };
    for (auto const& each : cases) {
        auto const o = http::parse_origin(each.text);
        REQUIRE_MESSAGE(o.has_value(), each.text);
        CHECK(o->scheme == each.scheme);
        CHECK(o->host == each.host);
        CHECK(o->port == each.port);
    }
    for (auto const* text :
         {"", "null", "file://", "file:///", "*", "app.test", "//app.test", "https:", "https://", "https://a/", "https://a/b",
          "https://a https://b", "HTTPS://a", "https://u@a", "https://a:x", "://a", "1s://a", "https//a"})
        CHECK_MESSAGE(!http::parse_origin(text), text);
}

TEST_CASE("origin: two spellings of one origin are the same, and two origins are not")
{
    struct
    {
        char const *origin, *host;
        bool https, same;
    } const cases[] = {
        {"https://app.test", "app.test:443", true, true},        {"https://app.test:443", "app.test", true, true},
        {"http://app.test", "app.test:80", false, true},         {"https://app.test", "APP.test.", true, true},
        {"https://app.test", "app.test:", true, true},           {"https://[2001:db8::1]", "[2001:DB8:0:0::1]:443", true, true},
        {"https://app.test", "app.test:80", true, false},        {"http://app.test", "app.test:443", false, false},
        {"https://app.test", "app.test", false, false},          {"http://app.test", "app.test", true, false},
        {"https://app.test:8443", "app.test", true, false},      {"https://app.test", "app.test:8443", true, false},
        {"https://app.test.evil", "app.test", true, false},      {"https://sub.app.test", "app.test", true, false},
        {"https://[2001:db8::1]", "[2001:db8::2]", true, false}, {"wss://app.test", "app.test", true, false},
    };
    for (auto const& each : cases) {
        auto const given = http::parse_origin(each.origin);
        auto const asked = http::origin_of(each.host, each.https);
        REQUIRE_MESSAGE(given.has_value(), each.origin);
        REQUIRE_MESSAGE(asked.has_value(), each.host);
        CHECK_MESSAGE(http::same_origin(*given, *asked) == each.same, each.origin, " at ", each.host);
    }
}

TEST_CASE("origin: a list admits what it names, and openly what its words stand for")
{
    struct
    {
        std::vector<std::string> allowed;
        char const* field;
        admission is;
    } const cases[] = {
        {{}, "https://a.test", admission::none},
        {{"https://a.test"}, "https://a.test:443", admission::by_name},
        {{"https://a.test:443"}, "https://a.test", admission::by_name},
        {{"https://a.test"}, "http://a.test", admission::none},
        {{"https://a.test"}, "null", admission::none},
        {{"capacitor://localhost"}, "capacitor://localhost", admission::by_name},
        {{"capacitor://localhost"}, "ionic://localhost", admission::none},
        {{"tauri://localhost", "http://localhost"}, "http://localhost", admission::by_name},
        {{"null"}, "null", admission::openly},
        {{"null"}, "https://a.test", admission::none},
        {{"null"}, "NULL", admission::none},
        {{"file://"}, "file://", admission::openly},
        {{"file://"}, "file:///", admission::openly},
        {{"file://"}, "file:///etc/passwd", admission::none},
        {{"*"}, "https://evil.test", admission::openly},
        {{"*"}, "null", admission::openly},
        {{"*"}, "anything at all", admission::openly},
        {{"*", "https://a.test"}, "https://a.test", admission::by_name},
        {{"null", "https://a.test"}, "https://a.test", admission::by_name},
    };
    for (auto const& each : cases) CHECK_MESSAGE(http::origin_list{each.allowed}.judge(each.field) == each.is, each.field);
}
