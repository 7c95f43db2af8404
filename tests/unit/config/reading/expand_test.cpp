#include "config/reading/expand.hpp"

#include "tests/support/print.hpp"
#include "tests/unit/config/world.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::config;

TEST_CASE("expand: variables are filled in once")
{
    tests::world const around{{{"A", "1"}, {"B", ""}, {"C", "${A}$$"}, {"_x9", "y"}}, {}};
    auto const env = around.environment();
    for (auto const& [text, value] : {std::pair{"", ""},
                                      {"plain", "plain"},
                                      {"${A}", "1"},
                                      {"<${A}${A}>", "<11>"},
                                      {"${_x9}", "y"},
                                      {"${B}", ""},
                                      {"${B:-d}", "d"},
                                      {"${N:-d}", "d"},
                                      {"${N:-}", ""},
                                      {"${A:-d}", "1"},
                                      {"${N:-a:-b}", "a:-b"},
                                      {"${N:-{}", "{"},
                                      {"${N:-${A}}", "${A}"},
                                      {"${C}", "${A}$$"},
                                      {"$$", "$"},
                                      {"$${A}", "${A}"},
                                      {"$$$$", "$$"},
                                      {"$$$${A}", "$${A}"},
                                      {"$$${A}", "$1"},
                                      {"US$ 5", "US$ 5"},
                                      {"$A", "$A"},
                                      {"5$", "5$"},
                                      {"}", "}"}}) {
        CAPTURE(text);
        auto const got = expand(text, env);
        REQUIRE(got);
        CHECK(*got == value);
    }
}

TEST_CASE("expand: what is missing or no variable is refused")
{
    tests::world const around;
    auto const env = around.environment();
    for (auto const& [text, word] : {std::pair{"${N}", "variable N,"},
                                     {"a${N}b", "variable N,"},
                                     {"${}", "no variable"},
                                     {"${1}", "no variable"},
                                     {"${A B}", "no variable"},
                                     {"${A-b}", "no variable"},
                                     {"${A:b}", "no variable"},
                                     {"${:-b}", "no variable"},
                                     {"${A", "no variable"},
                                     {"${", "no variable"},
                                     {"${é}", "no variable"}}) {
        CAPTURE(text);
        auto const got = expand(text, env);
        REQUIRE(!got);
        CHECK(got.error().note().find(word) != std::string::npos);
    }
}
