#include "gateway/limits/memory_counters.hpp"
#include "tests/unit/limits/limits.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace yett;
using namespace yett::limits;
using namespace std::chrono_literals;

// What a counter says, charge by charge: the numbers that clients read in RateLimit and Retry-After.

namespace {

struct charged
{
    nanoseconds at;
    std::uint32_t cost;
    bool allowed;
    std::uint32_t remaining;
    nanoseconds reset;
    nanoseconds retry_after;
};

void check_trace(limit_spec const& spec, std::vector<charged> const& rows)
{
    memory_counters counting{options_of(8u << 20)};
    limit const of{spec};
    for (auto const& row : rows) {
        CAPTURE(row.at.count() / 1'000'000);
        charge const what{&of, "key", at(row.at), row.cost};
        auto const v = counting.spend(what);
        CHECK(v.allowed == row.allowed);
        CHECK(v.remaining == row.remaining);
        CHECK(v.reset == row.reset);
        CHECK(v.retry_after == row.retry_after);
    }
}

limit_spec bucket(std::uint32_t amount, nanoseconds period, std::uint32_t burst)
{
    auto spec = a_limit(amount, period, counting_algorithm::gcra);
    spec.burst = burst;
    return spec;
}

} // namespace

TEST_CASE("trace: a window of three in ten seconds")
{
    check_trace(a_limit(3, 10s), {
                                     {0s, 1, true, 2, 10s, 0s},
                                     {2s, 1, true, 1, 10s, 0s},
                                     {4s, 1, true, 0, 10s, 0s},
                                     {5s, 1, false, 0, 9s, 5s},
                                     {9s, 1, false, 0, 5s, 1s},
                                     {10s, 1, true, 0, 10s, 0s},
                                     {11s, 1, false, 0, 9s, 1s},
                                     {12s, 1, true, 0, 10s, 0s},
                                     {13s, 2, false, 0, 9s, 7s},
                                     {14s, 1, true, 0, 10s, 0s},
                                     {40s, 1, true, 2, 10s, 0s},
                                 });
}

TEST_CASE("trace: charges of several at once, which pass whole or not at all")
{
    check_trace(a_limit(5, 10s), {
                                     {0s, 3, true, 2, 10s, 0s},
                                     {1s, 3, false, 2, 9s, 9s},
                                     {1s, 2, true, 0, 10s, 0s},
                                     {2s, 1, false, 0, 9s, 8s},
                                     {2s, 6, false, 0, 9s, 10s},
                                     {10s, 3, true, 0, 10s, 0s},
                                     {11s, 3, false, 2, 9s, 9s},
                                     {11s, 2, true, 0, 10s, 0s},
                                 });
}

TEST_CASE("trace: a steady rate of one a second with a burst of three")
{
    check_trace(bucket(1, 1s, 3), {
                                      {0s, 1, true, 2, 1s, 0s},
                                      {0s, 1, true, 1, 2s, 0s},
                                      {0s, 1, true, 0, 3s, 0s},
                                      {0s, 1, false, 0, 3s, 1s},
                                      {500ms, 1, false, 0, 2500ms, 500ms},
                                      {1s, 1, true, 0, 3s, 0s},
                                      {1s, 2, false, 0, 3s, 2s},
                                      {3s, 2, true, 0, 3s, 0s},
                                      {4s, 4, false, 1, 2s, 3s},
                                      {60s, 3, true, 0, 3s, 0s},
                                  });
}

TEST_CASE("trace: a rate that divides its period into halves keeps them")
{
    check_trace(bucket(2, 1s, 1), {
                                      {0s, 1, true, 0, 500ms, 0s},
                                      {499ms, 1, false, 0, 1ms, 1ms},
                                      {500ms, 1, true, 0, 500ms, 0s},
                                      {750ms, 1, false, 0, 250ms, 250ms},
                                      {2s, 1, true, 0, 500ms, 0s},
                                  });
}

TEST_CASE("trace: two failures in ten minutes, then pauses of a minute, two, four")
{
    check_trace(on_failures(a_limit(2, 10min, counting_algorithm::backoff)), {
                                                                                 {0s, 1, true, 1, 10min, 0s},
                                                                                 {0s, 1, true, 0, 10min, 0s},
                                                                                 {0s, 1, false, 0, 10min, 1min},
                                                                                 {1min, 1, true, 0, 12min, 0s},
                                                                                 {1min, 1, false, 0, 12min, 2min},
                                                                                 {2min, 1, false, 0, 11min, 1min},
                                                                                 {3min, 1, true, 0, 14min, 0s},
                                                                                 {4min, 1, false, 0, 13min, 3min},
                                                                                 {7min, 1, true, 0, 18min, 0s},
                                                                                 {25min, 1, true, 1, 10min, 0s},
                                                                             });
}

TEST_CASE("trace: what is given back is as if it had never been, for every algorithm")
{
    auto const kinds = {a_limit(3, 10s), bucket(1, 1s, 3), on_failures(a_limit(3, 10min, counting_algorithm::backoff))};
    for (auto const& spec : kinds) {
        memory_counters counting{options_of(8u << 20)};
        limit const of{spec};
        auto const ask = [&](nanoseconds now) { return counting.spend({&of, "key", at(now)}); };
        for (int round = 0; round < 50; ++round) {
            auto const v = ask(0s);
            REQUIRE(v.allowed);
            CHECK(v.remaining == 2);
            counting.give_back({&of, "key", at(0s)}, v.stamp);
        }
        for (int left = 2; left >= 0; --left) CHECK(ask(0s).remaining == static_cast<std::uint32_t>(left));
        CHECK_FALSE(ask(0s).allowed);
    }
}
