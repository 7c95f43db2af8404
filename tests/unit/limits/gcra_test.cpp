#include "gateway/limits/gcra.hpp"

#include <doctest/doctest.h>

#include <random>

using namespace yett::limits;

namespace {

constexpr gcra five_at_once{nanoseconds{100}, 5};

} // namespace

TEST_CASE("gcra: a burst passes at once, then one an interval")
{
    tick state = 0;
    for (std::uint32_t left = 5; left-- > 0;) {
        auto const v = five_at_once.spend(state, 0, 1);
        CHECK(v.allowed);
        CHECK(v.remaining == left);
    }
    CHECK_FALSE(five_at_once.spend(state, 0, 1).allowed);
    CHECK_FALSE(five_at_once.spend(state, 99, 1).allowed);
    CHECK(five_at_once.spend(state, 100, 1).allowed);
    CHECK_FALSE(five_at_once.spend(state, 100, 1).allowed);
}

TEST_CASE("gcra: retry_after is the first moment at which the charge passes")
{
    std::mt19937 random{42};
    tick state = 0, now = 0;
    int refused = 0;
    for (int i = 0; i < 20'000; ++i) {
        now += static_cast<tick>(random() % 150);
        auto const cost = 1 + random() % 3;
        auto const before = state;
        auto const v = five_at_once.spend(state, now, static_cast<std::uint32_t>(cost));
        if (v.allowed) continue;
        ++refused;
        REQUIRE(state == before);
        auto const then = now + v.retry_after.count();
        REQUIRE(five_at_once.look(state, then, static_cast<std::uint32_t>(cost)).allowed);
        REQUIRE_FALSE(five_at_once.look(state, then - 1, static_cast<std::uint32_t>(cost)).allowed);
    }
    CHECK(refused > 1000);
}

TEST_CASE("gcra: however long the run, no more pass than the rate and one burst allow")
{
    std::mt19937 random{7};
    tick state = 0, now = 0;
    std::int64_t passed = 0;
    for (int i = 0; i < 50'000; ++i) {
        now += static_cast<tick>(random() % 60);
        passed += five_at_once.spend(state, now, 1).allowed;
        REQUIRE(passed <= now / 100 + 5);
    }
    CHECK(passed > now / 100 - 5);
}

TEST_CASE("gcra: a clock that stands still lets one burst pass, ever")
{
    tick state = 0;
    int passed = 0;
    for (int i = 0; i < 1000; ++i) passed += five_at_once.spend(state, 0, 1).allowed;
    CHECK(passed == 5);
}

TEST_CASE("gcra: after a gap of centuries there is one burst and no more")
{
    tick state = 0;
    constexpr tick late = tick{1} << 62;
    int passed = 0;
    for (int i = 0; i < 10; ++i) passed += five_at_once.spend(state, late, 1).allowed;
    CHECK(passed == 5);
}

TEST_CASE("gcra: a clock that steps back lets nothing extra pass")
{
    tick state = 0;
    for (int i = 0; i < 5; ++i) five_at_once.spend(state, 1000, 1);
    auto const back = five_at_once.spend(state, 500, 1);
    CHECK_FALSE(back.allowed);
    CHECK(back.remaining == 0);
    CHECK(back.retry_after == nanoseconds{600});
}

TEST_CASE("gcra: a charge beyond the burst is never allowed")
{
    tick state = 0;
    CHECK_FALSE(five_at_once.spend(state, 0, 6).allowed);
    CHECK_FALSE(five_at_once.spend(state, 0, 4'000'000'000u).allowed);
    CHECK(five_at_once.spend(state, 0, 5).allowed);
}

TEST_CASE("gcra: giving back returns only what has not been earned back since")
{
    struct
    {
        tick when;
        tick state_after;
    } const rows[] = {
        {0, 0},     // all of it
        {40, 40},   // 60 of 100
        {100, 100}, // nothing
        {5000, 100},
    };
    for (auto const& row : rows) {
        CAPTURE(row.when);
        tick state = 0;
        auto const v = five_at_once.spend(state, 0, 1);
        five_at_once.give_back(state, v.stamp, row.when, 1);
        CHECK(state == row.state_after);
    }
}

TEST_CASE("gcra: giving back a charge that was earned back does not pay for a later one")
{
    tick state = 0;
    auto const old = five_at_once.spend(state, 0, 1);
    for (int i = 0; i < 5; ++i) CHECK(five_at_once.spend(state, 1000, 1).allowed);
    five_at_once.give_back(state, old.stamp, 1000, 1);
    CHECK_FALSE(five_at_once.spend(state, 1000, 1).allowed);
}
