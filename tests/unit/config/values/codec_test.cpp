#include "config/values/codec.hpp"

#include "tests/support/print.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

using namespace yett;
using namespace yett::config;
using namespace std::chrono_literals;

namespace {

// What a text comes to, shown again; or why it is refused.
template<class T>
std::string comes_to(codec<T> const& of, std::string_view text)
{
    auto const value = of.parse(text);
    return value ? of.show(*value) : value.error().note();
}

enum class colour
{
    red,
    green,
};

codec<colour> colours()
{
    return one_of<colour>({{"red", colour::red}, {"green", colour::green}});
}

} // namespace

TEST_CASE("codec: counts lie between two, both included")
{
    auto const three_to_nine = count<unsigned>(3, 9);
    CHECK(three_to_nine.type == "number");
    CHECK(three_to_nine.allowed == "3 to 9");
    struct
    {
        char const* text;
        char const* comes_to;
    } const rows[] = {
        {"3", "3"},
        {"9", "9"},
        {"2", "is out of range; 3 to 9 is allowed"},
        {"10", "is out of range; 3 to 9 is allowed"},
        {"4294967299", "is too large"},
    };
    for (auto const& row : rows) {
        CAPTURE(row.text);
        CHECK(comes_to(three_to_nine, row.text) == row.comes_to);
    }
    for (auto const* text : {"", "-3", "+3", "03", "3.0", "three", " 3", "0x3"}) CHECK_FALSE(three_to_nine.parse(text));
    CHECK(count<unsigned>(1, 1).allowed == "1");
    CHECK_MESSAGE(comes_to(count<std::uint16_t>(1, 65'535), "65536") == "is too large", "65536 is not 0");
}

TEST_CASE("codec: auto stands for nothing that was counted")
{
    auto const threads = count_or_auto(8);
    CHECK(threads.allowed == "auto, 1 to 8");
    CHECK(*threads.parse("auto") == 0);
    CHECK(*threads.parse("8") == 8);
    CHECK_FALSE(threads.parse("0"));
    CHECK_FALSE(threads.parse("9"));
    CHECK_FALSE(threads.parse("Auto"));
    CHECK(threads.show(0) == "auto");
    CHECK(threads.show(3) == "3");
}

TEST_CASE("codec: durations in whole seconds have no fractions")
{
    auto const of_seconds = duration<seconds>(1s, 1h);
    auto const of_milliseconds = duration<milliseconds>(10ms, 1h);
    CHECK(of_seconds.allowed == "1s to 1h");
    CHECK(of_milliseconds.allowed == "10ms to 1h");
    CHECK(*of_seconds.parse("1500s") == 25min);
    CHECK(comes_to(of_seconds, "1500ms") == "is not in whole seconds; allowed units: s, m, h, d");
    CHECK(comes_to(of_seconds, "2000ms") == "2s");
    CHECK(comes_to(of_seconds, "0s") == "is out of range; 1s to 1h is allowed");
    CHECK(comes_to(of_milliseconds, "9ms") == "is out of range; 10ms to 1h is allowed");
    CHECK(*of_milliseconds.parse("1500ms") == 1500ms);
}

TEST_CASE("codec: words are a closed list, compared as they are")
{
    CHECK(colours().type == "word");
    CHECK(colours().allowed == "red, green");
    CHECK(*colours().parse("green") == colour::green);
    CHECK(colours().show(colour::red) == "red");
    for (auto const* text : {"", "Red", "red ", "blue"}) CHECK(comes_to(colours(), text) == "is unknown; allowed: red, green");
}

TEST_CASE("codec: what may be null may be empty, and is nothing then")
{
    auto const name = nullable(text());
    CHECK(name.null_allowed);
    CHECK(name.parse("")->empty());
    CHECK(*name.parse("a") == "a");
    CHECK_FALSE(text().parse(""));
    CHECK_FALSE(text().null_allowed);
    auto const bounded = nullable(size(128, 1024));
    CHECK(*bounded.parse("") == 0);
    CHECK_FALSE(bounded.parse("1B"));
}

TEST_CASE("codec: sizes, rates, shares and booleans are shown as they can be written")
{
    struct
    {
        std::string shown;
        char const* wanted;
    } const rows[] = {
        {comes_to(size(0, 1 << 20), "2048B"), "2KiB"},
        {comes_to(size(0, 1 << 20), "0"), "0"},
        {comes_to(size(0, 1 << 20), "2MiB"), "is out of range; 0 to 1MiB is allowed"},
        {comes_to(byte_rate(), "256B/s"), "256B/s"},
        {comes_to(byte_rate(), "0"), "0"},
        {comes_to(share_of("all"), "25%"), "25%"},
        {comes_to(share_of("all"), "64"), "64"},
        {comes_to(percentage(0, 100), "20%"), "20%"},
        {comes_to(boolean(), "true"), "true"},
        {comes_to(boolean(), "false"), "false"},
    };
    for (auto const& row : rows) CHECK(row.shown == row.wanted);
    CHECK(percentage(5, 50).allowed == "5% to 50%");
    for (auto const* text : {"4%", "51%", "5"}) CHECK_FALSE(percentage(5, 50).parse(text));
    CHECK(share_of("connections").allowed == "1 and more, 1% to 100% of `connections`");
    for (auto const* text : {"0", "0%", "101%", "%", "", "-1", "1.5%"}) CHECK_FALSE(share_of("all").parse(text));
}

TEST_CASE("codec: a text can be looked at, and take another form")
{
    auto const upper = text_of("shout", [](std::string_view value) -> result<std::string> {
        if (value == "psst") return wrong("is too quiet");
        return std::string{value} + "!";
    });
    CHECK(upper.type == "shout");
    CHECK(comes_to(upper, "hello") == "hello!");
    CHECK(comes_to(upper, "psst") == "is too quiet");
}
