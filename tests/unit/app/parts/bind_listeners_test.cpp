#include "gateway/app/parts/bind_listeners.hpp"

#include "gateway/app/parts/startup_error.hpp"

#include <doctest/doctest.h>

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
    auto const made = bind_listeners({at("127.0.0.1", 0), at("::1", 0)}, 2);
    REQUIRE(made.size() == 2);
    CHECK(made[0].port() != 0);
    CHECK(made[1].port() != 0);
}

TEST_CASE("bind listeners: a port that is taken is said by its address")
{
    auto const taken = transport::listening_sockets::open("127.0.0.1:0", 1);
    REQUIRE(taken.has_value());
    auto const text = "cannot listen on 127.0.0.1:" + std::to_string(taken->port()) + ": Address already in use";
    CHECK_THROWS_WITH_AS(bind_listeners({at("127.0.0.1", taken->port())}, 2), text.c_str(), startup_error);
}
