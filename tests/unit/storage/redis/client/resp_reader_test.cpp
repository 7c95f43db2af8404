#include "gateway/storage/redis/client/resp_reader.hpp"

#include "tests/support/print.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace yett;
using namespace yett::storage::redis;

namespace {

// A value on one line, each kind in a spelling of its own.
std::string spelled(resp_value const& v)
{
    using kind = resp_value::kind;
    switch (v.what) {
    case kind::nil: return "nil";
    case kind::text: return "\"" + v.text + "\"";
    case kind::integer: return std::to_string(v.number);
    case kind::status: return v.text;
    case kind::failure: return "!" + v.text;
    case kind::list: break;
    }
    std::string all = "[";
    for (auto const& each : v.items) all += (all.size() > 1 ? " " : "") + spelled(each);
    return all + "]";
}

// All that comes of it, one after the other.
std::string read(std::string_view sent, std::size_t piece)
{
    resp_reader reader;
    std::string all;
    for (std::size_t at = 0; at < sent.size(); at += piece) {
        auto const fed = reader.feed(sent.substr(at, piece));
        if (!fed) return all + "| " + fed.error().note();
        for (auto next = reader.next(); next && *next; next = reader.next()) all += spelled(**next) + " ";
    }
    return all;
}

} // namespace

TEST_CASE("resp reader: values as they were sent, however they are cut into pieces")
{
    struct row
    {
        std::string sent;
        char const* values;
    };
    row const rows[]{
        {"+OK\r\n", "OK "},
        {"-NOSCRIPT No matching script.\r\n", "!NOSCRIPT No matching script. "},
        {":1\r\n:-2\r\n", "1 -2 "},
        {":9223372036854775807\r\n", "9223372036854775807 "},
        {"$5\r\nhello\r\n$0\r\n\r\n$-1\r\n", "\"hello\" \"\" nil "},
        {std::string{"$3\r\na\0b\r\n", 9}, nullptr},
        {"*0\r\n*-1\r\n", "[] nil "},
        {"*3\r\n:1\r\n$1\r\na\r\n+OK\r\n", "[1 \"a\" OK] "},
        {"*2\r\n*2\r\n$1\r\na\r\n$-1\r\n*1\r\n*0\r\n:7\r\n", "[[\"a\" nil] [[]]] 7 "},
        {"*1\r\n-ERR inside\r\n", "[!ERR inside] "},
        {"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n$2\r\nXY\r\n", "[[[[[\"XY\"]]]]] "},
        {"*2\r\n:1\r\n", ""},
        {"$15\r\n*4294967295\r\n$9\r\n", "\"*4294967295\r\n$9\" "},
    };
    for (auto const& r : rows)
        for (auto const piece : {std::size_t{1}, std::size_t{3}, std::size_t{4096}}) {
            CAPTURE(r.sent);
            CHECK(read(r.sent, piece) == (r.values ? std::string{r.values} : std::string{"\"a\0b\" ", 6}));
        }
}

TEST_CASE("resp reader: what the guard stops never comes to be read")
{
    CHECK(read("+OK\r\n*4294967295\r\n", 5) == "OK | a list of 4294967295 items");
    CHECK(read("*4294967295\r\n", 1) == "| a list of 4294967295 items");
    CHECK(read("*2\r\n$4\r\nlist\r\n$99999999\r\n", 4096) == "| a text of 99999999 bytes");
}

TEST_CASE("resp reader: a list that was not read to its end goes with the reader")
{
    resp_reader reader;
    CHECK(reader.feed("*3\r\n*2\r\n$1\r\na\r\n").has_value());
    auto const next = reader.next();
    REQUIRE(next.has_value());
    CHECK(!next->has_value());
}
