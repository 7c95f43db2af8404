#include "gateway/telemetry/family.hpp"
#include "gateway/telemetry/observations.hpp"
#include "gateway/telemetry/shard.hpp"

#include <doctest/doctest.h>

#include <set>

namespace yett::telemetry {
namespace {

enum class colour : unsigned char
{
    red,
    blue,
    count_
};
constexpr words<colour> words_of(colour)
{
    using enum colour;
    return {{{red, "RED"}, {blue, "blue-ish"}}};
}

struct room_figures
{
    entrance in;

    shown<counter> steps{in, {"steps_total", "Steps."}};
    shown<gauge> idle{in, {"people", "People.", {}, {"state", "idle"}}};
    shown<gauge> busy{in, {"people", {}, {}, {"state", "busy"}}};
    shown<by<colour, by<colour>>> doors{in.together(page_part::process), {"doors_total", "Doors.", {"door", "frame"}}};
};

family_list::entry const& row_named(family_list const& list, std::string_view name)
{
    for (auto const& each : list.entries())
        if (each.about.name == name) return each;
    FAIL("no row " << name);
    throw 0;
}

std::int64_t value_in(family_list::entry const& row, std::size_t slot, std::size_t cell)
{
    return row.read.value(row.figures.at(slot), cell);
}

} // namespace

TEST_CASE("family: a figure enters itself with its row, in the order of declaration")
{
    family_list list;
    room_figures one{{&list, page_part::callers, per::limit}};
    REQUIRE(list.entries().size() == 4);
    CHECK(list.entries()[0].about.name == "steps_total");
    CHECK(list.entries()[0].where == page_part::callers);
    CHECK(list.entries()[0].each == per::limit);
    CHECK(list.entries()[0].read.kind == figure_kind::counter);
    CHECK(list.entries()[1].read.kind == figure_kind::gauge);
    CHECK(list.entries()[1].about.only.second == "idle");
    CHECK(list.entries()[2].about.only.second == "busy");
    one.steps.add(3);
    one.busy.set(-2);
    CHECK(value_in(list.entries()[0], 0, 0) == 3);
    CHECK(value_in(list.entries()[1], 0, 0) == 0);
    CHECK(value_in(list.entries()[2], 0, 0) == -2);
}

TEST_CASE("family: the same row again is the next slot, and what is for all names together is added up elsewhere")
{
    family_list list;
    auto rooms = for_each_slot<room_figures, 3>({&list, page_part::callers, per::limit});
    CHECK(list.entries().size() == 4);
    auto const& steps = row_named(list, "steps_total");
    auto const& doors = row_named(list, "doors_total");
    CHECK(steps.figures.size() == 3);
    CHECK(doors.figures.size() == 3);
    CHECK(doors.each == per::nothing);
    CHECK(doors.where == page_part::process);
    for (std::size_t slot = 0; slot < rooms.size(); ++slot) {
        rooms[slot].steps.add(slot + 1);
        CHECK(value_in(steps, slot, 0) == static_cast<std::int64_t>(slot + 1));
    }
}

TEST_CASE("family: a cell has the words of its labels, outermost first")
{
    family_list list;
    room_figures one{{&list}};
    auto const& doors = row_named(list, "doors_total");
    CHECK(doors.read.cells == 4);
    one.doors[colour::blue][colour::red].add(7);
    struct expected
    {
        std::string_view outer;
        std::string_view inner;
        std::int64_t value;
    };
    expected const rows[] = {{"RED", "RED", 0}, {"RED", "blue-ish", 0}, {"blue-ish", "RED", 7}, {"blue-ish", "blue-ish", 0}};
    for (std::size_t cell = 0; cell < 4; ++cell) {
        CAPTURE(cell);
        CHECK(doors.read.word(0, cell) == rows[cell].outer);
        CHECK(doors.read.word(1, cell) == rows[cell].inner);
        CHECK(value_in(doors, 0, cell) == rows[cell].value);
    }
}

TEST_CASE("family: a histogram's cells are its buckets and the sum, and codes are cells that need not be shown")
{
    family_list list;
    shown<histogram<lag_bounds>> took{{&list}, {"took_seconds", "Took."}};
    shown<by_code> failed{{&list}, {"failed_total", "Failed.", {"code"}}};
    took.observe(std::chrono::microseconds{100});
    took.observe(std::chrono::microseconds{101});
    took.observe(std::chrono::seconds{9});
    auto const& row = row_named(list, "took_seconds");
    CHECK(row.read.kind == figure_kind::histogram);
    CHECK(row.read.bounds.size() == lag_bounds.size());
    CHECK(value_in(row, 0, 0) == 1);
    CHECK(value_in(row, 0, 1) == 1);
    CHECK(value_in(row, 0, lag_bounds.size()) == 1);
    CHECK(value_in(row, 0, lag_bounds.size() + 1) == 9'000'201'000);
    CHECK_FALSE(row.read.sparse);

    auto const& codes = row_named(list, "failed_total");
    failed[errc::token_expired].add(2);
    CHECK(codes.read.sparse);
    CHECK(value_in(codes, 0, static_cast<std::size_t>(errc::token_expired)) == 2);
    CHECK(codes.read.word(0, static_cast<std::size_t>(errc::token_expired)) == name_of(errc::token_expired));
}

TEST_CASE("family: figures that are entered nowhere count all the same")
{
    room_figures alone{};
    alone.steps.add(2);
    alone.doors[colour::red][colour::red].add();
    CHECK(alone.steps.value() == 2);
    CHECK(alone.doors[colour::red][colour::red].value() == 1);
}

TEST_CASE("family: a word is found by its value")
{
    CHECK(name_of(colour::red) == "RED");
    CHECK(name_of(colour::blue) == "blue-ish");
    CHECK(name_of(status_class::success) == "2xx");
    CHECK(name_of(websocket_end::broken) == "broken");
}

// The page adds up what stands in the same place of each shard's list.
TEST_CASE("family: all shards have the same rows, and each name of the page is there once")
{
    shard const one;
    shard const other;
    auto const& rows = one.families.entries();
    REQUIRE(rows.size() == other.families.entries().size());
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        CAPTURE(rows[i].about.name);
        CHECK(other.families.entries()[i].about.name == rows[i].about.name);
        CHECK(other.families.entries()[i].figures.size() == rows[i].figures.size());
        auto const goes_on = i > 0 && rows[i].about.name == rows[i - 1].about.name;
        CHECK_MESSAGE((goes_on || names.insert(rows[i].about.name).second), "figures of one family stand side by side");
        CHECK(goes_on == rows[i].about.help.empty());
        if (goes_on) CHECK(rows[i].each == rows[i - 1].each);
    }
    for (auto const& each : observed_families()) CHECK_MESSAGE(names.insert(each.name).second, each.name);
}

TEST_CASE("family: a name of the configuration has as many slots as the page has room for")
{
    shard const one;
    CHECK(row_named(one.families, "yett_requests_total").figures.size() == shard::routes_max);
    CHECK(row_named(one.families, "yett_upstream_retries_total").figures.size() == shard::upstreams_max);
    CHECK(row_named(one.families, "yett_limiter_allowed_total").figures.size() == shard::limits_max);
    CHECK(row_named(one.families, "yett_connections").figures.size() == shard::listeners_max);
    CHECK(row_named(one.families, "yett_websocket_open").each == per::nothing);
}

} // namespace yett::telemetry
