#include "gateway/upstream/headers/location_mapping.hpp"

#include "gateway/rewriting/prefix_change.hpp"

#include <doctest/doctest.h>

using yett::upstream::location_mapping;

TEST_CASE("location_mapping: what points to the application points to the address that was asked")
{
    location_mapping const of{{"http", "127.0.0.1:9000"}, "app.internal", {"https", "app.test:4443"}};
    struct
    {
        char const* what;
        char const* sent;
        char const* mapped; // empty: as it is
    } const cases[] = {
        {"the server's address", "http://127.0.0.1:9000/dir/", "https://app.test:4443/dir/"},
        {"the Host it was told", "http://app.internal/a?b#c", "https://app.test:4443/a?b#c"},
        {"in another case", "HTTP://App.Internal/a", "https://app.test:4443/a"},
        {"with the port that goes without saying", "http://app.internal:80/a", "https://app.test:4443/a"},
        {"no path", "http://app.internal", "https://app.test:4443"},
        {"a query alone", "http://app.internal?x", "https://app.test:4443?x"},

        {"another port", "http://127.0.0.1:9001/", ""},
        {"no port where one is", "http://127.0.0.1/", ""},
        {"another scheme", "https://127.0.0.1:9000/", ""},
        {"a WebSocket", "ws://127.0.0.1:9000/", ""},
        {"another server", "http://other.test/", ""},
        {"a longer name", "http://app.internal.evil.test/", ""},
        {"a user in front", "http://app.internal@evil.test/", ""},
        {"the server as a user", "http://127.0.0.1:9000@evil.test/", ""},
        {"a backslash", "http://app.internal\\evil", ""},
        {"no scheme", "//app.internal/a", ""},
        {"another's network path", "//other/", ""},
        {"a path", "/a", ""},
        {"a relative path", "a/http://app.internal/", ""},
        {"one slash", "http:/app.internal/", ""},
        {"nothing", "", ""},
        {"what clients know already", "https://app.test:4443/a", ""},
    };
    for (auto const& c : cases) {
        CAPTURE(c.what);
        CHECK(of.mapped(c.sent).value_or("") == c.mapped);
    }
}

TEST_CASE("location_mapping: a directory's redirect to http on the TLS port leads to https")
{
    location_mapping const of{{"http", "10.0.0.5:80"}, "app.test:4443", {"https", "app.test:4443"}};
    CHECK(of.mapped("http://app.test:4443/dir/") == "https://app.test:4443/dir/");
    CHECK(of.mapped("http://10.0.0.5/dir/") == "https://app.test:4443/dir/");
    CHECK_FALSE(of.mapped("http://app.test/dir/"));
}

TEST_CASE("location_mapping: a server that speaks https itself points to itself by https")
{
    location_mapping const of{{"https", "app.internal:443"}, "app.test", {"https", "app.test:4443"}};
    CHECK(of.mapped("https://app.internal/a") == "https://app.test:4443/a");
    CHECK(of.mapped("https://app.test:443/a") == "https://app.test:4443/a");
    CHECK(of.mapped("https://app.test/a") == "https://app.test:4443/a");
    CHECK_FALSE(of.mapped("https://app.test:80/a"));
    CHECK_FALSE(of.mapped("http://app.internal:443/a"));
    CHECK_FALSE(of.mapped("https://app.test:4443/a"));
}

TEST_CASE("location_mapping: a server on a socket of this machine calls itself localhost")
{
    location_mapping const of{{"http", "localhost"}, "app.test", {"https", "app.test"}};
    CHECK(of.mapped("http://localhost/a") == "https://app.test/a");
    CHECK_FALSE(of.mapped("http://localhost:8080/a"));
}

TEST_CASE("location_mapping: IPv6 servers and clients keep their brackets")
{
    location_mapping const of{{"http", "[::1]:9000"}, "[::1]:9000", {"http", "[2001:db8::1]:4080"}};
    CHECK(of.mapped("http://[::1]:9000/a") == "http://[2001:db8::1]:4080/a");
    CHECK_FALSE(of.mapped("http://[::2]:9000/a"));
}

TEST_CASE("location_mapping: what is the client's own address already costs nothing")
{
    location_mapping const of{{"http", "10.0.0.5:80"}, "app.test", {"http", "app.test"}};
    CHECK_FALSE(of.mapped("http://app.test/a"));
}

TEST_CASE("location_mapping: a client that named no host is sent where the application says")
{
    location_mapping const of{{"http", "10.0.0.5:80"}, "", {"http", ""}};
    CHECK_FALSE(of.mapped("http://10.0.0.5/a"));
}

TEST_CASE("location_mapping: what a rule changed of paths is undone, of the own origin alone")
{
    yett::rewriting::prefix_change const prefixes{"/api", "/v1"};
    location_mapping const of{{"http", "127.0.0.1:9000"}, "app.internal", {"https", "app.test"}, &prefixes};
    struct
    {
        char const* what;
        char const* sent;
        char const* mapped; // empty: as it is
    } const cases[] = {
        {"a path", "/v1/a", "/api/a"},
        {"a path with query and fragment", "/v1?b=/v1#c", "/api/?b=/v1#c"},
        {"a path beside what was added", "/login", ""},
        {"the application's address", "http://127.0.0.1:9000/v1/a", "https://app.test/api/a"},
        {"the Host it was told", "http://app.internal/v1/a?b", "https://app.test/api/a?b"},
        {"its address, and a path beside", "http://127.0.0.1:9000/login", "https://app.test/login"},
        {"the client's own address", "https://app.test/v1/a", "https://app.test/api/a"},
        {"in another case, and with the usual port", "HTTPS://APP.test:443/v1/a", "https://app.test/api/a"},
        {"the client's own address, and a path beside", "https://app.test/login", ""},

        {"the client's host by another scheme", "http://app.test/v1/a", ""},
        {"the client's host on another port", "https://app.test:8443/v1/a", ""},
        {"another host", "https://other.test/v1/a", ""},
        {"a host that begins as ours", "https://app.test.evil.test/v1/a", ""},
        {"ours as a user", "https://app.test@evil.test/v1/a", ""},
        {"two slashes", "//app.test/v1/a", ""},
        {"two slashes and another host", "//evil.test/v1/a", ""},
        {"a backslash", "/\\evil.test/v1/a", ""},
        {"a tab", "/\t/evil.test/v1/a", ""},
        {"relative to what was asked for", "a", ""},
        {"up from there", "../a", ""},
        {"a query alone", "?v1", ""},
        {"nothing", "", ""},
    };
    for (auto const& c : cases) {
        CAPTURE(c.what);
        CHECK(of.mapped(c.sent).value_or("") == c.mapped);
    }
}

TEST_CASE("location_mapping: a path in front of the root is never taken for a host")
{
    yett::rewriting::prefix_change const prefixes{"", "/v1"};
    location_mapping const of{{"http", "127.0.0.1:9000"}, "app.test", {"https", "app.test"}, &prefixes};
    CHECK(of.mapped("/v1/a") == "/a");
    CHECK(of.mapped("/v1") == "/");
    for (auto const* evil : {"/v1//evil.test", "/v1/\\evil.test", "/v1/\t/evil.test", "/v1/ /evil.test"}) CHECK_FALSE(of.mapped(evil));
    CHECK(of.mapped("https://app.test/v1//a") == std::nullopt);
}

TEST_CASE("location_mapping: a client that named no host still gets its paths")
{
    yett::rewriting::prefix_change const prefixes{"/api", ""};
    location_mapping const of{{"http", "10.0.0.5:80"}, "", {"http", ""}, &prefixes};
    CHECK(of.mapped("/a") == "/api/a");
    CHECK_FALSE(of.mapped("http://10.0.0.5/a"));
}
