#include "gateway/http/field_list.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace yett::http;

namespace {

// The elements, with a bar between them.
std::string elements_of(std::string_view list)
{
    std::string all;
    while (auto const each = next_element(list)) all.append(all.empty() ? "" : "|").append(*each);
    return all;
}

} // namespace

TEST_CASE("field_list: elements without their blanks, and none that is empty")
{
    struct
    {
        char const* list;
        char const* elements;
    } const rows[] = {
        {"", ""},
        {"a", "a"},
        {"a,b", "a|b"},
        {"a, b", "a|b"},
        {" a\t,\tb ", "a|b"},
        {",a", "a"},
        {"a,", "a"},
        {"a,,b", "a|b"},
        {", ,\t,", ""},
        {"a b, c", "a b|c"},
        {"\"a,b\"", "\"a|b\""},
        {"close, TE", "close|TE"},
        {"a;q=1, b;q=0", "a;q=1|b;q=0"},
    };
    for (auto const& row : rows) {
        CAPTURE(row.list);
        CHECK(elements_of(row.list) == row.elements);
    }
}

TEST_CASE("field_list: a word is there in any case, and only as a whole element")
{
    struct
    {
        char const* list;
        char const* word;
        bool there;
    } const rows[] = {
        {"close", "close", true},           {"Close", "close", true},      {"keep-alive, CLOSE", "close", true},
        {"closed", "close", false},         {"not-close", "close", false}, {"", "close", false},
        {"close;x", "close", false},        {"a,close ,b", "close", true}, {"clo se", "close", false},
        {"gzip, chunked", "chunked", true},
    };
    for (auto const& row : rows) {
        CAPTURE(row.list);
        CHECK(list_has(row.list, row.word) == row.there);
    }
}

TEST_CASE("field_list: blanks and tabs alone are trimmed")
{
    struct
    {
        char const* text;
        char const* trimmed;
    } const rows[] = {{"", ""}, {" ", ""}, {"\t a \t", "a"}, {"a b", "a b"}, {"\r\na\r\n", "\r\na\r\n"}, {"\va", "\va"}};
    for (auto const& row : rows) CHECK(trimmed(row.text) == row.trimmed);
}
