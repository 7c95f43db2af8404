#include "config/values/text.hpp"

#include "tests/support/print.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::config;
using namespace std::chrono_literals;

TEST_CASE("text: durations have one number and one unit")
{
    for (auto const& [text, value] : {std::pair{"250ms", 250ms},
                                      {"30s", 30'000ms},
                                      {"15m", 900'000ms},
                                      {"24h", 86'400'000ms},
                                      {"7d", 604'800'000ms},
                                      {"0s", 0ms},
                                      {"36500d", 3'153'600'000'000ms}}) {
        CAPTURE(text);
        REQUIRE(parse_duration(text));
        CHECK(*parse_duration(text) == value);
    }
    for (auto const* text : {"", "30", "s", " 30s", "30 s", "30S", "1h30m", "1.5h", "-1s", "+1s", "030s", "1w", "30sec", "36501d",
                             "18446744073709551616s", "0x10s", "٣s"})
        CHECK_MESSAGE(!parse_duration(text), text);
}

TEST_CASE("text: sizes have binary units, and nothing else may go without one")
{
    for (auto const& [text, value] : {std::pair{"0", 0ull},
                                      {"0B", 0ull},
                                      {"512B", 512ull},
                                      {"16KiB", 16'384ull},
                                      {"10MiB", 10'485'760ull},
                                      {"1GiB", 1ull << 30}}) {
        CAPTURE(text);
        REQUIRE(parse_size(text));
        CHECK(*parse_size(text) == value);
    }
    for (auto const* text :
         {"", "16", "KiB", "16KB", "16kib", "16K", "16 KiB", "1.5MiB", "-1B", "1025GiB", "99999999999999999999B", "01KiB"})
        CHECK_MESSAGE(!parse_size(text), text);
}

TEST_CASE("text: rates are an amount in a period")
{
    for (auto const& [text, value] : {std::pair{"100/s", rate{100, 1s}},
                                      {"5/15m", rate{5, 15min}},
                                      {"1/d", rate{1, 24h}},
                                      {"10/1s", rate{10, 1s}},
                                      {"7/250ms", rate{7, 250ms}}}) {
        CAPTURE(text);
        REQUIRE(parse_rate(text));
        CHECK(*parse_rate(text) == value);
    }
    for (auto const* text :
         {"", "100", "/s", "0/s", "100/", "100/x", "5/0s", "5/15", "5/m15", "-5/s", "5//s", "5/s/s", "05/s", "1.5/s"})
        CHECK_MESSAGE(!parse_rate(text), text);
}

TEST_CASE("text: percentages")
{
    struct
    {
        char const* text;
        unsigned value;
    } const good[] = {{"0%", 0}, {"20%", 20}, {"100%", 100}};
    for (auto const& each : good) {
        CAPTURE(each.text);
        REQUIRE(parse_percentage(each.text));
        CHECK(*parse_percentage(each.text) == each.value);
        CHECK(show_percentage(each.value) == each.text);
    }
    for (auto const* text : {"", "%", "20", "101%", "-1%", "1.5%", "020%", " 20%", "20 %"}) {
        CAPTURE(text);
        REQUIRE_FALSE(parse_percentage(text));
        CHECK(parse_percentage(text).error().note() == "is not a percentage; 0% to 100% is allowed");
    }
}

TEST_CASE("text: a size a second, and shares")
{
    for (auto const& [text, value] :
         std::vector<std::pair<char const*, std::uint64_t>>{{"256B/s", 256}, {"1KiB/s", 1024}, {"0", 0}, {"1MiB/s", 1 << 20}}) {
        CAPTURE(text);
        REQUIRE(parse_byte_rate(text));
        CHECK(*parse_byte_rate(text) == value);
        CHECK(show_byte_rate(value) == text);
    }
    for (auto const* text : {"", "256", "256B", "256/s", "B/s", "/s", "0/s", "0B/s", "-1B/s", "256B/min", "256kb/s", "256B /s"})
        CHECK_MESSAGE(!parse_byte_rate(text), text);

    struct
    {
        char const* text;
        share value;
        std::uint64_t of_256, of_3;
    } const shares[] = {
        {"25%", {25, true}, 64, 1}, {"64", {64, false}, 64, 64}, {"100%", {100, true}, 256, 3}, {"1%", {1, true}, 2, 1}};
    for (auto const& s : shares) {
        CAPTURE(s.text);
        REQUIRE(parse_share(s.text));
        CHECK(*parse_share(s.text) == s.value);
        CHECK(show_share(s.value) == s.text);
        CHECK(s.value.of(256) == s.of_256);
        CHECK(s.value.of(3) == s.of_3);
    }
    for (auto const* text : {"", "0", "0%", "101%", "%", "25 %", "2.5%", "-1", "a quarter"})
        CHECK_MESSAGE(!parse_share(text), text);
}

TEST_CASE("text: what is shown reads back as the same value")
{
    for (auto const* text : {"0s", "1ms", "90s", "15m", "1h", "30d"}) CHECK(show_duration(*parse_duration(text)) == text);
    CHECK(show_duration(60s) == "1m");
    for (auto const* text : {"0", "1B", "1000B", "16KiB", "19MiB", "1GiB"}) CHECK(show_size(*parse_size(text)) == text);
    for (auto const* text : {"100/s", "5/15m", "1/d", "3/10s"}) CHECK(show_rate(*parse_rate(text)) == text);
    for (auto const* text : {"client", "user", "account", "token", "route", "header:x-partner"})
        CHECK(show_limit_key(*parse_limit_key(text)) == text);
    CHECK(show_boolean(*parse_boolean("true")) == "true");
    CHECK(show_boolean(*parse_boolean("false")) == "false");
}

TEST_CASE("text: counts are decimal digits")
{
    CHECK(*parse_count("0") == 0);
    CHECK(*parse_count("18446744073709551615") == 18446744073709551615ull);
    for (auto const* text : {"", "012", "00", "0x10", "1e3", "1_000", "-1", "+1", " 1", "1 ", "18446744073709551616", "1.0"})
        CHECK_MESSAGE(!parse_count(text), text);
}

TEST_CASE("text: booleans are true and false, in one spelling")
{
    for (auto const* text : {"yes", "no", "on", "off", "True", "FALSE", "1", "0", "y", "", "true "})
        CHECK_MESSAGE(!parse_boolean(text), text);
}

TEST_CASE("text: fractions lie between 0 and 1")
{
    CHECK(*parse_fraction("0") == 0.0);
    CHECK(*parse_fraction("0.01") == 0.01);
    CHECK(*parse_fraction("1") == 1.0);
    for (auto const* text : {"", "1.1", "-0.1", "nan", "inf", "1e-2", "0,5", "50%", "0.5 "})
        CHECK_MESSAGE(!parse_fraction(text), text);
}

TEST_CASE("text: keys of limits name headers in lower case")
{
    CHECK(*parse_limit_key("header:X-Partner") == limits::key_part{limits::key_part::kind::header, "x-partner"});
    for (auto const* text : {"", "ip", "Client", "header", "header:", "header:a b", "header:a:b"})
        CHECK_MESSAGE(!parse_limit_key(text), text);
}

TEST_CASE("text: names of headers are tokens")
{
    CHECK(*parse_header_name("X-User_Id.1~") == "X-User_Id.1~");
    for (auto const* text : {"", "a b", "a:", "é", "a\r\nb", "(a)", "a/b", "\"a\""})
        CHECK_MESSAGE(!parse_header_name(text), text);
}

TEST_CASE("text: codes of replies are three digits, or two of them with a dash")
{
    struct
    {
        char const* text;
        unsigned first, last;
    } const rows[] = {{"200", 200, 200}, {"200-299", 200, 299}, {"100-599", 100, 599}, {"401-401", 401, 401}};
    for (auto const& row : rows) {
        CAPTURE(row.text);
        auto const read = parse_status_range(row.text);
        REQUIRE(read);
        CHECK(read->first == row.first);
        CHECK(read->last == row.last);
        CHECK(*parse_status_range(show_status_range(*read)) == *read);
    }
    CHECK(show_status_range({401, 401}) == "401");
    for (auto const* text : {"", "-", "2xx", "99", "600", "299-200", "200-", "-200", "200-299-399", "200 - 299", "0200", "+200"})
        CHECK_MESSAGE(!parse_status_range(text), text);
}

TEST_CASE("text: what a health check asks for is a path, and cannot be anything else of a request")
{
    for (auto const* text : {"/", "/healthz", "/up?deep=1&x=%20", "/~a/b;c"}) CHECK_MESSAGE(parse_check_path(text), text);
    for (auto const* text : {"", "healthz", "http://a/", "/a b", "/a\tb", "/a\r\nX: y", "/a#b", "/\xc3\xa4", "*"})
        CHECK_MESSAGE(!parse_check_path(text), text);
}
