#include "gateway/transport/listening_sockets.hpp"

#include <doctest/doctest.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <set>
#include <string>

using namespace yett;
using namespace yett::transport;

namespace {

// Whether somebody takes connections of this family on the loopback address of it.
bool is_served(int family, std::uint16_t port)
{
    auto const fd = ::socket(family, SOCK_STREAM, 0);
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    v6.sin6_addr = in6addr_loopback;
    auto const connected = family == AF_INET ? ::connect(fd, reinterpret_cast<sockaddr*>(&v4), sizeof v4)
                                             : ::connect(fd, reinterpret_cast<sockaddr*>(&v6), sizeof v6);
    ::close(fd);
    return connected == 0;
}

} // namespace

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

TEST_CASE("listening sockets: [::] is for both families, or for one where that is said")
{
    struct
    {
        families whom;
        bool takes_ipv4;
    } const cases[] = {{families::both, true}, {families::ipv6_alone, false}};
    for (auto const& [whom, takes_ipv4] : cases) {
        for (auto const count : {1u, 2u}) {
            CAPTURE(count);
            auto const sockets = listening_sockets::open("[::]:0", count, whom);
            REQUIRE(sockets.has_value());
            CHECK(is_served(AF_INET6, sockets->port()));
            CHECK(is_served(AF_INET, sockets->port()) == takes_ipv4);
        }
    }
}

TEST_CASE("listening sockets: two listeners share a port by family")
{
    auto const v6 = listening_sockets::open("[::]:0", 1, families::ipv6_alone);
    REQUIRE(v6.has_value());
    CHECK(listening_sockets::open("0.0.0.0:" + std::to_string(v6->port()), 1).has_value());
}
