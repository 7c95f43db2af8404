#include "gateway/upstream/load/adaptive_limit.hpp"
#include "tests/unit/upstream/rig.hpp"

#include "tests/support/print.hpp"

#include <deque>

// How many requests an application is sent at a time, through the forwarder; the queue itself has its own tests
// (load/in_flight_limit_test).

using namespace yett;
using namespace yett::tests;
using base::waiter;

namespace {

std::string const hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

// Requests that wait for their answers until the test says so.
struct held_requests
{
    script hold()
    {
        return [this](line& l) -> task<void> {
            for (;;) {
                auto const asked = co_await l.request();
                if (asked.empty()) co_return;
                waiter w;
                waiting.push_back(&w);
                co_await w.wait();
                co_await l.send(hello);
            }
        };
    }
    std::deque<waiter*> waiting;
};

// An application that answers so many requests at a time as it is told to.
struct slow_rig : held_requests, rig
{
    explicit slow_rig(upstream::forward_options wanted) : rig{{hold()}, std::move(wanted)} {}
    ~slow_rig()
    {
        forwarder.reset();
        answer(waiting.size());
    }
    void answer(std::size_t requests)
    {
        for (; requests > 0; --requests) {
            auto* const next = waiting.front();
            waiting.pop_front();
            next->wake();
        }
    }
    void have(std::size_t requests)
    {
        REQUIRE(until([&] { return waiting.size() == requests; }));
    }
};

upstream::forward_options at_most(std::size_t most, std::size_t queue)
{
    upstream::forward_options options;
    options.in_flight = upstream::in_flight_options{most, most, queue, 1s, {}};
    options.urgent_path = "/healthz";
    return options;
}

} // namespace

TEST_CASE("bounded requests: no more than so many reach the application, the others wait or are refused")
{
    slow_rig r{at_most(2, 1)};
    auto* const first = r.start(get);
    auto* const second = r.start(get);
    auto* const third = r.start(get);
    auto* const fourth = r.start(get);
    r.have(2);
    r.finish(*third); // the oldest of the queue
    CHECK(third->outcome->error() == errc::overloaded);
    CHECK(third->seen.server.empty());
    CHECK(r.figures.requests[telemetry::upstream_outcome::overloaded].value() == 1);
    r.settle();
    CHECK(r.app->requests().size() == 2);
    CHECK(r.figures.bounded.waiting.value() == 1);
    r.answer(1);
    r.finish(*first);
    r.have(2);
    CHECK(r.figures.bounded.under_way.value() == 2);
    r.answer(2);
    for (auto* each : {first, second, fourth}) {
        r.finish(*each);
        CHECK(*each->outcome);
    }
    CHECK(r.figures.bounded.under_way.value() == 0);
}

TEST_CASE("bounded requests: an upload has no turn before it is here, and is whole when it has")
{
    slow_rig r{at_most(1, 0)};
    auto* const slow = r.prepare(post);
    slow->exchange.hold_body();
    slow->exchange.arrive("12");
    r.begin(*slow);
    r.settle();
    CHECK(slow->exchange.reading());
    CHECK(r.figures.bounded.under_way.value() == 0);
    auto* const other = r.start(get);
    r.have(1);
    r.answer(1);
    r.finish(*other);
    CHECK(*other->outcome);

    slow->exchange.arrive("345");
    slow->exchange.finish_body();
    r.have(1);
    CHECK(r.figures.bounded.under_way.value() == 1);
    r.answer(1);
    r.finish(*slow);
    CHECK(*slow->outcome);
    CHECK(r.app->requests().back().ends_with("\r\n\r\n12345"));
}

TEST_CASE("bounded requests: who waits too long is told so")
{
    slow_rig r{at_most(1, 1)};
    auto* const first = r.start(get);
    r.have(1);
    auto* const second = r.start(get);
    r.pass(1s);
    r.finish(*second);
    CHECK(second->outcome->error() == errc::overloaded);
    r.answer(1);
    r.finish(*first);
    CHECK(*first->outcome);
}

TEST_CASE("bounded requests: what watches the application goes first, by a safe method alone")
{
    slow_rig r{at_most(1, 9)};
    r.start(get);
    r.have(1);
    r.start("DELETE /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    r.start("GET /usual HTTP/1.1\r\nHost: a\r\n\r\n");
    r.start("GET /healthz?full HTTP/1.1\r\nHost: a\r\n\r\n");
    r.settle();
    for (int i = 0; i < 4; ++i) {
        r.have(1);
        r.answer(1);
    }
    for (auto const& each : r.all) r.finish(*each);
    auto const& came = r.app->requests();
    REQUIRE(came.size() == 4);
    CHECK(came[1].starts_with("GET /healthz?full "));
    CHECK(came[2].starts_with("DELETE /healthz "));
    CHECK(came[3].starts_with("GET /usual "));
}

TEST_CASE("bounded requests: a client that leaves while it waits is gone at once")
{
    slow_rig r{at_most(1, 9)};
    auto* const first = r.start(get);
    r.have(1);
    auto* const second = r.start(get);
    r.settle();
    CHECK(r.figures.bounded.waiting.value() == 1);
    second->exchange.leave();
    r.finish(*second);
    CHECK(second->outcome->error() == errc::peer_broke_off);
    CHECK(r.figures.bounded.waiting.value() == 0);
    r.answer(1);
    r.finish(*first);
    CHECK(r.app->requests().size() == 1);
}

TEST_CASE("bounded requests: a failure gives its turn back, too")
{
    rig r{{scripted_upstream::once("")}, at_most(1, 0)};
    for (int i = 0; i < 3; ++i) CHECK(r.ask(get)->outcome->error() == errc::upstream_broken);
    r.app->stop();
    for (int i = 0; i < 3; ++i) CHECK(r.ask(get)->outcome->error() == errc::upstream_unavailable);
}

TEST_CASE("bounded requests: the worker may end while some wait")
{
    slow_rig r{at_most(1, 9)};
    auto* const first = r.start(get);
    r.have(1);
    auto* const second = r.start(get);
    r.settle();
    r.forwarder.reset();
    r.settle();
    CHECK_FALSE(first->outcome);
    CHECK_FALSE(second->outcome);
}

TEST_CASE("bounded requests: an adaptive bound learns from silence, too")
{
    script const silent = [](line& l) -> task<void> {
        co_await l.request();
        co_await l.closed();
    };
    auto options = at_most(100, 100);
    options.in_flight->adaptive = upstream::adaptive_options{upstream::adaptive_limit::few, 5, 60s};
    options.reply_timeout = 1s;
    rig r{{silent}, options};
    // The first sixteen are the measurement; the others took no longer, and so the bound grows by its root.
    for (std::size_t asked = 16; asked <= 32; asked += 16) {
        for (int i = 0; i < 16; ++i) r.start(get);
        REQUIRE(r.until([&] { return r.app->requests().size() == asked; }));
        r.pass(1s);
        for (auto const& each : r.all) r.finish(*each);
        CHECK(r.figures.bounded.limit.value() == (asked == 16 ? 16 : 20));
    }
}
