#include "gateway/base/text/blanks.hpp"

#include <doctest/doctest.h>

#include <string>

using yett::without_blanks;

TEST_CASE("blanks: what nobody sees is taken off both ends")
{
    CHECK(without_blanks("q@example.test ") == "q@example.test");
    CHECK(without_blanks("\xc2\xa0q@example.test\xc2\xa0") == "q@example.test");
    CHECK(without_blanks("\xe2\x80\x8bq@example.test\xe2\x80\x8b") == "q@example.test");
    CHECK(without_blanks("yl1_abc\r\n") == "yl1_abc");
}

TEST_CASE("blanks: however many and in whatever order they come (sibling)")
{
    CHECK(without_blanks(" \t\xe2\x80\x8b \xef\xbb\xbf"
                         "a b\xe3\x80\x80\n\xe2\x81\xa0 ") == "a b");
    CHECK(without_blanks(" \xc2\xa0\n") == "");
    CHECK(without_blanks("") == "");
}

TEST_CASE("blanks: nothing inside and nothing that can be seen is touched (sibling)")
{
    for (std::string const text : {"a\xc2\xa0"
                                   "b",
                                   "\xc3\xa0", "a\xe2\x80\x90", "\xa0", "\xc2"})
        CHECK(without_blanks(text) == text);
}
