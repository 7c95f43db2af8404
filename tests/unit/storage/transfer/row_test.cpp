#include "gateway/storage/transfer/row.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::storage::transfer;

TEST_CASE("row: numbers and moments come back as they went")
{
    for (auto const number : {std::int64_t{0}, std::int64_t{-1}, INT64_MAX, INT64_MIN, std::int64_t{1'700'000'000'123}})
        CHECK(read_number(write_number(number)) == number);
    wall_time const noon{milliseconds{1'700'000'000'123}};
    CHECK(read_moment(write_moment(noon)) == noon);
    CHECK(read_moment(write_moment(wall_time::max())) == wall_time::max());
    CHECK(read_moment(write_moment(wall_time::min())) == wall_time::min());
}

TEST_CASE("row: beyond the calendar there is one moment, as PostgreSQL has one")
{
    CHECK(write_moment(wall_time{seconds{253'402'300'799}}) == "253402300799000");
    CHECK(write_moment(wall_time{seconds{253'402'300'800}}) == write_moment(wall_time::max()));
    CHECK(write_moment(wall_time{seconds{300'000'000'000}}) == write_moment(wall_time::max()));
}

TEST_CASE("row: lists come back whatever their texts hold")
{
    for (auto const& texts : std::vector<std::vector<std::string>>{
             {}, {""}, {"admin", "editor"}, {"3:abc", ":", "a:b"}, {std::string("\0x", 2), "{\"\\\xff"}, {"", "", "ü"}})
        CHECK(read_list(write_list(texts)) == texts);
}

TEST_CASE("row: the sum tells rows apart, and their order, and where a column ends")
{
    auto const sum = [](std::vector<row> const& rows) {
        std::string of;
        for (auto const& each : rows) of = add_to_sum(of, each);
        return of;
    };
    CHECK(sum({{"a", "b"}}) == sum({{"a", "b"}}));
    CHECK(sum({{"a", "b"}}) != sum({{"ab", ""}}));
    CHECK(sum({{"a", "1:b"}}) != sum({{"a1:b", ""}}));
    CHECK(sum({{"", "a"}}) != sum({{std::nullopt, "a"}}));
    CHECK(sum({{"-"}}) != sum({{std::nullopt}}));
    CHECK(sum({{"a"}, {"b"}}) != sum({{"b"}, {"a"}}));
    CHECK(sum({{"a"}, {"b"}}) != sum({{"a", "b"}}));
}
