#include "gateway/upstream/load/adaptive_limit.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>

using namespace yett;
using namespace yett::upstream;
using namespace std::chrono_literals;

namespace {

using std::chrono::microseconds;

// An application that bears so many requests at a time, each of them for `alone`; the others wait inside of
// it. Clients ask for more than it bears as often as the limit lets them.
struct application
{
    std::size_t bears;
    microseconds alone;

    steady_time now{1000s};
    struct asked
    {
        steady_time at;
        steady_time ends;
        std::size_t beside;
    };
    std::deque<asked> under_way{};

    // Lets time pass, with `wanted` requests at a time as far as the limit goes.
    void run(adaptive_limit& limit, milliseconds time, std::size_t wanted = 10000)
    {
        for (auto const end = now + time; now < end;) {
            while (under_way.size() < std::min(limit.limit(), wanted)) ask();
            now = std::max(now, under_way.front().ends);
            auto const done = under_way.front();
            under_way.pop_front();
            limit.replied(done.ends - done.at, done.beside, now);
        }
    }
    // Whoever comes when all places are taken begins when the one so many before it ends.
    void ask()
    {
        auto const waits = under_way.size() >= bears;
        auto const begins = waits ? under_way[under_way.size() - bears].ends : now;
        under_way.push_back({now, begins + alone, under_way.size() + 1});
    }
};

adaptive_options usual()
{
    return {8, 50, 60s};
}

} // namespace

TEST_CASE("adaptive_limit: it settles where replies begin to take longer than they have to, and never beyond its bounds")
{
    struct
    {
        char const* what;
        adaptive_options options;
        std::size_t most;
        std::size_t bears;
        milliseconds alone;
        std::size_t from, to;
    } const rows[] = {
        {"twenty at a time", usual(), 1000, 20, 20ms, 20, 50},
        {"fifty at a time", usual(), 1000, 50, 20ms, 50, 110},
        {"slow replies, too", usual(), 1000, 20, 300ms, 20, 50},
        {"more than is allowed", usual(), 30, 200, 20ms, 30, 30},
        {"fewer than the least", usual(), 1000, 2, 20ms, 8, 20},
        {"the least is all there is", {8, 50, 60s}, 4, 20, 20ms, 4, 4},
        {"a patient operator", {8, 100, 60s}, 1000, 20, 20ms, 30, 70},
    };
    for (auto const& row : rows) {
        CAPTURE(row.what);
        application app{row.bears, row.alone};
        adaptive_limit limit{row.options, row.most, app.now};
        app.run(limit, 50s);
        CHECK(limit.limit() >= row.from);
        CHECK(limit.limit() <= row.to);
    }
}

TEST_CASE("adaptive_limit: it begins low, measures, and grows step by step")
{
    application app{100, 20ms};
    adaptive_limit limit{usual(), 1000, app.now};
    CHECK(limit.limit() == 8);
    app.run(limit, 100ms);
    CHECK(limit.limit() == 8); // the measurement, and no step yet
    app.run(limit, 300ms);
    auto const soon = limit.limit();
    CHECK(soon > 8);
    CHECK(soon < 30);
    app.run(limit, 3s);
    CHECK(limit.limit() >= 100);
}

TEST_CASE("adaptive_limit: an application that becomes slower is asked for less, and for more when it has recovered")
{
    application app{100, 20ms};
    adaptive_limit limit{usual(), 1000, app.now};
    app.run(limit, 10s);
    CHECK(limit.limit() >= 100);
    app.bears = 10;
    app.run(limit, 10s);
    CHECK(limit.limit() <= 30);
    app.bears = 100;
    app.run(limit, 10s);
    CHECK(limit.limit() >= 100);
}

TEST_CASE("adaptive_limit: the base is measured anew, with few requests under way, and does not creep up under load")
{
    application app{20, 20ms};
    adaptive_limit limit{usual(), 1000, app.now};
    std::size_t measured = 0;
    for (int i = 0; i < 600; ++i) {
        app.run(limit, 1s);
        if (limit.limit() > 8) CHECK(limit.limit() <= 50);
    }
    for (int i = 0; i < 6200 && measured == 0; ++i) {
        app.run(limit, 10ms);
        measured += limit.limit() == 8 ? 1 : 0;
    }
    CHECK(measured == 1);
    app.run(limit, 2s);
    CHECK(limit.limit() >= 20);
}

TEST_CASE("adaptive_limit: what began before a measurement tells nothing about it")
{
    steady_time const now{1000s};
    adaptive_limit limit{{8, 50, 60s}, 100, now};
    for (int i = 0; i < 100; ++i) limit.replied(5s, 8, now + 1s);
    CHECK(limit.limit() == 8);
    // The base is a millisecond: replies after ten of them are far too slow, and half of the limit goes at each step.
    for (int i = 0; i < 16; ++i) limit.replied(1ms, 8, now + 2s);
    for (int step = 1; step <= 20; ++step)
        for (int i = 0; i < 16; ++i) limit.replied(1ms, 100, now + 2s + step * 100ms);
    CHECK(limit.limit() == 100);
    for (int i = 0; i < 16; ++i) limit.replied(10ms, 100, now + 5s);
    CHECK(limit.limit() == 60);
}

TEST_CASE("adaptive_limit: it does not grow for those who ask for less")
{
    application app{100, 20ms};
    adaptive_limit limit{usual(), 1000, app.now};
    app.run(limit, 20s, 3);
    CHECK(limit.limit() == 8);
    app.run(limit, 20s, 20);
    CHECK(limit.limit() >= 20);
    CHECK(limit.limit() <= 50);
}
