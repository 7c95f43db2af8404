#include "gateway/upstream/streams/interim_replies.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace std::chrono_literals;
using upstream::interim_replies;

TEST_CASE("interim_replies: each begins the timeout anew, for ten times as long in all")
{
    interim_replies seen;
    steady_time const begin{1000s};
    for (auto const at : {0ms, 700ms, 8900ms, 9000ms}) CHECK(seen.one_more(begin + at, 1s) == 1s);
    CHECK(seen.one_more(begin + 9400ms, 1s) == 600ms);
    CHECK(seen.one_more(begin + 10s, 1s) == 0ms);
    CHECK(seen.one_more(begin + 1h, 1s) == 0ms);
}

TEST_CASE("interim_replies: there is a rate and no number that is too many")
{
    interim_replies burst;
    steady_time const begin{1000s};
    for (int i = 0; i < 64; ++i) CHECK(burst.one_more(begin, 60s));
    CHECK_FALSE(burst.one_more(begin, 60s));

    interim_replies steady;
    for (int second = 0; second < 300; ++second)
        for (int i = 0; i < 16; ++i) CHECK(steady.one_more(begin + seconds{second}, 60s));
}
