#include "gateway/upstream/load/retry_budget.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::upstream;
using namespace std::chrono_literals;

namespace {

constexpr steady_time noon{36000s};

// How many of so many wishes are granted at one moment.
unsigned granted(retry_budget& b, unsigned wishes, steady_time at)
{
    unsigned got = 0;
    for (unsigned i = 0; i < wishes; ++i) got += b.take(at) ? 1 : 0;
    return got;
}

void ask(retry_budget& b, unsigned requests, steady_time at)
{
    for (unsigned i = 0; i < requests; ++i) b.count_request(at);
}

} // namespace

TEST_CASE("retry_budget: a share of the requests of ten seconds, and a few besides")
{
    struct
    {
        char const* what;
        retry_budget_options options;
        unsigned requests;
        unsigned granted;
    } const rows[] = {
        {"nobody asked: the few", {20, 3, 1s}, 0, 30},
        {"a fifth, and the few", {20, 3, 1s}, 1000, 230},
        {"all of the requests", {100, 1, 1s}, 500, 510},
        {"no share: the few alone", {0, 2, 1s}, 1000, 20},
        {"one in four seconds, rounded down", {0, 1, 4s}, 100, 2},
        {"less than one in ten seconds is none", {0, 1, 1h}, 100, 0},
        {"less than one, with a share: together they are one", {1, 1, 20s}, 50, 1},
    };
    for (auto const& row : rows) {
        CAPTURE(row.what);
        retry_budget b{row.options};
        ask(b, row.requests, noon);
        CHECK(granted(b, 2000, noon) == row.granted);
        CHECK_FALSE(b.has_room(noon));
    }
}

TEST_CASE("retry_budget: what is spent comes back when its ten seconds are over, and what is not used lapses")
{
    struct
    {
        char const* what;
        milliseconds later;
        unsigned granted;
    } const rows[] = {
        {"at once", 0ms, 0},
        {"nine seconds later", 9s, 0},
        {"ten seconds later", 10s, 30},
        {"a minute later: no more than ten seconds are worth", 1min, 30},
        {"a day later", 24h, 30},
    };
    for (auto const& row : rows) {
        CAPTURE(row.what);
        retry_budget b{{20, 3, 1s}};
        ask(b, 100, noon);
        CHECK(granted(b, 100, noon) == 50);
        CHECK(granted(b, 100, noon + row.later) == row.granted);
    }
}

TEST_CASE("retry_budget: under steady failure it stays at its share")
{
    retry_budget b{{20, 3, 1s}};
    unsigned all = 0;
    for (int i = 0; i < 60 * 300; ++i) {
        auto const at = noon + i * 1s / 300;
        b.count_request(at);
        auto const got = b.take(at);
        if (i >= 20 * 300) all += got ? 1 : 0;
    }
    // 40 seconds of 300 requests: a fifth of them, and three a second; a window that has just begun is a second short.
    CHECK(all <= 40 * 63);
    CHECK(all >= 40 * 55);
}

TEST_CASE("retry_budget: a look spends nothing")
{
    retry_budget b{{0, 1, 10s}};
    for (int i = 0; i < 5; ++i) CHECK(b.has_room(noon));
    CHECK(b.take(noon));
    CHECK_FALSE(b.has_room(noon));
    CHECK_FALSE(b.take(noon));
}
