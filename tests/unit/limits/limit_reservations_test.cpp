#include "gateway/limits/limit_reservations.hpp"

#include "tests/unit/limits/limits.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <vector>

using namespace yett;
using namespace yett::limits;
using namespace std::chrono_literals;

namespace {

struct desk
{
    limit_reservation reserve(std::string_view key, nanoseconds now, limit const& of)
    {
        auto const mine = open.take_turn();
        return open.reserve(mine, of, key, at(now));
    }
    bool has(std::string_view key, nanoseconds now, limit const& of)
    {
        auto const mine = open.take_turn();
        return open.has_reserved(mine, of, key, at(now));
    }

    limit_reservations open;
    limit guesses{named("guesses", on_failures(a_limit(5, 1min)))};
    limit others{named("others", on_failures(a_limit(5, 1min)))};
};

} // namespace

TEST_CASE("limit_reservations: one lasts as long as its object, by limit and key")
{
    desk d;
    CHECK_FALSE(d.has("ada", 0s, d.guesses));
    {
        auto const one = d.reserve("ada", 0s, d.guesses);
        CHECK(d.has("ada", 0s, d.guesses));
        CHECK_FALSE(d.has("bob", 0s, d.guesses));
        CHECK_FALSE(d.has("ada", 0s, d.others));
    }
    CHECK_FALSE(d.has("ada", 0s, d.guesses));
}

TEST_CASE("limit_reservations: of several the last one decides, whichever ends first")
{
    desk d;
    std::optional<limit_reservation> early{d.reserve("ada", 0s, d.guesses)};
    std::optional<limit_reservation> late{d.reserve("ada", 30s, d.guesses)};
    CHECK(d.has("ada", 59s, d.guesses));
    CHECK_MESSAGE(d.has("ada", 61s, d.guesses), "the later one counts still");
    late.reset();
    CHECK_FALSE(d.has("ada", 61s, d.guesses));
    CHECK(d.has("ada", 59s, d.guesses));
    early.reset();
    CHECK_FALSE(d.has("ada", 0s, d.guesses));
}

TEST_CASE("limit_reservations: what outlasts the period of its limit holds nothing any more")
{
    desk d;
    auto const one = d.reserve("ada", 0s, d.guesses);
    CHECK(d.has("ada", 1min - 1ns, d.guesses));
    CHECK_FALSE(d.has("ada", 1min, d.guesses));
}

TEST_CASE("limit_reservations: one that moved ends once")
{
    desk d;
    std::vector<limit_reservation> kept;
    {
        auto one = d.reserve("ada", 0s, d.guesses);
        kept.push_back(std::move(one));
    }
    CHECK(d.has("ada", 0s, d.guesses));
    auto const twin = d.reserve("ada", 0s, d.guesses);
    kept.clear();
    CHECK_MESSAGE(d.has("ada", 0s, d.guesses), "the other of two that began at once");
}
