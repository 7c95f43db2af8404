#include "gateway/http/field_block.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

using namespace yett;
using namespace yett::http;

namespace {

struct block_read
{
    explicit block_read(std::string const& lines, std::size_t most = 20) : text{lines + "\r\n"}
    {
        fault = read_fields(text, storage, most, block);
    }

    std::string text;
    std::array<field, 20> storage;
    field_block block;
    std::optional<field_fault> fault;
};

std::string note_of(std::string const& lines)
{
    block_read const b{lines};
    return b.fault ? b.fault->note : "";
}

} // namespace

TEST_CASE("field_block: what a line says, without the blanks around it")
{
    struct
    {
        char const* line;
        char const* name;
        char const* value;
    } const rows[] = {
        {"X-A: one\r\n", "X-A", "one"},
        {"X-A:one\r\n", "X-A", "one"},
        {"X-A: \t one \t \r\n", "X-A", "one"},
        {"X-A:\r\n", "X-A", ""},
        {"X-A:   \r\n", "X-A", ""},
        {"X-A: one two\tthree\r\n", "X-A", "one two\tthree"},
        {"X-A: a:b\r\n", "X-A", "a:b"},
        {"x!#$%&'*+-.^_`|~9: 1\r\n", "x!#$%&'*+-.^_`|~9", "1"},
        {"X-A: caf\xc3\xa9\r\n", "X-A", "caf\xc3\xa9"},
        {"X-A: \xff\r\n", "X-A", "\xff"},
    };
    for (auto const& row : rows) {
        CAPTURE(row.line);
        block_read const b{row.line};
        REQUIRE_FALSE(b.fault);
        REQUIRE(b.block.fields.size() == 1);
        CHECK(b.block.fields[0].name == row.name);
        CHECK(b.block.fields[0].value == row.value);
        CHECK(b.block.fields[0].id == known::other);
    }
}

TEST_CASE("field_block: what two readers could take differently is refused")
{
    struct
    {
        std::string lines;
        char const* note;
    } const rows[] = {
        {"X-A : 1\r\n", "field name is malformed"},
        {" X-A: 1\r\n", "field name is malformed"},
        {"X-A\r\n", "field name is malformed"},
        {": 1\r\n", "field name is malformed"},
        {"X A: 1\r\n", "field name is malformed"},
        {"X-A\t: 1\r\n", "field name is malformed"},
        {"X\xc3\xa9: 1\r\n", "field name is malformed"},
        {"\"X\": 1\r\n", "field name is malformed"},
        {"X-A: 1\r\n 2\r\n", "field name is malformed"},
        {"X-A: 1\r\n\t2\r\n", "field name is malformed"},
        {"X-A: 1\n", "field value is malformed"},
        {"X-A: 1\r", "field value is malformed"},
        {"X-A: 1\rX-B: 2\r\n", "field value is malformed"},
        {"X-A: 1\nX-B: 2\r\n", "field value is malformed"},
        {std::string{"X-A: a\0b\r\n", 10}, "field value is malformed"},
        {"X-A: a\x1f\r\n", "field value is malformed"},
        {"X-A: a\x7f\r\n", "field value is malformed"},
        {"X-A: a\x0b\r\n", "field value is malformed"},
        {"Content-Length: 1\r\nContent-Length: 1\r\n", "more than one Content-Length"},
        {"Content-Length: 1\r\nContent-Length: 2\r\n", "more than one Content-Length"},
        {"Content-Length: 1, 1\r\n", "Content-Length is malformed"},
        {"Content-Length: +1\r\n", "Content-Length is malformed"},
        {"Content-Length: -1\r\n", "Content-Length is malformed"},
        {"Content-Length: 0x1\r\n", "Content-Length is malformed"},
        {"Content-Length: 1 2\r\n", "Content-Length is malformed"},
        {"Content-Length:\r\n", "Content-Length is malformed"},
        {"Content-Length: 9223372036854775808\r\n", "Content-Length is malformed"},
        {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "more than one Transfer-Encoding"},
        {"Transfer-Encoding: gzip\r\n", "Transfer-Encoding is not chunked"},
        {"Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding is not chunked"},
        {"Transfer-Encoding: chunked, chunked\r\n", "Transfer-Encoding is not chunked"},
        {"Transfer-Encoding: identity\r\n", "Transfer-Encoding is not chunked"},
        {"Transfer-Encoding: xchunked\r\n", "Transfer-Encoding is not chunked"},
        {"Transfer-Encoding: \"chunked\"\r\n", "Transfer-Encoding is not chunked"},
        {"Transfer-Encoding:\r\n", "Transfer-Encoding is not chunked"},
        {"Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", "Transfer-Encoding beside Content-Length"},
        {"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding beside Content-Length"},
        {"Connection: a b\r\n", "Connection is malformed"},
        {"Connection: close; now\r\n", "Connection is malformed"},
    };
    for (auto const& row : rows) {
        CAPTURE(row.lines);
        CHECK(note_of(row.lines) == row.note);
    }
}

TEST_CASE("field_block: what the fields say of framing and connection")
{
    struct
    {
        char const* lines;
        std::optional<std::uint64_t> length;
        bool chunked, closes, keeps, expects, expects_other;
    } const rows[] = {
        {"", {}, false, false, false, false, false},
        {"Content-Length: 0\r\n", 0, false, false, false, false, false},
        {"content-LENGTH: 007\r\n", 7, false, false, false, false, false},
        {"Content-Length: 9223372036854775807\r\n", 9223372036854775807u, false, false, false, false, false},
        {"Transfer-Encoding: chunked\r\n", {}, true, false, false, false, false},
        {"Transfer-Encoding: CHUNKED \r\n", {}, true, false, false, false, false},
        {"Connection: close\r\n", {}, false, true, false, false, false},
        {"Connection: Keep-Alive\r\n", {}, false, false, true, false, false},
        {"Connection: x-a, close\r\nConnection: keep-alive\r\n", {}, false, true, true, false, false},
        {"Connection:\r\n", {}, false, false, false, false, false},
        {"Expect: 100-continue\r\n", {}, false, false, false, true, false},
        {"Expect: 100-Continue, 100-continue\r\n", {}, false, false, false, true, false},
        {"Expect: 100-continue\r\nExpect: 100-continue\r\n", {}, false, false, false, true, false},
        {"Expect: 200-ok\r\n", {}, false, false, false, false, true},
        {"Expect: 100-continue, x\r\n", {}, false, false, false, true, true},
        {"Expect:\r\n", {}, false, false, false, false, true},
    };
    for (auto const& row : rows) {
        CAPTURE(row.lines);
        block_read const b{row.lines};
        REQUIRE_FALSE(b.fault);
        CHECK(b.block.content_length == row.length);
        CHECK(b.block.chunked == row.chunked);
        CHECK(b.block.closes == row.closes);
        CHECK(b.block.keeps_alive == row.keeps);
        CHECK(b.block.expects_continue == row.expects);
        CHECK(b.block.expects_other == row.expects_other);
    }
}

TEST_CASE("field_block: hosts are counted, and the last one is kept")
{
    block_read const two{"Host: a\r\nhost: b\r\n"};
    CHECK(two.block.hosts == 2);
    CHECK(two.block.host == "b");
    CHECK((two.block.present & bit_of(known::host)) != 0);
    block_read const none{"X-Host: a\r\n"};
    CHECK(none.block.hosts == 0);
    CHECK(none.block.present == 0);
}

TEST_CASE("field_block: no more fields than allowed, and none beyond the storage")
{
    std::string lines;
    for (int i = 0; i < 5; ++i) lines += "X-A: 1\r\n";
    CHECK_FALSE((block_read{lines, 5}).fault);
    auto const fault = block_read{lines, 4}.fault;
    REQUIRE(fault);
    CHECK(fault->code == errc::header_too_large);
    for (int i = 5; i < 20; ++i) lines += "X-A: 1\r\n";
    CHECK_FALSE((block_read{lines, 1000}).fault);
    CHECK((block_read{lines + "X-A: 1\r\n", 1000}).fault);
}

TEST_CASE("field_block: the empty line is the end, and nothing stands behind it")
{
    std::array<field, 4> storage;
    struct
    {
        char const* text;
        bool refused;
    } const rows[] = {{"\r\n", false},    {"", true},    {"\r", true},         {"\n", true},           {"\r\nX-A: 1", true},
                      {"\r\n\r\n", true}, {"\rX", true}, {"X-A: 1\r\n", true}, {"X-A: 1\r\n\r", true}, {"X-A: 1\r\n\r\n", false}};
    for (auto const& row : rows) {
        CAPTURE(row.text);
        field_block block;
        CHECK(read_fields(row.text, storage, 4, block).has_value() == row.refused);
    }
}

// --- fields that came apart ---------------------------------------------------------

namespace {

// The code and the note of what check_fields refuses; empty: nothing.
std::string fault_of(std::vector<field> fields, std::size_t most = 20)
{
    field_block block;
    auto const fault = check_fields(fields, most, block);
    return fault ? std::string{name_of(fault->code)} + ": " + fault->note : "";
}

} // namespace

TEST_CASE("field_block: fields that came apart are checked as those in text are")
{
    struct
    {
        field sent;
        char const* fault;
    } const rows[] = {
        {{"x-a", "one"}, ""},
        {{"x-a", ""}, ""},
        {{"X-A", "one\ttwo"}, ""},
        {{"x-a", "caf\xc3\xa9"}, ""},
        {{"", "one"}, "bad_request: field name is malformed"},
        {{"x a", "one"}, "bad_request: field name is malformed"},
        {{"x:a", "one"}, "bad_request: field name is malformed"},
        {{"x\n", "one"}, "bad_request: field name is malformed"},
        {{"x-a", "one\r\nx: y"}, "bad_request: field value is malformed"},
        {{"x-a", "one\n"}, "bad_request: field value is malformed"},
        {{"x-a", "\x7f"}, "bad_request: field value is malformed"},
        {{"x-a", {"\0", 1}}, "bad_request: field value is malformed"},
        {{"content-length", "x"}, "bad_request: Content-Length is malformed"},
        {{"transfer-encoding", "gzip"}, "bad_request: Transfer-Encoding is not chunked"},
        {{"connection", "a b"}, "bad_request: Connection is malformed"},
    };
    for (auto const& row : rows) CHECK(fault_of({row.sent}) == row.fault);
    CHECK(fault_of({{"content-length", "1"}, {"content-length", "1"}}) == "bad_request: more than one Content-Length");
    CHECK(fault_of({{"content-length", "1"}, {"transfer-encoding", "chunked"}}) == "bad_request: Transfer-Encoding beside Content-Length");
    CHECK(fault_of(std::vector<field>(21, {"a", "b"})) == "header_too_large: too many fields");
}

TEST_CASE("field_block: fields that came apart are marked in place, without the blanks around their values")
{
    std::vector<field> fields{{"Host", " a.test "}, {"x", "\t1"}, {"expect", "100-continue"}, {"connection", "close"}};
    field_block block;
    REQUIRE_FALSE(check_fields(fields, 20, block));
    CHECK(fields[0].id == known::host);
    CHECK(fields[0].value == "a.test");
    CHECK(fields[1].value == "1");
    CHECK(block.host == "a.test");
    CHECK(block.hosts == 1);
    CHECK(block.expects_continue);
    CHECK(block.closes);
    CHECK(block.fields.size() == 4);
    CHECK((block.present & bit_of(known::host)) != 0);
    CHECK((block.present & bit_of(known::cookie)) == 0);
}

TEST_CASE("field_block: what may stand in a value")
{
    for (auto const* text : {"", "a", "a b", "a\tb", "\xff", "~"}) CHECK(is_field_value(text));
    for (auto const* text : {"\r", "\n", "a\x01", "\x1f", "a\x7f"}) CHECK_FALSE(is_field_value(text));
}
