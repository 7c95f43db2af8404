#include "config/reading/secrets.hpp"

#include "config/reading/published_secrets.hpp"
#include "tests/support/print.hpp"
#include "tests/unit/config/world.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <iostream>

using namespace yett;
using namespace yett::config;

TEST_CASE("secrets: one line end at the end of a file does not count")
{
    tests::world const around{
        {},
        {{"a", {"x", false}}, {"b", {"x\n", false}}, {"c", {"x\r\n", false}}, {"d", {"x\n\n", false}}, {"e", {" x ", false}}}};
    auto const env = around.environment();
    for (auto const& [file, text] : {std::pair{"a", "x"}, {"b", "x"}, {"c", "x"}, {"d", "x\n"}, {"e", " x "}}) {
        CAPTURE(file);
        auto const got = read_secret(file, env);
        REQUIRE(got);
        CHECK(got->reveal() == text);
    }
}

TEST_CASE("secrets: a file that is gone, empty, or open to others is refused")
{
    tests::world const around{{}, {{"empty", {"", false}}, {"blank", {"\r\n", false}}, {"open", {"x", true}}}};
    auto const env = around.environment();
    for (auto const* file : {"gone", "empty", "blank", "open"}) {
        auto const got = read_secret(file, env);
        REQUIRE_MESSAGE(!got, file);
        CHECK(got.error().note().starts_with(file));
    }
}

TEST_CASE("secrets: the published ones are in order, for they are searched by halves")
{
    auto const all = published_secrets();
    CHECK(all.size() == 1830);
    CHECK(std::ranges::adjacent_find(all, std::greater_equal{}) == all.end());
}

TEST_CASE("secrets: published ones are known, others are not")
{
    for (auto const* text :
         {"r9iMKoe5CRMgvJBBtp4HrqN7QiPpUToj", "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
          "01234567890abcde01234567890abcde01234567890abcde01234567890abcde"})
        CHECK_MESSAGE(is_published(text), text);
    for (auto const* text : {"", "secret", tests::good_secret, "r9iMKoe5CRMgvJBBtp4HrqN7QiPpUTok"})
        CHECK_MESSAGE(!is_published(text), text);
}

TEST_CASE("secrets: everything on the published list that is long enough is known")
{
    auto const* const given = std::getenv("YETT_VECTORS");
    auto const folder = given ? std::filesystem::path{given} : std::filesystem::path{YETT_SOURCE_DIR} / "../shared/vectors";
    std::ifstream list{folder / "wordlists/jwt-secrets.txt"};
    if (!list) {
        std::cout << "secrets: no list of published secrets in " << folder << ", the whole list is not checked\n";
        return;
    }
    std::size_t count = 0;
    for (std::string line; std::getline(list, line);) {
        if (line.ends_with('\r')) line.pop_back();
        if (line.size() < least_secret_bytes) continue;
        ++count;
        CHECK_MESSAGE(is_published(line), line);
    }
    CHECK(count >= 1'830);
}
