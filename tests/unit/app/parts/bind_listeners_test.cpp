#include "gateway/app/parts/bind_listeners.hpp"

#include "gateway/app/parts/startup_error.hpp"

#include <doctest/doctest.h>

#include <sys/socket.h>
#include <unistd.h>

using namespace yett;
using namespace yett::app;
using transport::families;

namespace {

config::listener at(std::string host, std::uint16_t port)
{
    config::listener made;
    made.address = {std::move(host), port};
    return made;
}

// A socket as a service manager passes it on: bound, listening, nobody's yet.
int passed_on(transport::listening_sockets& from)
{
    return from.release(0);
}

} // namespace

TEST_CASE("bind listeners: [::] is for both families, unless one has the port for IPv4")
{
    struct
    {
        std::vector<config::listener> all;
        families of_first;
    } const cases[] = {
        {{at("::", 443)}, families::both},
        {{at("::", 443), at("::", 80)}, families::both},
        {{at("::", 443), at("0.0.0.0", 80)}, families::both},
        {{at("::", 443), at("0.0.0.0", 443)}, families::ipv6_alone},
        {{at("::", 443), at("127.0.0.1", 443)}, families::ipv6_alone},
        {{at("::", 0), at("0.0.0.0", 0)}, families::both}, // two ports
        {{at("::", 443), at("::1", 443)}, families::both},
    };
    for (auto const& [all, expected] : cases) {
        CAPTURE(all.back().address.host);
        CHECK(families_of(all.front(), all) == expected);
    }
}

TEST_CASE("bind listeners: a port for each, and a socket of it for each worker")
{
    auto const made = bind_listeners({at("127.0.0.1", 0), at("::1", 0)}, 2, {});
    REQUIRE(made.size() == 2);
    CHECK(made[0].port() != 0);
    CHECK(made[1].port() != 0);
}

TEST_CASE("bind listeners: what was passed on serves the listener of its address, the others bind")
{
    auto manager = transport::listening_sockets::open("127.0.0.1:0", 1);
    REQUIRE(manager.has_value());
    auto const made = bind_listeners({at("127.0.0.1", 0), at("127.0.0.1", manager->port())}, 3, {passed_on(*manager)});
    REQUIRE(made.size() == 2);
    CHECK(made[1].port() == manager->port());
    CHECK(made[0].port() != manager->port());
}

TEST_CASE("bind listeners: a socket that is no listener's ends the start, and says where it listens")
{
    auto manager = transport::listening_sockets::open("127.0.0.1:0", 1);
    REQUIRE(manager.has_value());
    auto const port = std::to_string(manager->port());
    auto const text = "the service manager passed a socket on 127.0.0.1:" + port + ", and there is no listener for it";
    CHECK_THROWS_WITH_AS(bind_listeners({at("127.0.0.1", 0)}, 1, {passed_on(*manager)}), text.c_str(), startup_error);
}

TEST_CASE("bind listeners: what takes no connections is refused")
{
    auto const datagrams = ::socket(AF_INET, SOCK_DGRAM, 0);
    CHECK_THROWS_WITH_AS(bind_listeners({at("127.0.0.1", 0)}, 1, {datagrams}),
                         "the service manager passed a descriptor that takes no TCP connections", startup_error);
    ::close(datagrams);
}

TEST_CASE("bind listeners: a port that is taken is said by its address")
{
    auto const taken = transport::listening_sockets::open("127.0.0.1:0", 1);
    REQUIRE(taken.has_value());
    auto const text = "cannot listen on 127.0.0.1:" + std::to_string(taken->port()) + ": Address already in use";
    CHECK_THROWS_WITH_AS(bind_listeners({at("127.0.0.1", taken->port())}, 2, {}), text.c_str(), startup_error);
}
