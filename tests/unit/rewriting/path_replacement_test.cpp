#include "gateway/rewriting/path_replacement.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace yett;
using yett::rewriting::path_replacement;

namespace {

std::string replaced(std::string const& from, std::string const& to, std::string const& path)
{
    auto const made = path_replacement::from(from, to);
    if (!made) return "refused: " + made.error().note();
    auto const out = made->of(path);
    return out ? *out : "failed: " + out.error().note();
}

} // namespace

TEST_CASE("path_replacement: every match is replaced")
{
    struct
    {
        char const* from;
        char const* to;
        char const* path;
        char const* made;
    } const rows[] = {
        {"^/old/", "/new/", "/old/a/old/b", "/new/a/old/b"},
        {"^/users/([^/]+)/posts$", "/posts/by/\\1", "/users/ada/posts", "/posts/by/ada"},
        {"^/users/([^/]+)/posts$", "/posts/by/\\1", "/users/ada/posts/1", "/users/ada/posts/1"},
        {"^/(a)/(b)$", "/\\2/\\1\\0", "/a/b", "/b/a/a/b"},
        {"-", "_", "/a-b-c", "/a_b_c"},
        {"/x", "", "/x/x/a", "/a"},
        {"(?i)^/API", "/api", "/Api/X", "/api/X"},
        {"^", "/v1", "/a", "/v1/a"},
        {"/?$", "/", "/a", "/a/"},
        {"/?$", "/", "/a/", "/a/"},
        {"x*", "-", "/axb", "-/-a-b-"}, // as RE2::GlobalReplace does
        {"%20", "-", "/a%20b", "/a-b"},
        {"\\.", "%2E", "/a.b", "/a%2Eb"},
        {".*", "/", "", "/"},
        {"nothing", "/", "/a", "/a"},
    };
    for (auto const& row : rows) {
        CAPTURE(std::string{row.from});
        CHECK(replaced(row.from, row.to, row.path) == row.made);
    }
}

TEST_CASE("path_replacement: expressions that cannot be, and what cannot stand in a path")
{
    struct
    {
        std::string from;
        std::string to;
        char const* why;
    } const rows[] = {
        {"", "", "is empty"},
        {"(", "", "is no regular expression of RE2: missing ): ("},
        {"a**", "", "is no regular expression of RE2: bad repetition operator: **"},
        {"(a)\\1", "", "is no regular expression of RE2: invalid escape sequence: \\1"},
        {"(?=a)", "", "is no regular expression of RE2: invalid perl operator: (?="},
        {"a{1001}", "", "is no regular expression of RE2: invalid repetition size: {1001}"},
        {"(ab?c?d?){250}", "", "is too large an expression"},
        {std::string(513, 'a'), "", "is longer than 512 bytes"},
        {"a b", "", "holds what no path holds"},
        {"\xc3\xa4", "", "holds what no path holds"},
        {"a\n", "", "holds what no path holds"},
        {"a", std::string(513, 'a'), "is longer than 512 bytes"},
        {"a", "\\x", "holds a backslash that is none of"},
        {"a", "\\", "holds a backslash that is none of"},
        {"a", "/b?c=d", "holds more than a path: the query stays as it came"},
        {"a", "/b#c", "holds more than a path"},
        {"a", "%", "holds a '%' without two hexadecimal digits"},
        {"a", "%2", "holds a '%' without two hexadecimal digits"},
        {"a", "%zz", "holds a '%' without two hexadecimal digits"},
        {"a", "b c", "holds what a path has to escape"},
        {"a", "b\r\nX: y", "holds what a path has to escape"},
        {"a", "\xc3\xa4", "holds what a path has to escape"},
        {"a", "{path}", "holds what a path has to escape"},
        {"a", "\\1", "names group 1, and the expression has 0"},
        {"(a)(b)", "\\3", "names group 3, and the expression has 2"},
    };
    for (auto const& row : rows) {
        CAPTURE(row.from.substr(0, 20));
        CAPTURE(row.to.substr(0, 20));
        auto const said = replaced(row.from, row.to, "/");
        CHECK_MESSAGE(said.find(std::string{"refused: "} + row.why) == 0, said);
        CHECK(path_replacement::from(row.from, row.to).error() == errc::bad_request);
    }
}

TEST_CASE("path_replacement: the outcome is bounded, whatever a path brings")
{
    CHECK(replaced("a", "b", "/" + std::string(64, 'a')) == "/" + std::string(64, 'b'));
    CHECK(replaced("a", "b", "/" + std::string(65, 'a')) == "failed: more than 64 matches");
    std::string ten;
    for (int i = 0; i < 10; ++i) ten += "\\0";
    CHECK(replaced("^.*$", ten, "/" + std::string(8 * 1024, 'a')) == "failed: too long a path");
    CHECK(replaced("^.*$", ten, "/a") == "/a/a/a/a/a/a/a/a/a/a");
}

TEST_CASE("path_replacement: a copy replaces as the first one did")
{
    auto const first = *path_replacement::from("a", "b");
    auto const second = first;
    CHECK(*second.of("/a") == "/b");
    CHECK(*first.of("/a") == "/b");
}
