// The contract of the port `counters`, in each place where is counted.
#include "tests/support/proof.hpp"
#include "tests/unit/storage/redis/limits/counting.hpp"

#include <doctest/doctest.h>

#include <random>
#include <thread>

using namespace yett;
using namespace yett::limits;
using namespace std::chrono_literals;
using tests::counting;
using tests::wherever_is_counted;
using enum counting_algorithm;

namespace {

limit_spec burst_of(std::uint32_t burst, limit_spec spec)
{
    spec.burst = burst;
    return spec;
}

// One charge and what is said to it; times in order.
struct row
{
    nanoseconds at;
    bool allowed;
    std::uint32_t remaining;
    nanoseconds reset;
    nanoseconds retry_after;
    std::uint32_t cost = 1;
};

void hold(limit const& of, std::vector<row> const& rows)
{
    wherever_is_counted([&](counting& place) {
        for (auto const& each : rows) {
            CAPTURE(each.at.count());
            auto const v = place.spend({&of, "k", at(each.at), each.cost});
            CHECK(v.allowed == each.allowed);
            CHECK(v.remaining == each.remaining);
            CHECK(v.reset == each.reset);
            CHECK(v.retry_after == each.retry_after);
        }
    });
}

} // namespace

TEST_CASE("counters: a window lets its amount through in any period of its length")
{
    hold(limit{a_limit(3, 60s)}, {{0s, true, 2, 60s, 0s},
                                  {1s, true, 1, 60s, 0s},
                                  {2s, true, 0, 60s, 0s},
                                  {3s, false, 0, 59s, 57s},
                                  {60s - 1us, false, 0, 2s + 1us, 1us},
                                  {60s, true, 0, 60s, 0s},
                                  {60s, false, 0, 60s, 1s},
                                  {61s, true, 0, 60s, 0s},
                                  {300s, true, 2, 60s, 0s}});
    hold(limit{a_limit(3, 60s)}, {{0s, true, 1, 60s, 0s, 2},
                                  {1s, false, 1, 59s, 59s, 2},
                                  {1s, true, 0, 60s, 0s},
                                  {2s, false, 0, 59s, 60s, 4}}); // never: the period is as good as any
}

TEST_CASE("counters: a time before the newest event counts as that event's")
{
    hold(limit{a_limit(2, 60s)},
         {{10s, true, 1, 60s, 0s}, {9s, true, 0, 61s, 0s}, {69s, false, 0, 1s, 1s}, {70s, true, 1, 60s, 0s}});
}

TEST_CASE("counters: gcra keeps its rate, lets its burst through at once, and rounds as nobody would notice")
{
    hold(limit{a_limit(10, 1s, gcra)}, {{0s, true, 9, 100ms, 0s},
                                        {0s, true, 4, 600ms, 0s, 5},
                                        {0s, false, 4, 600ms, 100ms, 5},
                                        {100ms, true, 0, 1s, 0s, 5},
                                        {199999us, false, 0, 900001us, 1us},
                                        {200ms, true, 0, 1s, 0s},
                                        {10s, true, 9, 100ms, 0s},
                                        {10s, false, 9, 100ms, 1s, 11}});
    // 3 a second: 333,333,334 ns each.
    hold(limit{burst_of(2, a_limit(3, 1s, gcra))}, {{0s, true, 1, 333333334ns, 0s},
                                                    {0s, true, 0, 666666668ns, 0s},
                                                    {333333us, false, 0, 333333668ns, 334ns},
                                                    {333334us, true, 0, 666666002ns, 0s}});
}

TEST_CASE("counters: a backoff is a window that never shuts for good")
{
    hold(limit{a_limit(2, 15min, backoff)}, {{0s, true, 1, 15min, 0s},
                                             {1s, true, 0, 15min, 0s},
                                             {2s, false, 0, 15min - 1s, 59s},
                                             {61s, true, 0, 17min, 0s},
                                             {62s, false, 0, 17min - 1s, 2min - 1s},
                                             {181s, true, 0, 19min, 0s},
                                             {182s, false, 0, 19min - 1s, 4min - 1s},
                                             {181s + 19min, true, 1, 15min, 0s}});
}

TEST_CASE("counters: keys and limits are counted apart")
{
    wherever_is_counted([](counting& place) {
        limit const one{named("one", a_limit(1, 1min))}, other{named("other", a_limit(1, 1min))},
            changed{named("one", a_limit(2, 1min))};
        for (auto const* of : {&one, &other, &changed})
            for (std::string const key : {"a", "b", ""}) {
                CHECK(place.spend({of, key, at(0s)}).allowed);
                CHECK(place.spend({of, key, at(1s)}).allowed == (of == &changed));
            }
    });
}

TEST_CASE("counters: a list is answered in its order, each as if it were alone")
{
    wherever_is_counted([](counting& place) {
        limit const narrow{named("narrow", a_limit(1, 1min))}, wide{named("wide", a_limit(2, 1min, gcra))};
        std::vector<charge> const list{
            {&narrow, "k", at(0s)}, {&narrow, "k", at(0s)}, {&wide, "k", at(0s)}, {&wide, "l", at(0s)}};
        auto const told = place.spend(list);
        REQUIRE(told.size() == 4);
        CHECK(told[0].allowed);
        CHECK_FALSE(told[1].allowed);
        CHECK(told[2].remaining == 1);
        CHECK(told[3].remaining == 1);
        CHECK(place.spend(std::vector<charge>{}).empty());
    });
}

TEST_CASE("counters: what is given back can be spent again, once, and what was never there is not missed")
{
    wherever_is_counted([](counting& place) {
        for (auto const how : {window, gcra}) {
            limit const of{a_limit(2, 1min, how)};
            place.spend({&of, "k", at(0s)});
            auto const second = place.spend({&of, "k", at(1s)});
            REQUIRE(second.allowed);
            CHECK_FALSE(place.spend({&of, "k", at(2s)}).allowed);
            place.settle({&of, "k", at(2s)}, second.stamp, charge_end::given_back);
            CHECK(place.spend({&of, "k", at(2s)}).allowed);
            CHECK_FALSE(place.spend({&of, "k", at(2s)}).allowed);
            place.settle({&of, "never seen", at(2s)}, second.stamp, charge_end::given_back);
            CHECK(place.spend({&of, "never seen", at(2s)}).remaining == 1);
            // All of it has been forgotten.
            place.settle({&of, "k", at(1h)}, second.stamp, charge_end::given_back);
            CHECK(place.spend({&of, "k", at(1h)}).remaining == 1);
        }
    });
}

TEST_CASE("counters: a pause that was no guess may be used again at once")
{
    wherever_is_counted([](counting& place) {
        limit const of{a_limit(2, 15min, backoff)};
        for (int i = 0; i < 2; ++i) REQUIRE(place.spend({&of, "k", at(0s)}).allowed);
        auto const paused = place.spend({&of, "k", at(1min)});
        REQUIRE(paused.allowed);
        CHECK_FALSE(place.spend({&of, "k", at(1min)}).allowed);
        place.settle({&of, "k", at(1min)}, paused.stamp, charge_end::given_back);
        CHECK(place.spend({&of, "k", at(1min)}).allowed);
        CHECK(place.spend({&of, "k", at(1min)}).retry_after == 2min);
    });
}

// Whatever comes, in whatever order: the same answers, to the nanosecond.
TEST_CASE("counters: a hundred thousand requests are decided alike in memory and in Redis")
{
    std::vector<std::unique_ptr<limit const>> limits;
    auto const add = [&](char const* name, limit_spec spec) {
        limits.push_back(std::make_unique<limit const>(named(name, spec)));
    };
    add("window", a_limit(5, 10s));
    add("wide_window", a_limit(120, 1min));
    add("rate", a_limit(7, 1s, gcra));
    add("rate_with_burst", burst_of(20, a_limit(3, 1s, gcra)));
    add("guesses", a_limit(4, 5min, backoff));

    auto const size = tests::size_of_proof({20231114, 2000});
    std::mt19937 random{size.seed};
    tests::in_memory here;
    tests::in_redis there;
    constexpr int each_list = 50;
    auto const lists = static_cast<int>(size.rounds);
    auto now = at(0s);
    int allowed = 0, different = 0;
    for (int i = 0; i < lists; ++i) {
        std::vector<std::string> keys(each_list);
        std::vector<charge> list;
        for (auto& key : keys) {
            auto const& of = *limits[random() % limits.size()];
            key = std::to_string(random() % (of.algorithm() == backoff ? 3 : 9));
            now += std::chrono::microseconds{random() % 3 == 0 ? 0 : random() % 60'000};
            list.push_back({&of, key, now, random() % 20 == 0 ? 2u : 1u});
        }
        auto const a = here.spend(list), b = there.spend(list);
        for (std::size_t n = 0; n < list.size(); ++n) {
            auto const alike = a[n].allowed == b[n].allowed && a[n].remaining == b[n].remaining && a[n].reset == b[n].reset &&
                               a[n].retry_after == b[n].retry_after;
            if (!alike && ++different == 1) {
                CAPTURE(i * each_list + static_cast<int>(n));
                CAPTURE(list[n].of->name());
                CHECK(a[n].allowed == b[n].allowed);
                CHECK(a[n].remaining == b[n].remaining);
                CHECK(a[n].reset == b[n].reset);
                CHECK(a[n].retry_after == b[n].retry_after);
            }
            if (!a[n].allowed || !b[n].allowed) continue;
            ++allowed;
            if (random() % 8 != 0) continue;
            list[n].now = now;
            here.settle(list[n], a[n].stamp, charge_end::given_back);
            there.settle(list[n], b[n].stamp, charge_end::given_back);
        }
    }
    CHECK(different == 0);
    CHECK(allowed > lists * each_list / 10);
    CHECK(allowed < lists * each_list * 9 / 10);
}
