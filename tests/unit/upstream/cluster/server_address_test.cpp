#include "gateway/upstream/cluster/server_address.hpp"

#include "tests/support/print.hpp"

#include <doctest/doctest.h>

using namespace yett;

TEST_CASE("server_address: addresses are read, and what is not built yet is named")
{
    auto const v4 = upstream::server_address::from("http://127.0.0.1:9000/");
    REQUIRE(v4);
    CHECK(v4->host == "127.0.0.1");
    CHECK(v4->port == 9000);
    CHECK(v4->text == "127.0.0.1:9000");
    auto const v6 = upstream::server_address::from("http://[::1]");
    REQUIRE(v6);
    CHECK(v6->host == "::1");
    CHECK(v6->text == "[::1]:80");
    for (auto const url : {"https://a", "h2c://a", "unix:/run/app.sock"})
        CHECK(upstream::server_address::from(url).error() == errc::not_implemented);
    for (auto const url : {"", "a:80", "http://", "http://a/b", "http://a:0", "http://u@a", "ftp://a"})
        CHECK(upstream::server_address::from(url).error() == errc::bad_request);
}
