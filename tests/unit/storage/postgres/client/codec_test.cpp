#include "gateway/storage/postgres/client/codec.hpp"

#include "gateway/storage/postgres/client/parameters.hpp"
#include "tests/support/print.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <limits>

using namespace yett;
using namespace yett::storage::postgres;
using namespace std::literals;

TEST_CASE("codec: integers of every width, and booleans")
{
    for (auto const number : {std::int64_t{0}, std::int64_t{1}, std::int64_t{-1}, std::int64_t{256}, std::int64_t{-40'000},
                              std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()})
        CHECK(read_integer(write_integer(number)) == number);
    CHECK(write_integer(258) == "\0\0\0\0\0\0\1\2"sv);
    CHECK(read_integer("\xff\xfe"sv) == -2);
    CHECK(read_integer("\0\0\1\0"sv) == 256);
    CHECK(read_integer("\1"sv) == 1);
    CHECK(read_integer("\0"sv) == 0);
    CHECK(read_integer(""sv) == 0);
}

TEST_CASE("codec: times to the millisecond, before and after 2000, and the ends of time")
{
    for (auto const at : {wall_time{}, wall_time{milliseconds{1}}, wall_time{milliseconds{-1}}, wall_time{seconds{946'684'800}},
                          wall_time{milliseconds{1'700'000'000'123}}, wall_time::max(), wall_time::min()})
        CHECK(read_time(write_time(at)) == at);
    CHECK(read_integer(write_time(wall_time{seconds{946'684'801}})) == 1'000'000);
    CHECK(read_integer(write_time(wall_time::max())) == std::numeric_limits<std::int64_t>::max());
    // Microseconds of somebody else's writing go down, before the epoch, too.
    CHECK(read_time(write_integer(1'999)) == wall_time{seconds{946'684'800}} + milliseconds{1});
    CHECK(read_time(write_integer(-1)) == wall_time{seconds{946'684'800}} - milliseconds{1});
}

TEST_CASE("codec: lists of texts, whatever is in them")
{
    using list = std::vector<std::string>;
    for (auto const& texts :
         {list{}, list{""}, list{"admin"}, list{"a,b", "\"{}\\", "NULL", "null", ""}, list{"ä", std::string(70'000, 'x')}})
        CHECK(read_list(write_list(texts)).value() == texts);
}

TEST_CASE("codec: what is no list of texts is none (siblings: cut, two dimensions, numbers, a null in it)")
{
    auto const good = write_list({"a", "bc"});
    for (std::size_t size = 0; size < good.size(); ++size) CHECK_FALSE(read_list(std::string_view{good}.substr(0, size)));
    auto two_dimensions = good;
    two_dimensions[3] = 2;
    CHECK_FALSE(read_list(two_dimensions));
    auto numbers = good;
    numbers[11] = 23;
    CHECK_FALSE(read_list(numbers));
    auto null = good;
    std::memset(null.data() + 20, 0xff, 4);
    CHECK_FALSE(read_list(null));
}

TEST_CASE("parameters: each value has its type, and NULL where there is none")
{
    parameters const of{std::string{"a\0b", 3},        bytes{"\0\xff"sv},     std::int64_t{7},           true, wall_time{},
                        std::vector<std::string>{"r"}, std::optional<bool>{}, std::optional<wall_time>{}};
    CHECK(of.count() == 8);
    CHECK(of.types() == std::vector<unsigned>{25, 17, 20, 16, 1184, 1009, 16, 1184});
    CHECK(of.sizes() == std::vector<int>{3, 2, 8, 1, 8, 25, 0, 0});
    auto const values = of.values();
    CHECK(std::string_view{values[0], 3} == "a\0b"sv);
    CHECK(std::string_view{values[1], 2} == "\0\xff"sv);
    CHECK(values[6] == nullptr);
    CHECK(values[7] == nullptr);
}

TEST_CASE("parameters: no limit is the largest one there is")
{
    CHECK(row_limit(500) == 500);
    CHECK(row_limit(std::numeric_limits<std::size_t>::max()) == std::numeric_limits<std::int64_t>::max());
}
