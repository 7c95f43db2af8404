#include "gateway/base/rfc3339.hpp"

#include <doctest/doctest.h>

using namespace yett;

TEST_CASE("rfc3339: times are written in UTC and read with fractions and offsets")
{
    wall_time const noon{seconds{1'580'472'000}};
    CHECK(rfc3339(noon) == "2020-01-31T12:00:00Z");
    CHECK(rfc3339(noon + milliseconds{999}) == "2020-01-31T12:00:00Z");
    CHECK(read_rfc3339("2020-01-31T12:00:00Z") == noon);
    CHECK(read_rfc3339("2020-01-31T12:00:00.5Z") == noon + milliseconds{500});
    CHECK(read_rfc3339("2020-01-31T12:00:00.123456Z") == noon + milliseconds{123});
    CHECK(read_rfc3339("2020-01-31T14:30:00+02:30") == noon);
    CHECK(read_rfc3339("2020-01-31T10:00:00-02:00") == noon);
}

TEST_CASE("rfc3339: what is no time is none")
{
    for (auto const* const each :
         {"", "Z", "2020-01-31", "2020-01-31T12:00:00", "2020-01-31 12:00:00Z", "2020-02-30T12:00:00Z", "2020-01-31T24:00:00Z",
          "2020-01-31T12:60:00Z", "2020-01-31T12:00:00.Z", "2020-01-31T12:00:00z", "2020-01-31T12:00:00+0200",
          "2020-01-31T12:00:00ZZ", "20x0-01-31T12:00:00Z", "1580472000"}) {
        CAPTURE(each);
        CHECK_FALSE(read_rfc3339(each));
    }
}
