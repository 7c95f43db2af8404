#include "gateway/transport/listening_sockets.hpp"

#include <doctest/doctest.h>

#include <unistd.h>

#include <set>
#include <string>

using namespace yett;
using namespace yett::transport;

TEST_CASE("listening sockets: sockets share one free port, and nobody else's")
{
    auto sockets = listening_sockets::open("127.0.0.1:0", 3);
    REQUIRE(sockets.has_value());
    CHECK(sockets->port() != 0);
    std::set<int> distinct;
    for (std::size_t i = 0; i < 3; ++i) distinct.insert(sockets->release(i));
    CHECK(distinct.size() == 3);
    auto const address = "127.0.0.1:" + std::to_string(sockets->port());
    auto const taken = listening_sockets::open(address, 2);
    REQUIRE_FALSE(taken.has_value());
    CHECK(taken.error().note().find(address) != std::string::npos);
    CHECK(taken.error().cause() == std::errc::address_in_use);
    for (auto const fd : distinct) ::close(fd);
    CHECK(listening_sockets::open(address, 2).has_value());
}

TEST_CASE("listening sockets: an address that is none is refused")
{
    for (auto const* bad : {"", "127.0.0.1", "127.0.0.1:http2x", "256.0.0.1:0", "[::1:0", "127.0.0.1:99999"}) {
        CAPTURE(bad);
        CHECK_FALSE(listening_sockets::open(bad, 1).has_value());
    }
    CHECK(listening_sockets::open("[::1]:0", 1).has_value());
}
