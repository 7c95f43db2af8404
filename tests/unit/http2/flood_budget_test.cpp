#include "gateway/http2/flood_budget.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::http2;

namespace {

steady_time at(double second)
{
    return steady_time{} + std::chrono::milliseconds{static_cast<long>(second * 1000)};
}

// How many of a kind pass when one comes every so many seconds, up to a bound.
unsigned passing(nuisance what, double apart, unsigned bound)
{
    flood_budget budget;
    for (unsigned i = 0; i < bound; ++i)
        if (!budget.note(what, at(100 + i * apart))) return i;
    return bound;
}

} // namespace

TEST_CASE("rate_window: counts the last ten seconds and forgets the rest")
{
    rate_window window;
    CHECK(window.add(at(5)) == 1);
    CHECK(window.add(at(5.9)) == 2);
    CHECK(window.add(at(14.5)) == 3);
    CHECK(window.add(at(15)) == 2); // the first second has left as a whole
    CHECK(window.add(at(300)) == 1);
    CHECK(window.add(at(301)) == 2);
    window.forget();
    CHECK(window.add(at(301)) == 1);
}

TEST_CASE("flood_budget: a hundred of each kind within ten seconds are too many")
{
    struct
    {
        nuisance what;
        double apart;
        unsigned pass;
    } const rows[] = {
        {nuisance::early_reset, 0, 99},     {nuisance::early_reset, 0.08, 99},    {nuisance::early_reset, 0.12, 5000},
        {nuisance::forced_reset, 0.01, 99}, {nuisance::forced_reset, 0.12, 5000}, {nuisance::ping, 0.05, 99},
        {nuisance::ping, 1, 5000},          {nuisance::idle, 0.001, 999},         {nuisance::idle, 0.012, 5000},
    };
    for (auto const& row : rows) {
        CAPTURE(static_cast<int>(row.what));
        CAPTURE(row.apart);
        CHECK(passing(row.what, row.apart, 5000) == row.pass);
    }
}

TEST_CASE("flood_budget: kinds are counted apart")
{
    flood_budget budget;
    for (unsigned i = 0; i < flood_budget::most - 1; ++i) {
        REQUIRE(budget.note(nuisance::early_reset, at(1)));
        REQUIRE(budget.note(nuisance::forced_reset, at(1)));
        REQUIRE(budget.note(nuisance::ping, at(1)));
    }
    CHECK_FALSE(budget.note(nuisance::early_reset, at(1)));
}

TEST_CASE("flood_budget: pings and idle frames belong to the work between them, resets do not")
{
    flood_budget budget;
    for (int round = 0; round < 50; ++round) {
        for (unsigned i = 0; i < flood_budget::most - 1; ++i) REQUIRE(budget.note(nuisance::ping, at(1)));
        for (unsigned i = 0; i < flood_budget::most_idle - 1; ++i) REQUIRE(budget.note(nuisance::idle, at(1)));
        budget.was_useful();
    }
    for (unsigned i = 0; i < flood_budget::most - 1; ++i) {
        REQUIRE(budget.note(nuisance::forced_reset, at(1)));
        budget.was_useful();
    }
    CHECK_FALSE(budget.note(nuisance::forced_reset, at(1)));
}
