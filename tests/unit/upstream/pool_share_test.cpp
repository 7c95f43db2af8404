#include "tests/unit/upstream/rig.hpp"

using namespace yett;
using namespace yett::tests;

namespace {

constexpr std::string_view hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
constexpr auto greedy = "192.0.2.1";
constexpr auto other = "192.0.2.2";

// Four connections, two for each client, and a queue of eight.
upstream::forward_options halves()
{
    upstream::forward_options o;
    o.connections.connections = 4;
    o.connections.per_client = 2;
    o.connections.pending = 8;
    return o;
}

// An application that answers when the test says so.
struct patient
{
    bool answers = false;
    std::vector<waiter*> held;
    script serve = [this](line& l) -> task<void> {
        for (;;) {
            auto const asked = co_await l.request();
            if (asked.empty()) co_return;
            waiter until;
            if (!answers) held.push_back(&until);
            if (!answers) co_await until.wait();
            co_await l.send(hello);
        }
    };

    void answer()
    {
        answers = true;
        for (auto* each : std::exchange(held, {})) each->wake();
    }
};

} // namespace

TEST_CASE("pool: nobody holds more than a share, and others find a connection")
{
    patient app;
    rig r{{app.serve}, halves()};
    std::vector<running*> many;
    for (int i = 0; i < 6; ++i) many.push_back(r.start_from(greedy, get));
    REQUIRE(r.until([&] { return r.app->requests().size() == 2; }));
    r.settle();
    CHECK(r.app->requests().size() == 2);
    CHECK(r.figures.pending.value() == 4);

    // Its part of the queue is as large as that of the connections: two wait too many.
    auto* const one_too_many = r.start_from(greedy, get);
    r.finish(*one_too_many);
    CHECK(one_too_many->outcome->error() == errc::overloaded);
    CHECK(one_too_many->outcome->error().note().find("share") != std::string::npos);
    CHECK(r.figures.share_refused.value() == 1);

    auto* const good = r.start_from(other, get);
    REQUIRE(r.until([&] { return r.app->requests().size() == 3; }));
    app.answer();
    r.finish(*good);
    CHECK(*good->outcome);
    for (auto* each : many) {
        r.finish(*each);
        CHECK(*each->outcome);
    }
    CHECK(r.figures.busy.value() == 0);
    CHECK(r.figures.share_refused.value() == 1);
}

TEST_CASE("pool: sibling: a kept connection is not for somebody whose share is spent")
{
    patient app;
    app.answer();
    rig r{{app.serve}, halves()};
    std::vector<running*> first;
    for (auto const* from : {greedy, greedy, other}) first.push_back(r.start_from(from, get));
    for (auto* each : first) r.finish(*each);
    CHECK(r.figures.idle.value() == 3);
    app.answers = false;
    std::vector<running*> next;
    for (int i = 0; i < 3; ++i) next.push_back(r.start_from(greedy, get));
    r.settle();
    CHECK(r.figures.idle.value() == 1);
    CHECK(r.figures.pending.value() == 1);
    app.answer();
    for (auto* each : next) r.finish(*each);
    CHECK(*next[2]->outcome);
    CHECK(r.figures.idle.value() == 3);
}

TEST_CASE("pool: sibling: who waits for a share of its own is refused like everybody who waits too long")
{
    patient app;
    rig r{{app.serve}, halves()};
    for (int i = 0; i < 2; ++i) r.start_from(greedy, get);
    auto* const third = r.start_from(greedy, get);
    REQUIRE(r.until([&] { return r.figures.pending.value() == 1; }));
    r.pass(3s);
    r.finish(*third);
    CHECK(third->outcome->error() == errc::overloaded);
    CHECK(third->outcome->error().note().find("share") != std::string::npos);
    app.answer();
    r.settle();
}

TEST_CASE("pool: a share is given back however a connection ends")
{
    auto const closing = scripted_upstream::once("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello");
    auto const cutting = scripted_upstream::once("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello");
    for (auto const& app : {closing, cutting}) {
        rig r{{app}, halves()};
        for (int i = 0; i < 10; ++i) {
            auto* const asked = r.start_from(greedy, get);
            r.finish(*asked);
            CHECK(asked->exchange.status() == 200);
        }
        CHECK(r.figures.share_refused.value() == 0);
    }
    upstream::forward_options away = halves();
    rig r{{closing}, away};
    r.app->stop();
    for (int i = 0; i < 10; ++i) {
        auto* const asked = r.start_from(greedy, get);
        r.finish(*asked);
        CHECK(asked->outcome->error() == errc::upstream_unavailable);
    }
}

TEST_CASE("pool: who leaves the queue or the connection gives the share back")
{
    patient app;
    rig r{{app.serve}, halves()};
    auto* const first = r.start_from(greedy, get);
    r.start_from(greedy, get);
    REQUIRE(r.until([&] { return r.app->requests().size() == 2; }));
    auto* const third = r.start_from(greedy, get);
    auto* const fourth = r.start_from(greedy, get);
    REQUIRE(r.until([&] { return r.figures.pending.value() == 2; }));
    third->exchange.leave();
    first->exchange.leave();
    r.finish(*first);
    REQUIRE(r.until([&] { return r.app->requests().size() == 3; }));
    app.answer();
    r.finish(*fourth);
    CHECK(*fourth->outcome);
}
