#include "gateway/base/text/rfc3339.hpp"

#include "tests/support/time_zone.hpp"

#include <doctest/doctest.h>

using namespace yett;

namespace {

wall_time const noon{seconds{1'580'472'000}};

struct reading
{
    char const* text;
    wall_time at;
};

} // namespace

TEST_CASE("rfc3339: times are written in UTC, rounded down to the second")
{
    CHECK(rfc3339(noon) == "2020-01-31T12:00:00Z");
    CHECK(rfc3339(noon + milliseconds{999}) == "2020-01-31T12:00:00Z");
    CHECK(rfc3339(wall_time{}) == "1970-01-01T00:00:00Z");
    CHECK(rfc3339(wall_time{milliseconds{-1}}) == "1969-12-31T23:59:59Z");
    CHECK(rfc3339(wall_time{seconds{1'709'164'800}}) == "2024-02-29T00:00:00Z");
}

TEST_CASE("rfc3339: a form is filled in, and what is none of its gaps stays")
{
    CHECK(utc_text(noon, "%a, %d %b %Y %H:%M:%S GMT") == "Fri, 31 Jan 2020 12:00:00 GMT");
    CHECK(utc_text(noon, "%d.%m.%Y") == "31.01.2020");
    CHECK(utc_text(noon, "100%% am %d.") == "100% am 31.");
    CHECK(utc_text(noon, "%") == "%");
    CHECK(utc_text(noon, "").empty());
}

TEST_CASE("rfc3339: times are read with fractions and offsets")
{
    for (auto const& [text, at] :
         {reading{"2020-01-31T12:00:00Z", noon}, reading{"2020-01-31T12:00:00.5Z", noon + milliseconds{500}},
          reading{"2020-01-31T12:00:00.123456Z", noon + milliseconds{123}}, reading{"2020-01-31T14:30:00+02:30", noon},
          reading{"2020-01-31T10:00:00-02:00", noon}, reading{"2020-01-31t12:00:00z", noon},
          reading{"2020-01-31T11:59:60Z", noon}}) {
        CAPTURE(text);
        CHECK(read_time(text) == at);
    }
}

TEST_CASE("rfc3339: PostgreSQL's timestamps are read, and siblings: MySQL's, SQL Server's, Rails', spreadsheets'")
{
    for (auto const& [text, at] :
         {reading{"2020-01-31 12:00:00+00", noon}, reading{"2020-01-31 12:00:00.123456+00", noon + milliseconds{123}},
          reading{"2020-01-31 17:30:00+05:30", noon}, reading{"2020-01-31 08:30:00.5-03:30", noon + milliseconds{500}},
          reading{"2020-01-31 12:53:28+00:53:28", noon}, reading{"2020-01-31 12:00:00", noon},
          reading{"2020-01-31T12:00:00.000", noon}, reading{"2020-01-31T14:00:00+0200", noon},
          reading{"2020-01-31 12:00:00.1230000 +00:00", noon + milliseconds{123}}, reading{"2020-01-31 12:00:00 UTC", noon},
          reading{"2020-01-31 13:00:00 +0100", noon}, reading{"2020-01-31 12:00", noon},
          reading{"2020-01-31", noon - std::chrono::hours{12}}}) {
        CAPTURE(text);
        CHECK(read_time(text) == at);
    }
}

TEST_CASE("rfc3339: what is no time is none, nor what two people read in two ways")
{
    for (auto const* const each : {"",
                                   "Z",
                                   "2020-01",
                                   "20200131T120000Z",
                                   "2020-02-30T12:00:00Z",
                                   "2020-01-31T24:00:00Z",
                                   "2020-01-31T12:60:00Z",
                                   "2020-01-31T12:00:61Z",
                                   "2020-01-31T12:00:00.Z",
                                   "2020-01-31T12:00:00ZZ",
                                   "20x0-01-31T12:00:00Z",
                                   "1580472000",
                                   "31.01.2020 12:00",
                                   "1/31/2020 12:00",
                                   "01/02/2020",
                                   "2020-01-31T",
                                   "2020-01-31 ",
                                   "2020-01-31T12",
                                   "2020-01-31_12:00:00",
                                   "2020-01-31 12:00:00 ",
                                   "2020-01-31 12:00:00+1",
                                   "2020-01-31 12:00:00+01:60",
                                   "2020-01-31 12:00:00+24",
                                   "infinity",
                                   "2020-01-31 12:00:00 CET",
                                   "2020-01-31 12:00:00+00 BC",
                                   "2020-01-31 12:00:00 AM",
                                   "null"}) {
        CAPTURE(each);
        CHECK_FALSE(read_time(each));
    }
}

TEST_CASE("rfc3339: the time zone of the machine has no say, on both sides of a change of clocks")
{
    tests::beside_changes_of_clocks([](std::int64_t at, std::string_view utc) {
        auto const written = rfc3339(from_unix(at));
        CHECK(written == std::string{utc.substr(0, 10)} + "T" + std::string{utc.substr(11)} + "Z");
        CHECK(read_time(written) == from_unix(at));
        CHECK(read_time(utc) == from_unix(at));
        CHECK(read_time(std::string{utc} + "+00") == from_unix(at));
        CHECK(utc_text(from_unix(at), "%H:%M") == utc.substr(11, 5));
    });
}
