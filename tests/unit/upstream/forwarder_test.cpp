#include "tests/unit/upstream/rig.hpp"

using namespace yett;
using namespace yett::tests;

namespace {

std::string const hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-App: yes\r\n\r\nhello";

} // namespace

TEST_CASE("forwarder: a request goes up and its reply comes back in one part")
{
    rig r{{scripted_upstream::always(hello)}};
    auto const asked = r.ask(get);
    CHECK(*asked->outcome);
    CHECK(asked->exchange.status() == 200);
    CHECK(asked->exchange.body() == "hello");
    CHECK(asked->exchange.length() == 5u);
    CHECK(asked->exchange.parts() == 1);
    CHECK(asked->exchange.ended());
    CHECK(asked->exchange.field("X-App") == "yes");
    CHECK(asked->seen.status == 200);
    CHECK(asked->seen.duration);
    CHECK(asked->seen.server == r.options.server.text);
    REQUIRE(r.app->requests().size() == 1);
    CHECK(r.app->requests()[0].starts_with("GET /a?b=c HTTP/1.1\r\nHost: example.com\r\n"));
}

TEST_CASE("forwarder: a kept connection serves the next request")
{
    rig r{{scripted_upstream::always(hello)}};
    for (int i = 0; i < 5; ++i)
        CHECK(r.ask(get)->exchange.body() == "hello");
    CHECK(r.app->connections() == 1);
    CHECK(r.app->requests().size() == 5);
}
