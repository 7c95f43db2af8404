#include "tests/unit/net/loopback.hpp"

#include <doctest/doctest.h>

#include <string>
#include <thread>

using namespace yett;
using namespace yett::net;
using namespace yett::net::testing;

// A client's connection between two requests, in the clear and over TLS; what is said on it is
// the session's business and tested there.

namespace {

std::string const request = "GET /a HTTP/1.1\r\nHost: one.example\r\n\r\n";

struct in_clear
{
    static constexpr bool tls = false;
};
struct with_tls
{
    static constexpr bool tls = true;
};

struct parking
{
    explicit parking(bool tls, client_limits const& limits = {})
        : host{server::options{.tls = tls ? tls_for({&leaf}) : nullptr, .limits = limits}},
          c{host.port()}
    {
        if (tls) REQUIRE(c.encrypt({}));
    }

    // Until the connection is parked, which takes two ticks once the worker waits for a request.
    void fall_silent()
    {
        do host.advance(milliseconds{1000});
        while (!comes_true([this] { return buffers() == 0; }, 20));
    }
    template<class Question>
    bool comes_true(Question const& question, int tries = 2000)
    {
        for (int i = 0; i < tries && !question(); ++i) std::this_thread::sleep_for(milliseconds{1});
        return question();
    }
    std::size_t buffers()
    {
        return host.ask<std::size_t>(
            [this] {
                auto& worker = host.worker();
                return worker.small_buffers().lent() + worker.large_buffers().lent() + worker.bulk_buffers().lent();
            });
    }
    bool is_closed()
    {
        return comes_true([this] { return host.open() == 0; });
    }

    certificate leaf{"one.example"};
    server host;
    client c;
};

} // namespace

TEST_CASE_TEMPLATE("connection: a parked one holds no buffer and answers the next request", role, in_clear, with_tls)
{
    parking p{role::tls};
    for (int i = 0; i < 20; ++i) {
        CHECK(body_of(p.c.ask(request)) == "hello /a");
        p.fall_silent();
        CHECK(p.buffers() == 0);
        CHECK(p.host.open() == 1);
    }
}

TEST_CASE_TEMPLATE("connection: one that never asked is parked like any other", role, in_clear, with_tls)
{
    parking p{role::tls};
    p.fall_silent();
    CHECK(p.buffers() == 0);
    CHECK(p.host.open() == 1);
    CHECK(body_of(p.c.ask(request)) == "hello /a");
}

TEST_CASE_TEMPLATE("connection: a parked one that draining finds is closed with a goodbye", role, in_clear, with_tls)
{
    parking p{role::tls};
    CHECK(body_of(p.c.ask(request)) == "hello /a");
    p.fall_silent();
    p.host.worker().drain(milliseconds{10000}, [] {});
    CHECK(p.is_closed());
    CHECK(p.c.receive().empty());
    CHECK(p.c.at_end());
    CHECK_FALSE(p.c.was_reset());
}

TEST_CASE_TEMPLATE("connection: a parked one whose client leaves is gone", role, in_clear, with_tls)
{
    for (auto const politely : {true, false}) {
        parking p{role::tls};
        CHECK(body_of(p.c.ask(request)) == "hello /a");
        p.fall_silent();
        if (politely) p.c.finish_sending();
        else p.c.reset();
        CHECK(p.is_closed());
    }
}

TEST_CASE_TEMPLATE("connection: a byte wakes a parked one, and the deadline of a head counts from it", role, in_clear, with_tls)
{
    client_limits limits;
    limits.header_timeout = milliseconds{5000};
    parking p{role::tls, limits};
    CHECK(body_of(p.c.ask(request)) == "hello /a");
    p.fall_silent();
    CHECK(p.c.send("G"));
    CHECK(p.comes_true([&] { return p.buffers() != 0; }));
    p.host.advance(milliseconds{4000});
    CHECK(p.host.open() == 1);
    p.c.send("ET /a HTTP/1.1\r\n");
    p.host.advance(milliseconds{3000});
    CHECK(p.c.receive_until("timed_out").starts_with("HTTP/1.1 408"));
}
