#include "gateway/limits/window.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <random>
#include <vector>

using namespace yett::limits;

namespace {

struct counter
{
    explicit counter(std::size_t amount, tick period) : ring(amount), length{period} {}

    window view() { return {ring, at, nanoseconds{length}}; }

    std::vector<tick> ring;
    window::position at;
    tick length;
};

// Keeps everything and counts again each time.
struct naive_log
{
    bool allows(tick now, std::size_t cost) const
    {
        auto const live = std::count_if(events.begin(), events.end(), [&](tick t) { return t > now - length && t <= now; });
        return static_cast<std::size_t>(live) + cost <= amount;
    }

    std::vector<tick> events;
    std::size_t amount;
    tick length;
};

} // namespace

TEST_CASE("window: five in a period pass, the sixth waits until the first is forgotten")
{
    counter c{5, 100};
    for (tick t : {0, 10, 20, 30, 40}) CHECK(c.view().spend(t, 1).allowed);
    auto const refused = c.view().spend(50, 1);
    CHECK_FALSE(refused.allowed);
    CHECK(refused.remaining == 0);
    CHECK(refused.retry_after == nanoseconds{50});
    CHECK(refused.reset == nanoseconds{90});
    CHECK_FALSE(c.view().spend(99, 1).allowed);
    CHECK(c.view().spend(100, 1).allowed);
    CHECK_FALSE(c.view().spend(109, 1).allowed);
}

TEST_CASE("window: a clock that stands still lets no more than the amount pass, ever")
{
    counter c{5, 100};
    int passed = 0;
    for (int i = 0; i < 1000; ++i) passed += c.view().spend(7, 1).allowed;
    CHECK(passed == 5);
}

TEST_CASE("window: a clock that steps back counts as standing still")
{
    counter c{2, 100};
    CHECK(c.view().spend(1000, 1).allowed);
    CHECK(c.view().spend(900, 1).allowed);
    CHECK_FALSE(c.view().spend(950, 1).allowed);
    CHECK(c.view().spend(950, 1).retry_after == nanoseconds{150});
    CHECK_FALSE(c.view().spend(1099, 1).allowed);
    CHECK(c.view().spend(1100, 1).allowed);
}

TEST_CASE("window: after a gap of centuries everything is forgotten")
{
    counter c{3, 100};
    for (int i = 0; i < 3; ++i) CHECK(c.view().spend(0, 1).allowed);
    auto const late = c.view().spend(tick{1} << 62, 1);
    CHECK(late.allowed);
    CHECK(late.remaining == 2);
}

TEST_CASE("window: a charge counts as often as it costs, and one too large is never allowed")
{
    counter c{5, 100};
    CHECK(c.view().spend(0, 3).remaining == 2);
    auto const refused = c.view().spend(10, 4);
    CHECK_FALSE(refused.allowed);
    CHECK(refused.retry_after == nanoseconds{90});
    CHECK(c.view().spend(10, 2).allowed);
    CHECK(c.view().look(20, 4).retry_after == nanoseconds{90});
    CHECK_FALSE(c.view().spend(1000, 6).allowed);
    CHECK(c.view().spend(1000, 6).retry_after == nanoseconds{100});
    CHECK_FALSE(c.view().spend(1000, 4'000'000'000u).allowed);
}

TEST_CASE("window: what is given back is the very event, not another one")
{
    counter c{3, 100};
    auto const first = c.view().spend(0, 1);
    c.view().spend(50, 1);
    c.view().spend(90, 1);
    c.view().give_back(first.stamp, 1);
    CHECK(c.view().spend(95, 1).allowed);
    // Had the event of 90 gone instead, there would be room again at 100.
    CHECK_FALSE(c.view().spend(101, 1).allowed);
    CHECK(c.view().spend(150, 1).allowed);
}

TEST_CASE("window: giving back what was never spent, or was forgotten, changes nothing")
{
    counter c{2, 100};
    c.view().spend(10, 1);
    c.view().spend(20, 1);
    c.view().give_back(15, 1);
    CHECK_FALSE(c.view().spend(30, 1).allowed);
    c.view().give_back(20, 5);
    CHECK(c.view().look(30, 1).remaining == 1);
    c.view().give_back(20, 1);
    CHECK(c.view().look(30, 1).remaining == 1);
    c.view().give_back(10, 1);
    CHECK(c.view().look(30, 1).remaining == 2);
    CHECK(c.view().look(30, 1).reset == nanoseconds{0});
    CHECK(c.view().expires(30) == 30);
}

TEST_CASE("window: agrees with a log of everything, over random times, costs and returns")
{
    std::mt19937 random{4711};
    int refused = 0, allowed = 0;
    for (std::size_t const amount : {1u, 2u, 5u, 7u, 40u}) {
        counter c{amount, 1000};
        naive_log log{{}, amount, 1000};
        std::deque<tick> given_out;
        tick now = 0;
        for (int i = 0; i < 20'000; ++i) {
            auto const step = random() % 10;
            now += step < 4 ? 0 : step < 9 ? static_cast<tick>(random() % (2000 / amount)) : static_cast<tick>(random() % 1500);
            auto const cost = 1 + random() % 8 / 7;
            auto const expected = log.allows(now, cost);
            auto const looked = c.view().look(now, static_cast<std::uint32_t>(cost));
            auto const v = c.view().spend(now, static_cast<std::uint32_t>(cost));
            REQUIRE(looked.allowed == expected);
            REQUIRE(v.allowed == expected);
            if (v.allowed) {
                log.events.insert(log.events.end(), cost, now);
                if (cost == 1) given_out.push_back(v.stamp);
            } else if (cost <= amount) {
                REQUIRE(log.allows(now + v.retry_after.count(), cost));
                REQUIRE_FALSE(log.allows(now + v.retry_after.count() - 1, cost));
            }
            (v.allowed ? allowed : refused) += 1;
            if (!given_out.empty() && random() % 4 == 0) {
                auto const stamp = given_out[random() % given_out.size()];
                auto const event = std::find(log.events.begin(), log.events.end(), stamp);
                if (event != log.events.end()) log.events.erase(event);
                c.view().give_back(stamp, 1);
                std::erase(given_out, stamp);
            }
            if (log.events.size() > 200) log.events.erase(log.events.begin(), log.events.end() - 100);
        }
        // The promise itself: no stretch of a period's length holds more than the amount.
        std::sort(log.events.begin(), log.events.end());
        for (std::size_t i = amount; i < log.events.size(); ++i) REQUIRE(log.events[i] - log.events[i - amount] >= 1000);
    }
    CHECK(refused > 10'000);
    CHECK(allowed > 10'000);
}
