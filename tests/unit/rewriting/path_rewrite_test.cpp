#include "gateway/rewriting/path_rewrite.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace yett;
using namespace yett::rewriting;

namespace {

path_rewrite::options change(std::string strip, std::string add = {})
{
    path_rewrite::options wanted;
    wanted.prefixes = prefix_change{std::move(strip), std::move(add)};
    return wanted;
}

path_rewrite::options replace(std::string const& from, std::string const& to, path_rewrite::options wanted = {})
{
    wanted.replacement = *path_replacement::from(from, to);
    return wanted;
}

path_rewrite::options leniently(path_rewrite::options wanted)
{
    wanted.lenient = true;
    return wanted;
}

path_rewrite::options with_encoded_slash(path_rewrite::options wanted)
{
    wanted.encoded_slash = true;
    return wanted;
}

path_rewrite::options decoding_once(path_rewrite::options wanted)
{
    wanted.double_encoding = true;
    return wanted;
}

// What the application is asked for, or why it is not.
std::string asked(path_rewrite::options wanted, std::string const& sent)
{
    auto const where = http::target::from(sent, "app.test");
    REQUIRE(where.has_value());
    auto const made = path_rewrite{std::move(wanted)}.of(*where);
    if (!made) {
        CHECK(made.error() == errc::internal);
        CHECK(made.error().from() == origin::ourselves);
        return "500: " + made.error().note();
    }
    auto const& to = (*made)->where();
    CHECK(to.host() == "app.test");
    std::string text{to.path_to_forward()};
    if (to.has_query()) text.append("?").append(to.query());
    return text;
}

} // namespace

TEST_CASE("path_rewrite: the prefix off, matches replaced, the prefix added; the query stays")
{
    CHECK(asked(change("/api"), "/api/a?b=/api/c") == "/a?b=/api/c");
    CHECK(asked(change("/api"), "/api") == "/");
    CHECK(asked(change("/api"), "/api?") == "/?");
    CHECK(asked(change("", "/v1"), "/a") == "/v1/a");
    CHECK(asked(change("/api", "/v1"), "/api/a") == "/v1/a");
    CHECK(asked(replace("^/a", "/b"), "/a/c") == "/b/c");
    CHECK(asked(replace("^/a", "/b", change("/api", "/v1")), "/api/a/c") == "/v1/b/c");
    CHECK(asked(replace("^/api", "/x", change("/api")), "/api/a") == "/a");
    CHECK(asked(replace("^/$", "/index", change("/api")), "/api") == "/index");
    CHECK(asked(replace("no", "/b"), "/a") == "/a");
    CHECK(asked({}, "/a?b") == "/a?b");
}

TEST_CASE("path_rewrite: it is the one spelling of the path that is rewritten, and the outcome has it, too")
{
    CHECK(asked(change("/api"), "/%61pi/%41") == "/A");
    CHECK(asked(change("/api"), "/x/../api/a") == "/a");
    CHECK(asked(replace("^/a", "/%7e"), "/a") == "/~");
    CHECK(asked(replace("^/a", "/%c3%a4"), "/a") == "/%C3%A4");
}

TEST_CASE("path_rewrite: what does not begin with exactly one slash is nobody's path")
{
    struct
    {
        path_rewrite::options by;
        char const* sent;
        char const* why;
    } const rows[] = {
        {replace("^/a", ""), "/ab", "does not begin with a slash"},
        {replace("^.*$", ""), "/a", "does not begin with a slash"},
        {replace("^/a", "b"), "/a", "does not begin with a slash"},
        {replace("^/a", "http://evil"), "/a", "does not begin with a slash"},
        {replace("^/a", "b", change("", "/v1")), "/a", "does not begin with a slash"},
        {replace("^/a", "//b"), "/a", "begins with two slashes"},
        {replace("a", "/"), "/ab", "begins with two slashes"},
        {leniently(change("/api")), "/api//evil.test/", "begins with two slashes"},
        {leniently(change("/api")), "/api//", "begins with two slashes"},
    };
    for (auto const& row : rows) {
        CAPTURE(std::string{row.sent});
        CHECK(asked(row.by, row.sent) == std::string{"500: the rewritten path "} + row.why);
    }
}

TEST_CASE("path_rewrite: nothing that was cut or put together climbs")
{
    struct
    {
        path_rewrite::options by;
        char const* sent;
    } const rows[] = {
        {replace("^/files(.*)$", "/srv/\\1"), "/files../secret"}, // the alias without a slash
        {replace("^/files(.*)$", "/srv/\\1"), "/files.."},
        {replace("^/files(.*)$", "/srv/\\1"), "/files./a"},
        {replace("x", ""), "/a/.x./b"},
        {replace("x", ""), "/a/%2x52e%2x52e/b"},
        {replace("25", ""), "/a/%252e%252e/b"},
        {replace("/b$", "/../c"), "/a/b"},
        {replace("/b$", "/%2E%2E/c"), "/a/b"},
    };
    for (auto const& row : rows) {
        CAPTURE(std::string{row.sent});
        auto const where = http::target::from(row.sent, "app.test");
        if (!where) continue; // what the gate refuses itself is not our concern
        auto const made = path_rewrite{row.by}.of(*where);
        CHECK_FALSE(made.has_value());
        CHECK(made.error() == errc::internal);
    }
    CHECK(asked(replace("^/files(.*)$", "/srv/\\1"), "/files../secret") == "500: the rewritten path holds dot segments");
}

TEST_CASE("path_rewrite: the gate takes no rewritten path that the rule would not take")
{
    CHECK(asked(replace("-", "%2F"), "/a-b") == "500: the rewritten path holds an encoded slash, which the rule does not allow");
    CHECK(asked(with_encoded_slash(replace("-", "%2F")), "/a-b") == "/a%2Fb");
    CHECK(asked(with_encoded_slash(change("/api")), "/api/a%2Fb") == "/a%2Fb");
    constexpr auto strict = "500: the rewritten path holds //, ';', %5C or what is not escaped, and the rule does not say paths: lenient";
    for (auto const* by : {";", "//", "%5C"}) CHECK(asked(replace("-", by), "/a-b") == strict);
    CHECK(asked(leniently(replace("-", ";")), "/a-b") == "/a;b");
    CHECK(asked(leniently(replace("-", "//")), "/a-b") == "/a//b");
    CHECK(asked(replace("-", "%00"), "/a-b").starts_with("500: the rewritten path does not pass the gate"));
    CHECK(asked(replace("-", "%0D%0A"), "/a-b").starts_with("500: the rewritten path does not pass the gate"));
    CHECK(asked(replace("25", ""), "/a%252541") == "/aA");
}

TEST_CASE("path_rewrite: no reading of a path leaves what was added")
{
    auto const tenant = change("", "/tenant");
    CHECK(asked(tenant, "/a%2541") == "/tenant/a%2541");
    CHECK(asked(tenant, "/%252e%252e/other").starts_with("500: the rewritten path"));
    CHECK(asked(tenant, "/a/%252e%252e/%252e%252e/other").starts_with("500: the rewritten path"));
    CHECK(asked(leniently(tenant), "/..;/other").starts_with("500: the rewritten path"));
    CHECK(asked(leniently(tenant), "/a%5C..%5C..%5Cother").starts_with("500: the rewritten path"));
    CHECK(asked(tenant, "/a/%252e%252e/b") == "/tenant/a/%252e%252e/b");
    CHECK(asked(decoding_once(tenant), "/%252e%252e/other") == "/tenant/%252e%252e/other");
    CHECK(asked(change("/api"), "/api/%252e%252e/other").starts_with("500: the rewritten path"));
    // The literal begin that an operator spelled is what they meant.
    CHECK(asked(change("", "/my%20files"), "/a.") == "/my%20files/a.");
}

TEST_CASE("path_rewrite: what was replaced climbs in no reading")
{
    auto const climbs = [](path_rewrite::options by, char const* sent) {
        auto const made = asked(std::move(by), sent);
        return made.starts_with("500: ") && made.ends_with(" holds dot segments");
    };
    auto const without_version = leniently(replace("\\.v[0-9]+", ""));
    CHECK(asked(without_version, "/e/a.v1/b;c") == "/e/a/b;c");
    CHECK(climbs(without_version, "/e/...v1;/admin"));
    CHECK(climbs(without_version, "/e/.v1.;/a"));
    CHECK(climbs(leniently(replace("-", "%5C")), "/e/a-..-b"));
    CHECK(climbs(replace("-", "%25"), "/e/-2e-2e/admin"));
    CHECK(climbs(replace("-", "%20"), "/e/..-/admin"));
    CHECK(asked(decoding_once(replace("-", "%25")), "/e/-2e-2e/admin") == "/e/%252e%252e/admin");
    // Where nothing was replaced what was decided on is what is asked for.
    CHECK(asked(leniently(change("/e")), "/e/a/..;/b") == "/a/..;/b");
}

TEST_CASE("path_rewrite: what comes of paths is bounded")
{
    CHECK(asked(replace("a", "b"), "/" + std::string(65, 'a')) ==
          "500: the rewritten path cannot be made: more than 64 matches");
}
