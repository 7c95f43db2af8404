#include "gateway/pages/language.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace yett::pages;

TEST_CASE("language: the reader's favourite of those there are")
{
    struct row
    {
        char const* accept;
        language expected;
    };
    constexpr auto en = language::english;
    constexpr auto de = language::german;
    constexpr row rows[] = {
        {"", en},
        {"de", de},
        {"DE-at", de},
        {"de-DE,de;q=0.9,en;q=0.8", de},
        {"en-GB,en;q=0.9,de;q=0.8", en},
        {"fr,de;q=0.5,en;q=0.4", de},
        {"fr, *;q=0.5", en},
        {"en;q=0.5, de;q=0.500", en},
        {"en;q=0.5, de;q=0.501", de},
        {"de;q=0", en},
        {"de;q=0.000, en;q=0.001", en},
        {"de;q=x", en},
        {"de;q=", en},
        {"de;q=1.0", de},
        {"de;level=1", en},
        {"den", en},
        {"d", en},
        {"deutsch, de-", de},
        {",,;;=,q=1,\tde", de},
        {"de;q=0.5;q=1", de},
        {"\xff\xfe", en},
    };
    for (auto const& each : rows) CHECK_MESSAGE(preferred_language(each.accept) == each.expected, std::string{each.accept});
}

TEST_CASE("language: every language has its tag")
{
    CHECK(tag_of(language::english) == "en");
    CHECK(tag_of(language::german) == "de");
}
