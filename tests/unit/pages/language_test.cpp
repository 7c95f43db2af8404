#include "gateway/pages/language.hpp"

#include <doctest/doctest.h>

using namespace yett::pages;

TEST_CASE("language: readers get German when they like it better, and English otherwise")
{
    CHECK(language_for("de-AT,de;q=0.9,en;q=0.8") == language::german);
    CHECK(language_for("fr,de;q=0.5,en;q=0.4") == language::german);
    CHECK(language_for("en-GB,en;q=0.9,de;q=0.8") == language::english);
    CHECK(language_for("fr") == language::english);
    CHECK(language_for("") == language::english);
    CHECK(language_for("\xff;q=;,,") == language::english);
}

TEST_CASE("language: every language has its tag")
{
    CHECK(tag_of(language::english) == "en");
    CHECK(tag_of(language::german) == "de");
}
