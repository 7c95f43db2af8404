#include "policies/methods.hpp"

#include <doctest/doctest.h>

using namespace yett::policies;

TEST_CASE("method_set: only a rule for every method accepts a method without a name")
{
    auto const purge = method_set::of("PURGE");
    CHECK(method_set::every().covers(purge));
    auto all_named = method_set{};
    for (auto const* word : {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"}) all_named |= *method_set::named(word);
    CHECK_FALSE(all_named.covers(purge));
    CHECK_FALSE(method_set::named("PURGE"));
}

TEST_CASE("method_set: the case of a method matters")
{
    CHECK_FALSE(method_set::named("get"));
    CHECK_FALSE(method_set::of("GET").covers(method_set::of("get")));
}

TEST_CASE("method_set: reads as an Allow header")
{
    auto methods = method_set::of("POST");
    CHECK(methods.text() == "POST");
    methods |= method_set::of("GET");
    CHECK(methods.text() == "GET, POST");
    CHECK(method_set{}.text().empty());
    CHECK(method_set::every().text() == "GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS");
}
