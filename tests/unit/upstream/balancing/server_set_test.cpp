#include "gateway/upstream/balancing/server_set.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::upstream;
using namespace std::chrono_literals;

namespace {

constexpr steady_time start{1000s};
auto const because = [] { return std::string{"status 500"}; };

// So many servers of weight one; failures: 3, for: 10s.
struct servers
{
    explicit servers(std::size_t count, std::size_t away = 1, milliseconds slow_start = 0ms, std::size_t workers = 2)
        : all{members(count), options(away, slow_start), workers, start}
    {
    }
    static std::vector<balancer::member> members(std::size_t count)
    {
        std::vector<balancer::member> made;
        for (std::size_t i = 0; i < count; ++i) made.push_back({"s" + std::to_string(i), 1});
        return made;
    }
    static balancing_options options(std::size_t away, milliseconds slow_start)
    {
        balancing_options o;
        o.health.emplace().unhealthy_after = 2;
        o.ejection = {3, 10s, away};
        o.slow_start = slow_start;
        return o;
    }
    bool fail(std::size_t server, int times, steady_time at)
    {
        auto ejected = false;
        for (int i = 0; i < times; ++i) ejected = all.went_wrong(server, because, at) || ejected;
        return ejected;
    }
    void ask(std::size_t server, std::string_view answers, steady_time at)
    {
        for (auto const each : answers) all.answered(server, each == '+', each == '+' ? "" : "refused", at);
    }
    standing is(std::size_t server, steady_time at) { return all.views(at)[server].standing; }

    server_set all;
};

} // namespace

TEST_CASE("servers: failures in a row eject, of whatever worker, and a success between them begins anew")
{
    servers s{2};
    CHECK_FALSE(s.fail(0, 2, start));
    s.all.went_well(0);
    CHECK_FALSE(s.fail(0, 2, start));
    CHECK(s.all.weight_now(0, start) == 100);
    CHECK(s.fail(0, 1, start));
    CHECK(s.is(0, start) == standing::ejected);
    CHECK(s.all.weight_now(0, start) == 0);
    CHECK(s.all.weight_now(1, start) == 100);
}

TEST_CASE("servers: an ejection ends by the clock, and failures meanwhile do not count")
{
    servers s{2};
    s.fail(0, 3, start);
    s.fail(0, 50, start + 5s);
    CHECK(s.is(0, start + 9999ms) == standing::ejected);
    CHECK(s.is(0, start + 10s) == standing::up);
    CHECK_FALSE(s.fail(0, 2, start + 10s));
    CHECK(s.fail(0, 1, start + 10s));
    CHECK(s.is(0, start + 19s) == standing::ejected);
    CHECK(s.all.views(start + 10s)[0].ejections == 2);
}

TEST_CASE("servers: at most so many are away, and those that the checks took count")
{
    servers s{4, 2};
    CHECK(s.fail(0, 3, start));
    CHECK(s.fail(1, 3, start));
    CHECK_FALSE(s.fail(2, 99, start));
    CHECK(s.is(2, start) == standing::up);
    CHECK(s.fail(2, 3, start + 10s));

    servers checked{4, 2};
    checked.ask(0, "-", start);
    checked.ask(1, "-", start);
    CHECK_FALSE(checked.fail(2, 99, start));
}

TEST_CASE("servers: without ejection nothing is counted")
{
    server_set all{servers::members(2), {}, 1, start};
    for (int i = 0; i < 100; ++i) CHECK_FALSE(all.went_wrong(0, because, start));
    CHECK(all.weight_now(0, start) == 100);
}

TEST_CASE("servers: health checks take away and bring back, with the cause that holds now")
{
    servers s{2};
    s.ask(0, "+-", start);
    CHECK(s.is(0, start) == standing::up);
    s.ask(0, "-", start + 5s);
    auto view = s.all.views(start + 8s)[0];
    CHECK(view.standing == standing::unhealthy);
    CHECK(view.cause == "refused");
    CHECK(view.since == 3s);
    s.all.answered(0, false, "status 503", start + 9s);
    CHECK(s.all.views(start + 9s)[0].cause == "status 503");
    s.ask(0, "+", start + 10s);
    CHECK(s.is(0, start + 10s) == standing::unhealthy);
    s.ask(0, "+", start + 15s);
    view = s.all.views(start + 20s)[0];
    CHECK(view.standing == standing::up);
    CHECK(view.since == 5s);
    CHECK(view.checks_good == 3);
    CHECK(view.checks_bad == 3);
}

TEST_CASE("servers: who was seen bad and is well again is not held to what its requests came to")
{
    servers s{2};
    s.ask(0, "++", start);
    s.fail(0, 3, start);
    s.ask(0, "++++", start + 1s);
    CHECK(s.is(0, start + 1s) == standing::ejected); // the checks never saw anything
    s.ask(0, "-", start + 2s);
    s.ask(0, "++", start + 3s);
    CHECK(s.is(0, start + 3s) == standing::up);

    servers both{2};
    both.fail(0, 3, start);
    both.ask(0, "--", start + 1s);
    CHECK(both.is(0, start + 1s) == standing::unhealthy);
    both.ask(0, "++", start + 2s);
    CHECK(both.is(0, start + 2s) == standing::up);
}

TEST_CASE("servers: who is back begins with a tenth and has all of it when slow_start is over")
{
    servers s{2, 1, 10s};
    CHECK(s.all.weight_now(0, start) == 100);
    s.ask(0, "-++", start);
    CHECK(s.all.weight_now(0, start) == 10);
    CHECK(s.all.weight_now(0, start - 250ms) == 10); // a worker whose clock is behind
    CHECK(s.all.weight_now(0, start + 5s) == 50);
    CHECK(s.all.weight_now(0, start + 10s) == 100);

    s.fail(0, 3, start + 20s);
    CHECK(s.all.weight_now(0, start + 29s) == 0);
    CHECK(s.all.weight_now(0, start + 30s) == 10);
    CHECK(s.all.weight_now(0, start + 33s) == 30);
    CHECK(s.all.weight_now(0, start + 40s) == 100);
    CHECK(s.all.whole_weight(0) == 100);
}

TEST_CASE("servers: the part of a weight by the time since it is back")
{
    CHECK(share_after(0s, 10s) == 10);
    CHECK(share_after(-1s, 10s) == 10);
    CHECK(share_after(999ms, 10s) == 10);
    CHECK(share_after(2500ms, 10s) == 25);
    CHECK(share_after(9999ms, 10s) == 99);
    CHECK(share_after(10s, 10s) == 100);
    CHECK(share_after(0s, 0s) == 100);
}

TEST_CASE("servers: a change is told once, whoever made it, and so is an ejection's end")
{
    servers s{3};
    CHECK(s.all.changes(start).empty());
    s.fail(1, 3, start);
    auto told = s.all.changes(start + 1s);
    REQUIRE(told.size() == 1);
    CHECK(told[0].name == "s1");
    CHECK(told[0].standing == standing::ejected);
    CHECK(told[0].cause == "status 500");
    CHECK(s.all.changes(start + 2s).empty());
    told = s.all.changes(start + 12s);
    REQUIRE(told.size() == 1);
    CHECK(told[0].standing == standing::up);
    CHECK(told[0].since == 2s);
    CHECK(told[0].cause == "status 500");
}

TEST_CASE("servers: figures of all workers are summed up")
{
    servers s{2};
    s.all.figures(0, 0).in_flight.add(2);
    s.all.figures(0, 1).in_flight.add(3);
    s.all.figures(0, 0).good.add(10);
    s.all.figures(0, 1).bad.add();
    s.all.figures(0, 1).last_resort.add(4);
    auto const view = s.all.views(start)[0];
    CHECK(view.in_flight == 5);
    CHECK(view.good == 10);
    CHECK(view.bad == 1);
    CHECK(view.last_resort == 4);
    CHECK(s.all.views(start)[1].in_flight == 0);
    CHECK(view.weight == 1);
    CHECK(view.share == 100);
}
