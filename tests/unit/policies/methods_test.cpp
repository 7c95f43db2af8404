#include "policies/methods.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace yett::policies;

TEST_CASE("method_set: a rule that names no method accepts HTTP's and WebDAV's, and none that others name")
{
    method_names names;
    for (auto const* word : {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "PROPPATCH", "MKCOL", "COPY",
                             "MOVE", "LOCK", "UNLOCK", "REPORT", "SEARCH"})
        CHECK_MESSAGE(method_set::usual().covers(names.of(word)), word);
    for (auto const* word : {"PURGE", "QUERY", "MKCALENDAR", "TRACE", "CONNECT", "get", ""})
        CHECK_FALSE_MESSAGE(method_set::usual().covers(names.of(word)), word);
    REQUIRE(names.name("PURGE").has_value());
    CHECK_FALSE(method_set::usual().covers(names.of("PURGE")));
    CHECK(method_set::every().covers(names.of("PURGE")));
    CHECK(method_set::every().covers(names.of("NOBODY-NAMES-IT")));
}

TEST_CASE("method_names: any token can be named, and is told apart from all others")
{
    method_names names;
    for (auto const* word :
         {"MKCOL", "LOCK", "REPORT", "PURGE", "QUERY", "Purge", "VERSION-CONTROL", "M-SEARCH", "!#$%&'*+-.^_`|~09"}) {
        auto const set = names.name(word);
        REQUIRE_MESSAGE(set.has_value(), word);
        CHECK(*set == names.of(word));
        CHECK(*set == *names.name(word));
        CHECK_FALSE(set->covers(names.of("UNNAMED")));
    }
    CHECK_FALSE(names.of("PURGE").covers(names.of("Purge")));
}

TEST_CASE("method_names: what no request can bring, or nobody can have meant, is refused with a reason")
{
    method_names names;
    for (auto const& [word, reason] : {std::pair{"CONNECT", "never served"},
                                       {"TRACE", "never served"},
                                       {"Trace", "never served"},
                                       {"get", "compared with case"},
                                       {"Post", "compared with case"},
                                       {"propfind", "compared with case"},
                                       {"", "is no method"},
                                       {"A B", "is no method"},
                                       {"GET,POST", "is no method"},
                                       {"caf\xc3\xa9", "is no method"}}) {
        auto const set = names.name(word);
        CAPTURE(word);
        REQUIRE_FALSE(set.has_value());
        CHECK(set.error().note().find(reason) != std::string::npos);
    }
}

TEST_CASE("method_names: there is room for 47 of them")
{
    method_names names;
    for (int i = 0; i < 47; ++i) REQUIRE(names.name("M" + std::to_string(i)).has_value());
    CHECK_FALSE(names.name("M47").has_value());
    CHECK(names.name("M46").has_value());
    CHECK_FALSE(names.of("M46").covers(names.of("M47")));
}

TEST_CASE("method_set: the case of a method matters")
{
    method_names const names;
    CHECK_FALSE(names.of("GET").covers(names.of("get")));
}

TEST_CASE("method_set: reads as an Allow header")
{
    method_names names;
    auto methods = names.of("POST");
    CHECK(names.text(methods) == "POST");
    methods |= names.of("GET");
    CHECK(names.text(methods) == "GET, POST");
    CHECK(names.text({}).empty());
    REQUIRE(names.name("PURGE").has_value());
    methods |= names.of("PURGE");
    CHECK(names.text(methods) == "GET, POST, PURGE");
    CHECK(names.text(method_set::usual()) ==
          "GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS, PROPFIND, PROPPATCH, MKCOL, COPY, MOVE, "
          "LOCK, UNLOCK, REPORT, SEARCH");
}
