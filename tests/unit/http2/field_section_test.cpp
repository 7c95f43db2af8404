#include "tests/unit/http2/sections.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::http2;
using pseudo = field_section::pseudo;

TEST_CASE("field_section: fields keep their order, pseudo-header fields stand apart")
{
    section_of s{request_with({{"accept", "text/html"}, {"x-a", "1"}, {"x-a", ""}}, "/a?b")};
    CHECK(s.section.find(pseudo::method) == "GET");
    CHECK(s.section.find(pseudo::scheme) == "https");
    CHECK(s.section.find(pseudo::authority) == "yett.test");
    CHECK(s.section.find(pseudo::path) == "/a?b");
    CHECK_FALSE(s.section.find(pseudo::status).has_value());
    CHECK(s.section.path_bytes() == 4);
    auto const fields = s.section.fields();
    REQUIRE(fields.size() == 3);
    CHECK(fields[0].name == "accept");
    CHECK(fields[0].value == "text/html");
    CHECK(fields[0].id == http::known::accept);
    CHECK(fields[1].value == "1");
    CHECK(fields[2].name == "x-a");
    CHECK(fields[2].value.empty());
    CHECK(s.section.room().size() >= 3 + field_section::spare);
    CHECK(s.section.fault() == nullptr);
}

TEST_CASE("field_section: crumbs of cookies are one field again, where the first of them stood")
{
    section_of s{request_with({{"a", "1"}, {"cookie", "x=1"}, {"b", "2"}, {"cookie", "y=2"}, {"cookie", ""}, {"cookie", "z=3"}})};
    auto const fields = s.section.fields();
    REQUIRE(fields.size() == 3);
    CHECK(fields[1].name == "cookie");
    CHECK(fields[1].id == http::known::cookie);
    CHECK(fields[1].value == "x=1; y=2; ; z=3");
    CHECK(fields[2].name == "b");
}

TEST_CASE("field_section: each field counts before it is stored")
{
    struct
    {
        char const* what;
        field_texts fields;
        field_section::limits limits;
        bool outgrown;
    } const rows[] = {
        {"three of three", request_with({{"a", ""}, {"b", ""}, {"c", ""}}), {1000, 3}, false},
        {"four of three", request_with({{"a", ""}, {"b", ""}, {"c", ""}, {"d", ""}}), {1000, 3}, true},
        {"repeats", request_with({{"a", "1"}, {"a", "1"}, {"a", "1"}, {"a", "1"}}), {1000, 3}, true},
        {"crumbs", request_with({{"cookie", "a=1"}, {"cookie", "b=1"}, {"cookie", "c=1"}, {"cookie", "d=1"}}), {1000, 3}, true},
        // "GET / HTTP/1.1", "Host: yett.test" and the empty line are 16 + 17 + 2 bytes.
        {"bytes of the request line", request_with({}), {35, 3}, false},
        {"one byte of it too many", request_with({}), {34, 3}, true},
        {"bytes of a field", request_with({{"abc", "defg"}}), {46, 3}, false},
        {"one byte of it too many", request_with({{"abc", "defgh"}}), {46, 3}, true},
        {"the path", request_with({}, "/" + std::string(100, 'a')), {134, 3}, true},
        {"a scheme that is none", {{":method", "GET"}, {":scheme", std::string(50, 's')}, {":path", "/"}}, {60, 3}, true},
    };
    for (auto const& row : rows) {
        CAPTURE(row.what);
        section_of s{row.fields, row.limits};
        CHECK(s.section.has_outgrown() == row.outgrown);
        CHECK(s.bearable);
    }
}

TEST_CASE("field_section: what is beyond the limits is not stored, and eight times as much is the peer's end")
{
    field_section s;
    s.begin({2000, 10});
    int taken = 0;
    while (s.add("x", "y")) ++taken;
    CHECK(taken == 80);
    s.end();
    CHECK(s.fields().size() == 10);
    CHECK_FALSE(s.has_too_many_bytes());

    s.begin({2000, 10000});
    std::string const value(1000, 'v');
    for (taken = 0; s.add("x", value);) ++taken;
    CHECK(taken == 15);
    s.end();
    CHECK(s.fields().size() == 1);
    CHECK(s.has_too_many_bytes());

    s.begin({2000, 10});
    CHECK_FALSE(s.add(":path", std::string(20000, 'p')) == true);
}

TEST_CASE("field_section: pseudo-header fields are known, come once and first")
{
    struct
    {
        field_texts fields;
        char const* fault;
    } const rows[] = {
        {{{":method", "GET"}, {":path", "/"}}, nullptr},
        {{{":foo", "1"}}, "a pseudo-header field that is unknown"},
        {{{":Method", "1"}}, "a pseudo-header field that is unknown"},
        {{{":", "1"}}, "a pseudo-header field that is unknown"},
        {{{":path", "/"}, {":path", "/"}}, "a pseudo-header field twice"},
        {{{":path", ""}, {":path", "/"}}, "a pseudo-header field twice"},
        {{{"a", "b"}, {":path", "/"}}, "a pseudo-header field behind others"},
        {{{"cookie", "b=c"}, {":path", "/"}}, "a pseudo-header field behind others"},
    };
    for (auto const& row : rows) {
        section_of s{row.fields};
        CHECK(std::string{s.section.fault() ? s.section.fault() : ""} == (row.fault ? row.fault : ""));
    }
}

TEST_CASE("field_section: nothing of the one before is left")
{
    field_section s;
    s.begin({});
    for (auto const& [name, value] : request_with({{"cookie", "a=1"}, {":late", ""}})) s.add(name, value);
    s.end();
    REQUIRE(s.fault());
    s.begin({});
    s.add("x", "y");
    s.end();
    CHECK(s.fields().size() == 1);
    CHECK_FALSE(s.find(pseudo::path).has_value());
    CHECK_FALSE(s.fault());
    CHECK(s.bytes() == 8);
    CHECK(s.path_bytes() == 0);
}
