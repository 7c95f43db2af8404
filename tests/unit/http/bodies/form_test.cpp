#include "gateway/http/bodies/form.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace yett::http;

TEST_CASE("form: what a part stands for")
{
    struct
    {
        char const* part;
        char const* text; // null: malformed
    } const rows[] = {
        {"", ""},         {"abc", "abc"},         {"a+b", "a b"},    {"a%20b", "a b"}, {"a%2Bb", "a+b"},
        {"%41%61", "Aa"}, {"%c3%a9", "\xc3\xa9"}, {"%25", "%"},      {"a%", nullptr},  {"a%4", nullptr},
        {"%zz", nullptr}, {"%4g", nullptr},       {"%%41", nullptr}, {"%26%3D", "&="}, {"+%2B+", " + "},
    };
    for (auto const& row : rows) {
        CAPTURE(row.part);
        auto const text = form_decoded(row.part);
        CHECK(text.has_value() == (row.text != nullptr));
        if (text && row.text) CHECK(*text == row.text);
    }
    CHECK(form_decoded("a%00b") == std::string{"a\0b", 3});
}

TEST_CASE("form: an escape with another mark")
{
    CHECK(unescaped("a|20b", '|') == "a b");
    CHECK(unescaped("a%20b", '|') == "a%20b");
    CHECK_FALSE(unescaped("a|2", '|'));
    CHECK_FALSE(unescaped("|", '|'));
}

TEST_CASE("form: the value of the first member of a name")
{
    struct
    {
        char const* form;
        char const* name;
        char const* value; // null: nothing
    } const rows[] = {
        {"a=1", "a", "1"},     {"a=1&b=2", "b", "2"},   {"a=1&a=2", "a", "1"},   {"a", "a", ""},
        {"a=", "a", ""},       {"", "a", nullptr},      {"b=1", "a", nullptr},   {"ab=1", "a", nullptr},
        {"a=b=c", "a", "b=c"}, {"%61=1", "a", "1"},     {"a=%zz", "a", nullptr}, {"&&a=1", "a", "1"},
        {"=1&a=2", "a", "2"},  {"x=%zz&a=2", "a", "2"}, {"a+b=1", "a b", "1"},   {"A=1", "a", nullptr},
    };
    for (auto const& row : rows) {
        CAPTURE(row.form);
        auto const value = form_value(row.form, row.name);
        CHECK(value.has_value() == (row.value != nullptr));
        if (value && row.value) CHECK(*value == row.value);
    }
}

TEST_CASE("form: what is UTF-8 and what is not (RFC 3629)")
{
    for (auto const* text : {"", "abc", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
                             "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "a\xc3\xa9z"}) {
        CAPTURE(text);
        CHECK(is_utf8(text));
    }
    for (auto const* text :
         {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x20", "\xe0\x9f\xbf", "\xe0\xa0", "\xed\xa0\x80", "\xed\xbf\xbf",
          "\xe1\x80\x20", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf1\x80\x80", "\xff", "\xfe", "a\xc3"}) {
        CAPTURE(text);
        CHECK_FALSE(is_utf8(text));
    }
    CHECK_MESSAGE(is_utf8(std::string{"a\0b", 3}), "a NUL is a character like others here");
}
