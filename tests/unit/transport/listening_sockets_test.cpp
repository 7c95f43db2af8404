#include "gateway/transport/listening_sockets.hpp"

#include <doctest/doctest.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <set>
#include <string>
#include <vector>

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

int option(int fd, int level, int name)
{
    int value = 0;
    socklen_t size = sizeof value;
    ::getsockopt(fd, level, name, &value, &size);
    return value;
}

std::string loopback(std::uint16_t port)
{
    return "127.0.0.1:" + std::to_string(port);
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

TEST_CASE("listening sockets: one that was passed on is one for all workers, made as ours are")
{
    auto manager = listening_sockets::open("127.0.0.1:0", 1);
    REQUIRE(manager.has_value());
    std::vector<int> passed{manager->release(0)};
    ::fcntl(passed[0], F_SETFD, 0);
    ::fcntl(passed[0], F_SETFL, 0);
    auto adopted = listening_sockets::adopt(loopback(manager->port()), 3, passed);
    REQUIRE(adopted.has_value());
    CHECK(passed.empty());
    CHECK(adopted->port() == manager->port());
    std::set<int> distinct;
    for (std::size_t i = 0; i < 3; ++i) distinct.insert(adopted->release(i));
    CHECK(distinct.size() == 3);
    for (auto const fd : distinct) {
        CHECK((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
        CHECK((::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
        CHECK(option(fd, IPPROTO_TCP, TCP_NODELAY) != 0);
        CHECK(option(fd, SOL_SOCKET, SO_KEEPALIVE) != 0);
        ::close(fd);
    }
}

TEST_CASE("listening sockets: more of an address than there are workers are left, for nobody would wait for them")
{
    auto manager = listening_sockets::open("127.0.0.1:0", 3);
    REQUIRE(manager.has_value());
    std::vector<int> passed{manager->release(0), manager->release(1), manager->release(2)};
    auto const left = passed.back();
    CHECK(listening_sockets::adopt(loopback(manager->port()), 2, passed).has_value());
    CHECK(passed == std::vector<int>{left});
    ::close(left);
}

TEST_CASE("listening sockets: only what listens on this very address is taken")
{
    auto manager = listening_sockets::open("127.0.0.1:0", 1);
    REQUIRE(manager.has_value());
    auto const port = std::to_string(manager->port());
    auto const own = manager->release(0);
    auto const deaf = ::socket(AF_INET, SOCK_STREAM, 0); // bound to nothing
    std::vector<int> passed{deaf, own};
    for (auto const& other :
         {"127.0.0.2:" + port, "0.0.0.0:" + port, "[::1]:" + port, std::string{"127.0.0.1:0"}, std::string{"none"}}) {
        CAPTURE(other);
        CHECK_FALSE(listening_sockets::adopt(other, 1, passed).has_value());
        CHECK(passed == std::vector<int>{deaf, own});
    }
    CHECK(listening_sockets::adopt("127.0.0.1:" + port, 1, passed).has_value());
    CHECK(passed == std::vector<int>{deaf});
    ::close(deaf);
}

TEST_CASE("listening sockets: where a descriptor listens is said as a configuration says it")
{
    auto v4 = listening_sockets::open("127.0.0.1:0", 1);
    auto v6 = listening_sockets::open("[::]:0", 1);
    REQUIRE((v4 && v6));
    auto const four = v4->release(0), six = v6->release(0), deaf = ::socket(AF_INET, SOCK_STREAM, 0);
    CHECK(listens_on(four) == loopback(v4->port()));
    CHECK(listens_on(six) == "[::]:" + std::to_string(v6->port()));
    CHECK_FALSE(listens_on(deaf).has_value());
    CHECK_FALSE(listens_on(-1).has_value());
    for (auto const fd : {four, six, deaf}) ::close(fd);
}
