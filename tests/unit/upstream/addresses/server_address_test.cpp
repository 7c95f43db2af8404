#include "gateway/upstream/addresses/server_address.hpp"

#include "tests/support/print.hpp"

#include <doctest/doctest.h>

using namespace yett;

TEST_CASE("server_address: addresses are read, and what is not built yet is named")
{
    using upstream::server_scheme;
    struct
    {
        char const* url;
        server_scheme scheme;
        char const* host;
        std::uint16_t port;
        char const* text;
        char const* authority; // what a Host would say
    } const rows[] = {
        {"http://127.0.0.1:9000/", server_scheme::http, "127.0.0.1", 9000, "127.0.0.1:9000", "127.0.0.1:9000"},
        {"http://[::1]", server_scheme::http, "::1", 80, "[::1]:80", "[::1]:80"},
        {"https://app.internal", server_scheme::https, "app.internal", 443, "app.internal:443", "app.internal:443"},
        {"https://[::1]:8443/", server_scheme::https, "::1", 8443, "[::1]:8443", "[::1]:8443"},
        {"unix:/run/app.sock", server_scheme::unix_socket, "/run/app.sock", 0, "unix:/run/app.sock", "localhost"},
    };
    for (auto const& row : rows) {
        CAPTURE(row.url);
        auto const read = upstream::server_address::from(row.url);
        REQUIRE(read);
        CHECK(read->scheme == row.scheme);
        CHECK(read->host == row.host);
        CHECK(read->port == row.port);
        CHECK(read->text == row.text);
        CHECK(read->authority() == row.authority);
        CHECK(read->server_name == (row.scheme == server_scheme::https ? row.host : ""));
    }
    auto const multiplexed = *upstream::server_address::from("h2c://a:50051");
    CHECK(multiplexed.http2 == upstream::http2_use::always);
    CHECK(multiplexed.scheme == server_scheme::http);
    CHECK(multiplexed.text == "a:50051");
    CHECK(upstream::server_address::from("https://a")->http2 == upstream::http2_use::never);
    for (auto const url : {"", "a:80", "http://", "http://a/b", "http://a:0", "http://u@a", "ftp://a", "h2c:a", "h2c://",
                           "https://", "https://a/b", "unix:", "unix:app.sock"})
        CHECK(upstream::server_address::from(url).error() == errc::bad_request);
}
