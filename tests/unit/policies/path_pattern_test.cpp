#include "policies/path_pattern.hpp"

#include <doctest/doctest.h>

using namespace yett::policies;

TEST_CASE("path_pattern: exact, prefix and segment patterns match what they say")
{
    struct
    {
        char const* pattern;
        char const* path;
        bool matches;
    } const rows[] = {
        {"/", "/", true},
        {"/", "/a", false},
        {"/a/b", "/a/b", true},
        {"/a/b", "/a/b/", false},
        {"/a/b", "/a/B", false},
        {"/a/b/", "/a/b/", true},
        {"/a/b/", "/a/b", false},
        {"/**", "/", true},
        {"/**", "/a/b/c", true},
        {"/a/**", "/a", true},
        {"/a/**", "/a/", true},
        {"/a/**", "/a/b/c", true},
        {"/a/**", "/ab", false},
        {"/a/**", "/", false},
        {"/{id}", "/x", true},
        {"/{id}", "/", false},
        {"/{id}", "/x/", false},
        {"/{id}", "/x/y", false},
        {"/users/{id}/posts", "/users/7/posts", true},
        {"/users/{id}/posts", "/users//posts", false},
        {"/users/{id}/posts", "/users/7/8/posts", false},
        {"/users/{id}/posts", "/users/7/posts/", false},
        {"/users/{id}/", "/users/7/", true},
        {"/users/{id}/", "/users/7", false},
        {"/users/{id}/**", "/users/7", true},
        {"/users/{id}/**", "/users/7/", true},
        {"/users/{id}/**", "/users/7/a/b", true},
        {"/users/{id}/**", "/users", false},
        {"/users/{id}/**", "/users/", false},
        {"/a%2Fb", "/a%2Fb", true},
        {"/a%2Fb", "/a/b", false},
        {"/**", "*", false},
        {"/**", "", false},
    };
    for (auto const& row : rows) {
        CAPTURE(row.pattern);
        CAPTURE(row.path);
        auto const pattern = path_pattern::from(row.pattern);
        REQUIRE(pattern.has_value());
        CHECK(pattern->matches(row.path) == row.matches);
    }
}

TEST_CASE("path_pattern: what no request could match is refused with a reason")
{
    struct
    {
        char const* pattern;
        char const* reason;
    } const rows[] = {
        {"", "begins with '/'"},
        {"a/b", "begins with '/'"},
        {"/a//b", "'//' cannot stand"},
        {"//", "'//' cannot stand"},
        {"//**", "'//' cannot stand"},
        {"/a//**", "'//' cannot stand"},
        {"/a/../b", "dot segments"},
        {"/a/.", "dot segments"},
        {"/a*", "'*' has a meaning"},
        {"/*/b", "'*' has a meaning"},
        {"/**/b", "'*' has a meaning"},
        {"/a/b**", "'*' has a meaning"},
        {"/{}", "braces"},
        {"/{id", "braces"},
        {"/id}", "braces"},
        {"/{i-d}", "braces"},
        {"/v{id}", "braces"},
        {"/a?b=c", "path alone"},
        {"/a#b", "path alone"},
        {"/a b", "percent-encode"},
        {"/a;b", "';' cannot stand in a rule: a request with it is refused, or goes by the rule that all readings"},
        {"/a\\b", "'\\' cannot stand in a rule"},
        {"/caf\xc3\xa9", "percent-encode"},
        {"/a\"b", "percent-encode"},
        {"/<a", "percent-encode"},
        {"/a>", "percent-encode"},
        {"/a[0]", "percent-encode"},
        {"/]", "percent-encode"},
        {"/a^b/**", "percent-encode"},
        {"/`", "percent-encode"},
        {"/a|b", "percent-encode"},
        {"/%41", "write 'A' instead of '%41'"},
        {"/%7E", "write '~'"},
        {"/%2f", "upper case"},
        {"/%C", "two hexadecimal digits"},
        {"/%", "two hexadecimal digits"},
        {"/%zz", "two hexadecimal digits"},
        {"/%5C", "'%5C' cannot stand in a rule"},
        {"/%3B", "'%3B' cannot stand in a rule"},
        {"/100%25/**", "'%25' cannot stand in a rule"},
        {"/a;b/**", "end the path before it with \"/**\""},
        {"/%00", "always refused"},
        {"/%0A", "always refused"},
        {"/%7F", "always refused"},
    };
    for (auto const& row : rows) {
        CAPTURE(row.pattern);
        auto const pattern = path_pattern::from(row.pattern);
        REQUIRE_FALSE(pattern.has_value());
        CAPTURE(pattern.error().note());
        CHECK(pattern.error().note().find(row.reason) != std::string::npos);
    }
}

// The sentence is for those who wrote the rule because such requests exist.
TEST_CASE("path_pattern, sibling: only of what no setting lets through it is said that it is always refused")
{
    for (auto const* passes : {"/a//b", "//**", "/a;b", "/a\\b", "/%25", "/%3B", "/%5C", "/caf\xc3\xa9", "/a b"})
        CHECK_MESSAGE(path_pattern::from(passes).error().note().find("always") == std::string::npos, passes);
    for (auto const* never : {"/%00", "/%1F", "/%7F"})
        CHECK_MESSAGE(path_pattern::from(never).error().note().find("always refused") != std::string::npos, never);
}

TEST_CASE("path_pattern: characters outside ASCII are matched in their escaped form")
{
    auto const pattern = path_pattern::from("/caf%C3%A9/**");
    REQUIRE(pattern.has_value());
    CHECK(pattern->matches("/caf%C3%A9/menu"));
    CHECK_FALSE(pattern->has_encoded_slash());
}

TEST_CASE("path_pattern: a pattern of more than 64 segments is refused")
{
    std::string longest;
    for (int i = 0; i < 64; ++i) longest += "/a";
    CHECK(path_pattern::from(longest).has_value());
    CHECK_FALSE(path_pattern::from(longest + "/a").has_value());
}

TEST_CASE("path_pattern: without regard to case, letters that count as ASCII ones included")
{
    auto const pattern = path_pattern::from("/Admin/{id}/Kiss/**", true);
    REQUIRE(pattern.has_value());
    for (auto const* path : {"/admin/X/kiss", "/ADMIN/x/KISS/", "/adm%C4%B1n/x/k%C4%B0ss", "/admin/x/%E2%84%AAis%C5%BF/more"})
        CHECK_MESSAGE(pattern->matches(path), path);
    for (auto const* path : {"/admin//kiss", "/admi/x/kiss", "/%C3%A1dmin/x/kiss"})
        CHECK_FALSE_MESSAGE(pattern->matches(path), path);
    CHECK(pattern->spelled_out() == "/Admin");
    CHECK(folded_path("/A%2FB%C3%89") == "/a%2fb%c3%89");
    CHECK_FALSE(path_pattern::from("/admin")->matches("/ADMIN"));
}

TEST_CASE("path_pattern: what it spells out ends at the first name")
{
    CHECK(path_pattern::from("/a%20b/c/**")->spelled_out() == "/a%20b/c");
    CHECK(path_pattern::from("/a/{id}/c")->spelled_out() == "/a");
    CHECK(path_pattern::from("/{id}/c")->spelled_out().empty());
    CHECK(path_pattern::from("/**")->spelled_out().empty());
}

TEST_CASE("path_pattern: a pattern reaches below a folder where it has segments left for what is in it")
{
    struct
    {
        char const* pattern;
        char const* folder;
        bool reaches;
    } const rows[] = {
        {"/a/b", "/a", true},     {"/a/b", "/a/", true},   {"/a/b/**", "/", true},    {"/a/{id}/c", "/a/7", true},
        {"/{id}/c", "/a/", true}, {"/a/b", "/a/b", false}, {"/a/**", "/a", false},    {"/**", "/", false},
        {"/a/b", "/ab", false},   {"/ab/c", "/a", false},  {"/a/b", "/a/b/c", false}, {"/a/b/c", "/b", false},
        {"/A/b", "/a", false},
    };
    for (auto const& row : rows) {
        CAPTURE(row.pattern);
        CAPTURE(row.folder);
        auto const pattern = path_pattern::from(row.pattern);
        REQUIRE(pattern.has_value());
        CHECK(pattern->reaches_below(row.folder) == row.reaches);
    }
    auto const folded = path_pattern::from("/A/b", true);
    REQUIRE(folded.has_value());
    CHECK(folded->reaches_below("/a"));
}
