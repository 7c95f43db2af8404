#include "gateway/limits/counter_table.hpp"

#include "tests/unit/limits/limits.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

using namespace yett;
using namespace yett::limits;
using namespace std::chrono_literals;

namespace {

// One set of 16 cells for keys, and one that they share when theirs has no room.
constexpr std::size_t cell = 32;
constexpr std::size_t a_set = 16 * (cell + 8);

counter_table smallest()
{
    return counter_table{2 * a_set, cell};
}

constexpr counter_table::place key(std::uint64_t number)
{
    return {number, number << 8};
}

limit once_a_minute(char const* name)
{
    return limit{named(name, a_limit(1, 1min, counting_algorithm::gcra))};
}

constexpr tick minute = nanoseconds{1min}.count();

} // namespace

TEST_CASE("counter_table: memory for a set of each kind is the least there can be")
{
    CHECK_THROWS_AS((counter_table{a_set, cell}), std::invalid_argument);
    CHECK_THROWS_AS((counter_table{2 * a_set - 1, cell}), std::invalid_argument);
    CHECK(smallest().bytes() == 2 * a_set);
}

TEST_CASE("counter_table: how many times a cell keeps, by what it counts for")
{
    CHECK(counter_table::events_in(32) == 1);
    CHECK(counter_table::events_in(64) == 5);
    CHECK(counter_table::times_for(once_a_minute("a")) == 1);
    CHECK(counter_table::times_for(limit{a_limit(5, 1min)}) == 5);
    CHECK_MESSAGE(counter_table::times_for(limit{on_failures(a_limit(5, 1min, counting_algorithm::backoff))}) == 6,
                  "one more for what a pause let through");
}

TEST_CASE("counter_table: keys are told apart by all of their bits, and by their limit")
{
    auto table = smallest();
    auto const a = once_a_minute("a");
    auto const b = once_a_minute("b");
    struct
    {
        limit const& of;
        counter_table::place key;
        bool allowed;
    } const rows[] = {
        {a, {1, 0x100}, true}, {a, {1, 0x100}, false}, {a, {2, 0x100}, true},  {a, {1, 0x200}, true},  {a, {2, 0x200}, true},
        {b, {1, 0x100}, true}, {b, {1, 0x100}, false}, {a, {2, 0x200}, false}, {a, {1, 0x200}, false},
    };
    for (auto const& row : rows) CHECK(table.spend(row.of, row.key, 0, 1).allowed == row.allowed);
    CHECK(table.read_figures().cells == 5);
}

TEST_CASE("counter_table: a flood of one limit leaves room in a set for others")
{
    auto table = smallest();
    auto const flood = once_a_minute("flood");
    auto const other = once_a_minute("other");
    for (std::uint64_t i = 0; i < counter_table::quota; ++i) CHECK(table.spend(flood, key(i), 0, 1).allowed);
    CHECK(table.read_figures().overflowed == 0);
    CHECK_MESSAGE(table.spend(flood, key(100), 0, 1).allowed, "the first of those that share");
    CHECK_MESSAGE(!table.spend(flood, key(101), 0, 1).allowed, "too early, and never too late");
    CHECK(table.read_figures().overflowed == 2);
    for (std::uint64_t i = 0; i < counter_table::ways - counter_table::quota; ++i)
        CHECK(table.spend(other, key(200 + i), 0, 1).allowed);
    CHECK(table.read_figures().overflowed == 2);
    CHECK_MESSAGE(table.spend(other, key(300), 0, 1).allowed, "what it shares, it shares with its own keys");
    CHECK(table.read_figures().cells == counter_table::ways + 2);
    CHECK(table.read_figures().turned_away == 0);
}

TEST_CASE("counter_table: cells are used again once they count nothing any more, and not before")
{
    auto table = smallest();
    auto const of = once_a_minute("a");
    for (std::uint64_t i = 0; i < counter_table::quota; ++i) REQUIRE(table.spend(of, key(i), 0, 1).allowed);
    CHECK_FALSE(table.spend(of, key(0), minute - 1, 1).allowed);
    CHECK(table.read_figures().reclaimed == 0);
    for (std::uint64_t i = 0; i < counter_table::quota; ++i) CHECK(table.spend(of, key(100 + i), minute, 1).allowed);
    CHECK(table.read_figures().reclaimed == counter_table::quota);
    CHECK(table.read_figures().cells == counter_table::quota);
    CHECK(table.read_figures().overflowed == 0);
}

TEST_CASE("counter_table: a key that was counted with others is not forgotten when a cell of its own is free")
{
    auto table = smallest();
    auto const of = once_a_minute("a");
    auto const first = table.spend(of, key(0), 0, 1);
    for (std::uint64_t i = 1; i < counter_table::quota; ++i) REQUIRE(table.spend(of, key(i), 0, 1).allowed);
    REQUIRE(table.spend(of, key(100), 0, 1).allowed);
    table.give_back(of, key(0), first.stamp, 0, 1);
    CHECK_MESSAGE(!table.spend(of, key(100), 1, 1).allowed, "there is a cell, and it has spent already");
    CHECK_FALSE(table.peek(of, key(100), 1, 1).allowed);
    CHECK(table.spend(of, key(100), minute, 1).allowed);
}

TEST_CASE("counter_table: peeking takes no cell and spends nothing")
{
    auto table = smallest();
    auto const of = once_a_minute("a");
    for (int i = 0; i < 100; ++i) CHECK(table.peek(of, key(1), 0, 1).allowed);
    CHECK(table.read_figures().cells == 0);
    CHECK(table.spend(of, key(1), 0, 1).allowed);
    auto const seen = table.peek(of, key(1), minute / 2, 1);
    CHECK_FALSE(seen.allowed);
    CHECK(seen.retry_after == 30s);
    CHECK_FALSE(table.peek(of, key(2), 0, 2).allowed);
    CHECK_MESSAGE(table.peek(of, key(2), 0, 2).retry_after == 1min, "it never passes; the period is as good an answer as any");
}

TEST_CASE("counter_table: giving back what was never counted changes nothing")
{
    auto table = smallest();
    auto const of = once_a_minute("a");
    table.give_back(of, key(7), 0, 0, 1);
    CHECK(table.read_figures().cells == 0);
    REQUIRE(table.spend(of, key(1), 0, 1).allowed);
    table.give_back(of, key(2), minute, 0, 1);
    CHECK_FALSE(table.spend(of, key(1), 0, 1).allowed);
}
