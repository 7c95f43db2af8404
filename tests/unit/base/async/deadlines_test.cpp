#include "gateway/base/async/deadlines.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <random>
#include <vector>

using namespace yett;
using namespace std::chrono_literals;

namespace {

constexpr steady_time start{1000s};

struct counted
{
    int calls = 0;
    deadlines::entry entry{[this] { ++calls; }};
};

} // namespace

TEST_CASE("deadlines: an entry fires at the first tick at or after its time, once")
{
    deadlines wheel{start};
    counted c;
    wheel.arm(c.entry, start + 1s);
    wheel.tick(start + 999ms);
    CHECK(c.calls == 0);
    CHECK(c.entry.armed());
    wheel.tick(start + 1s);
    CHECK(c.calls == 1);
    CHECK_FALSE(c.entry.armed());
    wheel.tick(start + 10s);
    CHECK(c.calls == 1);
}

TEST_CASE("deadlines: arm_after counts from the last tick and never fires early")
{
    deadlines wheel{start};
    counted c;
    wheel.tick(start + 250ms);
    wheel.arm_after(c.entry, 1000ms);
    wheel.tick(start + 1250ms);
    CHECK(c.calls == 0);
    wheel.tick(start + 1500ms);
    CHECK(c.calls == 1);
}

TEST_CASE("deadlines: a disarmed or destroyed entry never fires")
{
    deadlines wheel{start};
    counted c;
    auto gone = std::make_unique<counted>();
    wheel.arm(c.entry, start + 1s);
    wheel.arm(gone->entry, start + 1s);
    c.entry.disarm();
    c.entry.disarm();
    gone.reset();
    wheel.tick(start + 2s);
    CHECK(c.calls == 0);
}

TEST_CASE("deadlines: a time may be moved both ways")
{
    deadlines wheel{start};
    counted later, sooner;
    wheel.arm(later.entry, start + 1s);
    wheel.arm(later.entry, start + 5s);
    wheel.arm(sooner.entry, start + 5s);
    wheel.arm(sooner.entry, start + 1s);
    wheel.tick(start + 1s);
    CHECK(sooner.calls == 1);
    CHECK(later.calls == 0);
    wheel.tick(start + 4750ms);
    CHECK(later.calls == 0);
    wheel.tick(start + 5s);
    CHECK(later.calls == 1);
}

TEST_CASE("deadlines: times beyond a turn of the wheel and in the past are kept")
{
    deadlines wheel{start};
    counted far, past;
    wheel.arm(far.entry, start + 1h);
    wheel.arm(past.entry, start - 1h);
    for (auto at = start; at < start + 1h; at += 250ms) wheel.tick(at);
    CHECK(past.calls == 1);
    CHECK(far.calls == 0);
    wheel.tick(start + 1h);
    CHECK(far.calls == 1);
}

TEST_CASE("deadlines: a late ticker misses nothing")
{
    deadlines wheel{start};
    std::vector<std::unique_ptr<counted>> all;
    for (int i = 0; i < 3000; ++i) {
        all.push_back(std::make_unique<counted>());
        wheel.arm(all.back()->entry, start + i * 100ms);
    }
    wheel.tick(start + 300s);
    for (auto const& c : all) CHECK(c->calls == 1);
}

TEST_CASE("deadlines: a callback may arm itself, and waits for the next tick")
{
    deadlines wheel{start};
    int calls = 0;
    std::optional<deadlines::entry> e;
    e.emplace([&] {
        ++calls;
        wheel.arm(*e, start);
    });
    wheel.arm(*e, start);
    wheel.tick(start + 250ms);
    CHECK(calls == 1);
    wheel.tick(start + 500ms);
    CHECK(calls == 2);
}

TEST_CASE("deadlines: a callback may destroy its neighbours in the same tick")
{
    deadlines wheel{start};
    std::vector<std::unique_ptr<counted>> others;
    for (int i = 0; i < 4; ++i) others.push_back(std::make_unique<counted>());
    int calls = 0;
    deadlines::entry killer{[&] {
        ++calls;
        others.clear();
    }};
    wheel.arm(killer, start + 1s);
    for (auto& o : others) wheel.arm(o->entry, start + 1s);
    wheel.tick(start + 1s);
    CHECK(calls == 1);
    CHECK(others.empty());
}

TEST_CASE("deadlines: entries outlive the wheel disarmed")
{
    counted c;
    {
        deadlines wheel{start};
        wheel.arm(c.entry, start + 1s);
    }
    CHECK_FALSE(c.entry.armed());
}

TEST_CASE("deadlines: random use never fires early, twice or more than a step late")
{
    struct watched
    {
        std::optional<steady_time> due;
        steady_time now{};
        int wrong = 0;
        deadlines::entry entry{[this] {
            wrong += !due || now < *due || now >= *due + 500ms;
            due.reset();
        }};
    };
    std::mt19937 random{7};
    deadlines wheel{start};
    std::vector<watched> all(200);
    auto now = start;
    for (int round = 0; round < 4000; ++round) {
        now += milliseconds{1 + random() % 250};
        for (auto& w : all) w.now = now;
        wheel.tick(now);
        for (int i = 0; i < 20; ++i) {
            auto& w = all[random() % all.size()];
            if (random() % 4 == 0) {
                w.due.reset();
                w.entry.disarm();
            } else {
                w.due = now + milliseconds{1 + random() % (round % 2 ? 2000 : 200000)};
                wheel.arm(w.entry, *w.due);
            }
        }
    }
    for (auto const& w : all) {
        CHECK(w.wrong == 0);
        CHECK((!w.due || *w.due + 500ms > now));
    }
}
