#include "gateway/base/text/wildcard.hpp"

#include <doctest/doctest.h>

using namespace yett;

TEST_CASE("wildcard: a star stands for any text, everything else for itself")
{
    for (auto const& [text, pattern] : std::initializer_list<std::pair<char const*, char const*>>{{"", ""},
                                                                                                  {"", "*"},
                                                                                                  {"a", "a"},
                                                                                                  {"a", "*"},
                                                                                                  {"abc", "a*c"},
                                                                                                  {"ac", "a*c"},
                                                                                                  {"abcbc", "a*bc"},
                                                                                                  {"a*c", "a*c"},
                                                                                                  {"abab", "*ab"},
                                                                                                  {"x", "**"}})
        CHECK_MESSAGE(fits_pattern(text, pattern), text, " ", pattern);
    for (auto const& [text, pattern] : std::initializer_list<std::pair<char const*, char const*>>{
             {"a", ""}, {"", "a"}, {"ab", "a"}, {"A", "a"}, {"abc", "a*b"}, {"ab", "*a"}, {"a.c", "a?c"}, {"ac", "a*b*c"}})
        CHECK_MESSAGE(!fits_pattern(text, pattern), text, " ", pattern);
}
