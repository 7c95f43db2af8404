#include "gateway/pages/texts.hpp"
#include "gateway/pages/wording.hpp"
#include "tests/support/time_zone.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

using namespace yett;
using namespace yett::pages;

constexpr auto en = language::english;
constexpr auto de = language::german;

TEST_CASE("wording: how long ago, in the largest unit that fits")
{
    CHECK(ago(seconds{-5}, en) == "just now");
    CHECK(ago(seconds{59}, en) == "just now");
    CHECK(ago(seconds{60}, en) == "a minute ago");
    CHECK(ago(seconds{119}, en) == "a minute ago");
    CHECK(ago(seconds{120}, en) == "2 minutes ago");
    CHECK(ago(seconds{3599}, de) == "vor 59 Minuten");
    CHECK(ago(seconds{3600}, de) == "vor einer Stunde");
    CHECK(ago(seconds{86399}, en) == "23 hours ago");
    CHECK(ago(seconds{86400}, en) == "a day ago");
    CHECK(ago(seconds{30 * 86400}, de) == "vor 30 Tagen");
}

TEST_CASE("wording: a wait is rounded up")
{
    CHECK(wait_of(seconds{0}, en) == "a second");
    CHECK(wait_of(seconds{59}, en) == "59 seconds");
    CHECK(wait_of(seconds{60}, en) == "a minute");
    CHECK(wait_of(seconds{61}, en) == "2 minutes");
    CHECK(wait_of(seconds{900}, de) == "15 Minuten");
    CHECK(wait_of(seconds{3601}, de) == "2 Stunden");
}

TEST_CASE("wording: a day is written as its readers write it")
{
    wall_time const at{std::chrono::sys_days{std::chrono::year{2026} / 11 / 3}.time_since_epoch() + std::chrono::hours{23}};
    CHECK(date_of(at, en) == "03 Nov 2026");
    CHECK(date_of(at, de) == "03.11.2026");
}

TEST_CASE("wording: a day is that of UTC wherever the machine stands")
{
    tests::beside_changes_of_clocks([](std::int64_t at, std::string_view utc) {
        CHECK(date_of(from_unix(at), de).substr(0, 2) == utc.substr(8, 2));
        CHECK(date_of(from_unix(at), en).substr(0, 2) == utc.substr(8, 2));
    });
}

TEST_CASE("texts: every text stands there once, in both languages, with the same gaps")
{
    std::set<std::string_view> keys;
    for (auto const& each : texts()) {
        CHECK_MESSAGE(keys.insert(each.key).second, each.key);
        CHECK_MESSAGE(!each.english.empty(), each.key);
        CHECK_MESSAGE(!each.german.empty(), each.key);
        CHECK_MESSAGE(each.english.find_first_of("<>&") == std::string_view::npos, each.key);
        CHECK_MESSAGE(each.german.find_first_of("<>&") == std::string_view::npos, each.key);
        auto const gaps = [](std::string_view text) { return std::ranges::count(text, '{'); };
        CHECK_MESSAGE(gaps(each.english) == gaps(each.german), each.key);
    }
    CHECK(text_of("email", de) == "E-Mail-Adresse");
    CHECK(text_of("nothing of the kind", en).empty());
}
