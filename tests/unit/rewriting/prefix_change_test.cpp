#include "gateway/rewriting/prefix_change.hpp"

#include <doctest/doctest.h>

#include <string>

using yett::rewriting::prefix_change;

TEST_CASE("prefix_change: a prefix is whole segments, and what is left is a path")
{
    struct
    {
        char const* strip;
        char const* add;
        char const* path;
        char const* made;
    } const rows[] = {
        {"/api", "", "/api/a", "/a"},
        {"/api", "", "/api/", "/"},
        {"/api", "", "/api", "/"},
        {"/api", "", "/apix", "/apix"},
        {"/api", "", "/a", "/a"},
        {"/api", "", "/", "/"},
        {"/api", "", "/API/a", "/API/a"},
        {"/api", "", "/api//a", "//a"}, // which no rewrite lets pass
        {"/api", "", "/api%2Fa", "/api%2Fa"},
        {"/api/v1", "", "/api/v1/a", "/a"},
        {"/api/v1", "", "/api/v10", "/api/v10"},
        {"", "/v1", "/a", "/v1/a"},
        {"", "/v1", "/", "/v1/"},
        {"/api", "/v1", "/api/a", "/v1/a"},
        {"/api", "/v1", "/api", "/v1/"},
        {"/api", "/api", "/api/a", "/api/a"},
        {"", "", "/a", "/a"},
    };
    for (auto const& row : rows) {
        CAPTURE(std::string{row.path});
        prefix_change const of{row.strip, row.add};
        CHECK(of.with_added(of.stripped(row.path)) == row.made);
    }
}

TEST_CASE("prefix_change: a rule that knows no case strips in any")
{
    prefix_change const of{"/Api", "", true};
    CHECK(of.stripped("/aPI/A") == "/A");
    CHECK(of.stripped("/API") == "/");
    CHECK(of.stripped("/apix/A") == "/apix/A");
}

TEST_CASE("prefix_change: what lies below the added prefix")
{
    prefix_change const of{"", "/tenant"};
    for (auto const* path : {"/tenant", "/tenant/", "/tenant/a"}) CHECK_MESSAGE(of.is_below_added(path), path);
    for (auto const* path : {"/", "/tenant2", "/tenan", "/Tenant/a", "//tenant"}) CHECK_MESSAGE(!of.is_below_added(path), path);
    CHECK(prefix_change{"/x", ""}.is_below_added("/a"));
}

TEST_CASE("prefix_change: an application's path is found where clients find it")
{
    struct
    {
        char const* what;
        char const* strip;
        char const* add;
        char const* said;
        char const* found; // empty: as it is
    } const rows[] = {
        {"a path", "/api", "", "/a", "/api/a"},
        {"the root", "/api", "", "/", "/api/"},
        {"no path at all", "/api", "", "", "/api/"},
        {"a query alone", "/api", "", "?x", "/api/?x"},
        {"a fragment alone", "/api", "", "#x", "/api/#x"},
        {"path, query and fragment", "/api", "", "/a?b=/c#d", "/api/a?b=/c#d"},
        {"the prefix once more: the application has a folder of that name", "/api", "", "/api/a", "/api/api/a"},
        {"below what was added", "", "/v1", "/v1/a", "/a"},
        {"what was added", "", "/v1", "/v1", "/"},
        {"with a query", "", "/v1", "/v1?x", "/?x"},
        {"another segment", "", "/v1", "/v10/a", ""},
        {"beside what was added", "", "/v1", "/login", ""},
        {"nothing where something was added", "", "/v1", "", ""},
        {"both ways", "/api", "/v1", "/v1/a", "/api/a"},
        {"both ways, the root", "/api", "/v1", "/v1", "/api/"},
        {"both ways, beside", "/api", "/v1", "/a", ""},
        {"nothing to undo", "", "", "/a", ""},

        {"two slashes would name a host", "", "/v1", "/v1//evil.test/", ""},
        {"a backslash, too", "", "/v1", "/v1/\\evil.test/", ""},
        {"a tab between them is nothing to browsers", "", "/v1", "/v1/\t/evil.test/", ""},
        {"a line end neither", "", "/v1", "/v1/\n/evil.test/", ""},
        {"behind a prefix they are a path", "/api", "/v1", "/v1//evil.test/", "/api//evil.test/"},
        {"and so is a backslash", "/api", "", "/\\evil.test/", "/api/\\evil.test/"},
    };
    for (auto const& row : rows) {
        CAPTURE(row.what);
        CHECK(prefix_change{row.strip, row.add}.undone(row.said).value_or("") == row.found);
    }
}

TEST_CASE("prefix_change: the path of a cookie is that of all below it")
{
    struct
    {
        char const* strip;
        char const* add;
        char const* said;
        char const* found; // empty: as it is
    } const rows[] = {
        {"/api", "", "/", "/api"},
        {"/api", "", "/a", "/api/a"},
        {"/api", "", "/a/", "/api/a/"},
        {"", "/v1", "/", "/"},
        {"", "/v1", "/v1", "/"},
        {"", "/v1", "/v1/", "/"},
        {"", "/v1", "/v1/a", "/a"},
        {"", "/v1", "/v2", ""},
        {"", "/a/b", "/a", "/"},
        {"", "/a/b", "/a/", "/"},
        {"", "/a/b", "/a/c", ""},
        {"/api", "/v1", "/", "/api"},
        {"/api", "/v1", "/v1", "/api"},
        {"/api", "/v1", "/v1/a", "/api/a"},
        {"/api", "/v1", "/v10", ""},
        {"", "/v1", "/v1#x", ""},
        {"/api", "/v1", "/v1?x", ""},
        {"/api", "/v1", "", ""},
        {"/api", "/v1", "a", ""},
        {"", "", "/a", ""},
    };
    for (auto const& row : rows) {
        CAPTURE(std::string{row.said});
        CAPTURE(std::string{row.add});
        CHECK(prefix_change{row.strip, row.add}.undone_for_cookie(row.said).value_or("") == row.found);
    }
}
