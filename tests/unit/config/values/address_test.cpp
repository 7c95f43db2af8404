#include "config/values/address.hpp"

#include "tests/support/print.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::config;

TEST_CASE("address: an IP address and a port, IPv6 in brackets")
{
    CHECK(*parse_socket_address("0.0.0.0:4443") == socket_address{"0.0.0.0", 4443});
    CHECK(*parse_socket_address("[::1]:0") == socket_address{"::1", 0});
    for (auto const* text : {"0.0.0.0:4443", "[::1]:0", "[fd00::7]:65535"})
        CHECK(show_socket_address(*parse_socket_address(text)) == text);
    for (auto const* text :
         {"", ":80", "*:80", "localhost:80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:080", "127.0.0.1:65536",
          "::1:80", "[::1]", "[::1", "[::1]80", "[127.0.0.1]:80", "127.1:80", "127.0.0.1:80:90", "[fe80::1%eth0]:80"})
        CHECK_MESSAGE(!parse_socket_address(text), text);
}

TEST_CASE("address: loopback is 127.0.0.0/8 and ::1, however written")
{
    for (auto const* text : {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "[0:0:0:0:0:0:0:1]:1", "[::ffff:127.0.0.1]:1"})
        CHECK_MESSAGE(is_loopback(*parse_socket_address(text)), text);
    for (auto const* text : {"0.0.0.0:1", "[::]:1", "128.0.0.1:1", "10.0.0.1:1", "[::2]:1"})
        CHECK_MESSAGE(!is_loopback(*parse_socket_address(text)), text);
}

TEST_CASE("address: ranges come back as they were meant")
{
    for (auto const& [text, shown] : {std::pair{"10.0.0.0/8", "10.0.0.0/8"},
                                      {"192.0.2.7", "192.0.2.7/32"},
                                      {"fd00::/8", "fd00::/8"},
                                      {"::1", "::1/128"},
                                      {"0.0.0.0/0", "0.0.0.0/0"},
                                      {"::/0", "::/0"}}) {
        CAPTURE(text);
        REQUIRE(parse_range(text));
        CHECK(show_range(*parse_range(text)) == shown);
    }
    for (auto const* text :
         {"", "10.0.0.1/8", "10.0.0.0/33", "fd00::/129", "10.0.0/8", "example.com", "10.0.0.0/", "10.0.0.0/-1"})
        CHECK_MESSAGE(!parse_range(text), text);
}

TEST_CASE("address: servers are URLs without path")
{
    using s = upstream_scheme;
    for (auto const& [text, value] : {std::pair{"http://127.0.0.1:9000", upstream_server{s::http, "127.0.0.1", 9000}},
                                      {"http://app", upstream_server{s::http, "app", 80}},
                                      {"https://app.internal", upstream_server{s::https, "app.internal", 443}},
                                      {"h2c://[::1]:50051", upstream_server{s::h2c, "::1", 50051}},
                                      {"http://my_app-1.local:81", upstream_server{s::http, "my_app-1.local", 81}},
                                      {"unix:/run/app.sock", upstream_server{s::unix_socket, "/run/app.sock", 0}}}) {
        CAPTURE(text);
        REQUIRE(parse_server(text));
        CHECK(*parse_server(text) == value);
    }
    for (auto const* text : {"http://127.0.0.1:9000", "https://app:443", "h2c://[::1]:50051", "unix:/run/app.sock"})
        CHECK(show_server(*parse_server(text)) == text);
    auto const long_label = "http://" + std::string(64, 'a');
    std::string long_name = "http://a";
    while (long_name.size() < 300) long_name += ".a";
    for (auto const& text : std::vector<std::string>{"",
                                                     "app:9000",
                                                     "ftp://app",
                                                     "HTTP://app",
                                                     "http://",
                                                     "http://:80",
                                                     "http://app/",
                                                     "http://app/x",
                                                     "http://app?x",
                                                     "http://u:p@app",
                                                     "http://app:0",
                                                     "http://app:65536",
                                                     "http://app:",
                                                     "http://[::1",
                                                     "http://[app]",
                                                     "http://[1.2.3.4]",
                                                     "http://::1",
                                                     "http://1.2.3",
                                                     "http://1.2.3.256",
                                                     "http://a..b",
                                                     "http://.a",
                                                     "http://a b",
                                                     "http://a\tb",
                                                     "unix:",
                                                     "unix:run.sock",
                                                     "unix:/" + std::string(200, 'x'),
                                                     long_label,
                                                     long_name})
        CHECK_MESSAGE(!parse_server(text), text);
}

TEST_CASE("address: an origin has no path, and loses its slash")
{
    for (auto const& [text, value] : {std::pair{"https://example.com", "https://example.com"},
                                      {"https://example.com/", "https://example.com"},
                                      {"http://localhost:4080", "http://localhost:4080"},
                                      {"https://[::1]:1", "https://[::1]:1"}})
        CHECK(*parse_origin(text) == value);
    for (auto const* text : {"", "/", "example.com", "https://", "https:///", "https://a/b", "https://a//", "https://a?b",
                             "https://a#b", "h2c://a", "javascript://a", "https://a\nb", "https://u@a"})
        CHECK_MESSAGE(!parse_origin(text), text);
}

TEST_CASE("address: pages are named by their origin, those of shells, too, or by one of three words")
{
    for (auto const& [text, value] : {std::pair{"https://example.com/", "https://example.com"},
                                      {"HTTPS://example.com:8443", "https://example.com:8443"},
                                      {"capacitor://localhost", "capacitor://localhost"},
                                      {"chrome-extension://abcdefgh", "chrome-extension://abcdefgh"},
                                      {"vscode-webview://x", "vscode-webview://x"},
                                      {"null", "null"},
                                      {"file://", "file://"},
                                      {"*", "*"}})
        CHECK(*parse_page_origin(text) == value);
    for (auto const* text :
         {"", "example.com", "https://", "file:///etc", "*.example.com", "https://*.example.com", "https://a/b", "https://a?b",
          "https://u@a", "https://a b", "1a://b", "://a", "capacitor:localhost", "**", "Null"})
        CHECK_MESSAGE(!parse_page_origin(text), text);
    for (auto const* text : {"null", "file://", "*"}) CHECK(is_open_origin(text));
    for (auto const* text : {"https://a", "capacitor://localhost", ""}) CHECK(!is_open_origin(text));
}

TEST_CASE("address: URLs of the web")
{
    for (auto const* text : {"http://a", "https://a:1/b?c#d", "http://collector:4318/v1/traces", "https://a?b"})
        CHECK_MESSAGE(parse_web_url(text), text);
    for (auto const* text : {"", "h", "http:", "http://", "https:///x", "ftp://a/b", "https://a b", "https://a/b c",
                             "https://u:p@a/", "https://a/\x7f", "https://é/"})
        CHECK_MESSAGE(!parse_web_url(text), text);
}

TEST_CASE("address: names of hosts")
{
    CHECK(*parse_host_name("example.com") == "example.com");
    for (auto const* text : {"", ".", "a.", ".a", "a..b", "a;b", "a b", "a/b"}) CHECK_MESSAGE(!parse_host_name(text), text);
}

TEST_CASE("address: paths to serve are plain")
{
    for (auto const* text : {"/auth", "/api/v1/auth", "/a-b_c~d.e"}) CHECK_MESSAGE(parse_prefix(text), text);
    for (auto const* text :
         {"", "/", "auth", "/auth/", "//auth", "/a//b", "/a/../b", "/./a", "/a b", "/a%2fb", "/a?b", "/a;b", "/é"})
        CHECK_MESSAGE(!parse_prefix(text), text);
}
