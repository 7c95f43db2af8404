#include "gateway/app/clock_skew.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::app;

TEST_CASE("clock skew: what tokens are allowed is not worth a word")
{
    CHECK(say_skew(milliseconds{0}, seconds{30}).empty());
    CHECK(say_skew(milliseconds{30'000}, seconds{30}).empty());
    CHECK(say_skew(milliseconds{-30'000}, seconds{30}).empty());
}

TEST_CASE("clock skew: beyond that it says by how much, and what comes of it")
{
    CHECK(
        say_skew(milliseconds{3'600'400}, seconds{30}) ==
        "the clock here is 3600 s ahead of the database's, more than tokens.clock_skew (30 s): access tokens are refused here before"
        " their end");
    CHECK(
        say_skew(milliseconds{-30'600}, seconds{30}) ==
        "the clock here is 31 s behind the database's, more than tokens.clock_skew (30 s): access tokens are accepted here beyond"
        " their end");
}
