#include "gateway/rewriting/cookie_path.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace yett::rewriting;

namespace {

std::string told(char const* set_cookie, prefix_change const& prefixes)
{
    return with_path_undone(set_cookie, prefixes).value_or("as it is");
}

} // namespace

TEST_CASE("cookie_path: a path that the application names is the one that clients know")
{
    prefix_change const of{"/api", "/v1"};
    struct
    {
        char const* what;
        char const* sent;
        char const* told;
    } const rows[] = {
        {"below", "a=1; Path=/v1/x", "a=1; Path=/api/x"},
        {"all of it", "a=1; Path=/", "a=1; Path=/api"},
        {"in the middle", "a=1; Secure; path=/v1; HttpOnly", "a=1; Secure; path=/api; HttpOnly"},
        {"without blanks", "a=1;PATH=/v1/x;Secure", "a=1;PATH=/api/x;Secure"},
        {"with more of them", "a=1;  Path =\t/v1/x ; Secure", "a=1;  Path =\t/api/x ; Secure"},
        {"twice: browsers take the last", "a=1; Path=/v1/x; Path=/v1/y", "a=1; Path=/api/x; Path=/api/y"},
        {"beside the application's", "a=1; Path=/other", "as it is"},
        {"none: made of what was asked for", "a=1; Secure", "as it is"},
        {"an empty one, too", "a=1; Path=; Secure", "as it is"},
        {"one in quotes is none", "a=1; Path=\"/v1\"", "as it is"},
        {"a word without a value", "a=1; Path", "as it is"},
        {"in the value", "a=Path=/v1", "as it is"},
        {"in a name", "a=1; XPath=/v1", "as it is"},
        {"a name that is bound to the root", "__Host-a=1; Secure; Path=/", "as it is"},
        {"in any case", "__HOST-a=1; Secure; Path=/", "as it is"},
        {"with another prefix", "__Secure-a=1; Secure; Path=/", "__Secure-a=1; Secure; Path=/api"},
        {"nothing at all", "", "as it is"},
        {"a semicolon alone", ";", "as it is"},
    };
    for (auto const& row : rows) {
        CAPTURE(row.what);
        CHECK(told(row.sent, of) == row.told);
    }
}

TEST_CASE("cookie_path: a prefix that was added and nothing else")
{
    prefix_change const of{"", "/v1"};
    CHECK(told("a=1; Path=/v1", of) == "a=1; Path=/");
    CHECK(told("a=1; Path=/v1/b; Secure", of) == "a=1; Path=/b; Secure");
    CHECK(told("a=1; Path=/v2", of) == "as it is");
    CHECK(told("a=1; Path=/", prefix_change{}) == "as it is");
}
