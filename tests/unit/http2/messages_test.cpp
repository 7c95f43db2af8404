#include "gateway/http2/messages.hpp"
#include "tests/unit/http2/sections.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::http2;

namespace {

http::framing::limits const limits;

field_texts reply_with(field_texts more, std::string const& status = "200")
{
    field_texts all{{":status", status}};
    for (auto& each : more) all.push_back(std::move(each));
    return all;
}

std::string text(char const* note)
{
    return note ? note : "";
}

// The same request as HTTP/1.1 spells it.
std::string as_http1(field_texts const& more, std::string const& path, std::string const& method)
{
    auto out = method + " " + path + " HTTP/1.1\r\nHost: yett.test\r\n";
    for (auto const& [name, value] : more) out += name + ": " + value + "\r\n";
    return out + "\r\n";
}

} // namespace

TEST_CASE("messages: a request's head is what HTTP/1.1 proves of it")
{
    section_of s{
        request_with({{"content-type", "text/plain"}, {"content-length", "5"}, {"expect", "100-continue"}}, "/a/b?c", "POST")};
    auto const head = request_head_of(s.section, false, limits);
    REQUIRE(head.has_value());
    CHECK(head->method() == http::method::post);
    CHECK(head->method_name() == "POST");
    CHECK(head->raw_target() == "/a/b?c");
    CHECK(head->host() == "yett.test");
    CHECK(head->version() == http::version::http_2);
    CHECK(head->body() == http::body_kind::length);
    CHECK(head->content_length() == 5);
    CHECK(head->expects_continue());
    CHECK(head->keep_alive());
    CHECK(head->value(http::known::content_type) == "text/plain");
    CHECK_FALSE(head->has(http::known::host));
}

TEST_CASE("messages: where the body of a request ends")
{
    struct
    {
        field_texts fields;
        bool ends;
        http::body_kind body;
        bool waits;
    } const rows[] = {
        {{}, true, http::body_kind::none, false},
        {{}, false, http::body_kind::chunked, false},
        {{{"content-length", "0"}}, true, http::body_kind::none, false},
        {{{"content-length", "0"}}, false, http::body_kind::length, false},
        {{{"content-length", "7"}}, false, http::body_kind::length, false},
        {{{"expect", "100-continue"}}, true, http::body_kind::none, false},
        {{{"expect", "100-continue"}}, false, http::body_kind::chunked, true},
        {{{"expect", "100-continue"}, {"content-length", "0"}}, false, http::body_kind::length, false},
    };
    for (auto const& row : rows) {
        section_of s{request_with(row.fields, "/", "POST")};
        auto const head = request_head_of(s.section, row.ends, limits);
        REQUIRE(head.has_value());
        CHECK(head->body() == row.body);
        CHECK(head->expects_continue() == row.waits);
    }
    section_of s{request_with({{"content-length", "7"}}, "/", "POST")};
    CHECK(request_head_of(s.section, true, limits).error() == errc::bad_request);
}

TEST_CASE("messages: whatever HTTP/1.1 refuses is refused with the same code")
{
    struct
    {
        std::string what;
        field_texts fields;
        std::string path = "/";
        std::string method = "GET";
    } const rows[] = {
        {"a request like most", {{"accept", "*/*"}}},
        {"a tab in a value", {{"x", "a\tb"}}},
        {"bytes beyond ASCII", {{"x", "caf\xc3\xa9"}}, "/caf\xc3\xa9"},
        {"a name that is no token", {{"x y", "1"}}},
        {"a name of nothing", {{"", "1"}}},
        {"a bare CR in a value", {{"x", "a\rb"}}},
        {"NUL in a value", {{"x", std::string{"a\0b", 3}}}},
        {"DEL in a value", {{"x", "a\x7f"}}},
        {"two lengths", {{"content-length", "5"}, {"content-length", "5"}}, "/", "POST"},
        {"a length that is none", {{"content-length", "5x"}}, "/", "POST"},
        {"a length with a sign", {{"content-length", "+5"}}, "/", "POST"},
        {"an expectation that is not met", {{"expect", "200-ok"}}, "/", "POST"},
        {"another Host", {{"host", "other.test"}}},
        {"two Hosts", {{"host", "yett.test"}, {"host", "yett.test"}}},
        {"a Host that is malformed", {{"host", "yett.test/"}}},
        {"an unknown method", {}, "/", "FOO"},
        {"a method in lower case", {}, "/", "get"},
        {"TRACE", {}, "/", "TRACE"},
        {"an asterisk for GET", {}, "*"},
        {"an asterisk for OPTIONS", {}, "*", "OPTIONS"},
        {"a path without a slash", {}, "a/b"},
        {"a blank in the path", {}, "/a b"},
        {"a control byte in the path", {}, "/a\x01"},
        {"a method that is no token", {}, "/", "GE T"},
        {"a long target", {}, "/" + std::string(9000, 'a')},
        {"a huge target", {}, "/" + std::string(17000, 'a')},
        {"a huge field", {{"x", std::string(17000, 'a')}}},
        {"too many fields", field_texts(101, {"x", "y"})},
    };
    for (auto const& row : rows) {
        CAPTURE(row.what);
        section_of s{request_with(row.fields, row.path, row.method), {limits.header_bytes, limits.fields}};
        auto const here = request_head_of(s.section, row.method != "POST", limits);
        std::vector<http::field> storage(limits.fields);
        auto const there = http::framing::read_request(as_http1(row.fields, row.path, row.method), storage, limits);
        // Host is one field more there, and is Host; here it may be said besides ":authority".
        auto const host_again = !row.fields.empty() && row.fields[0].first == "host";
        if (host_again) continue;
        REQUIRE(here.has_value() == there.has_value());
        if (!here) CHECK(name_of(here.error().code()) == name_of(there.error().code()));
    }
}

TEST_CASE("messages: a line end that would be two fields in HTTP/1.1 is none here")
{
    section_of s{request_with({{"x", "a\r\ny: b"}})};
    CHECK(request_head_of(s.section, true, limits).error() == errc::bad_request);
}

TEST_CASE("messages: :authority and Host name one server, or neither is believed")
{
    struct
    {
        field_texts fields;
        char const* host; // null: refused
    } const rows[] = {
        {{{":method", "GET"}, {":scheme", "https"}, {":authority", "a.test"}, {":path", "/"}}, "a.test"},
        {{{":method", "GET"}, {":scheme", "https"}, {":path", "/"}, {"host", "a.test"}}, "a.test"},
        {{{":method", "GET"}, {":scheme", "https"}, {":authority", ""}, {":path", "/"}, {"host", "a.test"}}, "a.test"},
        {{{":method", "GET"}, {":scheme", "https"}, {":authority", "a.test"}, {":path", "/"}, {"host", "A.test:443"}}, "a.test"},
        {{{":method", "GET"}, {":scheme", "http"}, {":authority", "a.test"}, {":path", "/"}, {"host", "a.test:443"}}, nullptr},
        {{{":method", "GET"}, {":scheme", "https"}, {":authority", "a.test"}, {":path", "/"}, {"host", "b.test"}}, nullptr},
        {{{":method", "GET"},
          {":scheme", "https"},
          {":authority", "a.test"},
          {":path", "/"},
          {"host", "a.test"},
          {"host", "a.test"}},
         nullptr},
        {{{":method", "GET"}, {":scheme", "https"}, {":authority", "a@b.test"}, {":path", "/"}}, nullptr},
        {{{":method", "GET"}, {":scheme", "https"}, {":authority", "a.test:x"}, {":path", "/"}}, nullptr},
        {{{":method", "GET"}, {":scheme", "https"}, {":path", "/"}, {"host", "a b"}}, nullptr},
        {{{":method", "GET"}, {":scheme", "https"}, {":path", "/"}}, nullptr},
    };
    for (auto const& row : rows) {
        section_of s{row.fields};
        auto const head = request_head_of(s.section, true, limits);
        REQUIRE(head.has_value() == (row.host != nullptr));
        if (head) CHECK(head->host() == row.host);
        else CHECK(head.error() == errc::bad_request);
    }
}

TEST_CASE("messages: what makes a request malformed")
{
    struct
    {
        field_texts fields;
        char const* why;
    } const rows[] = {
        {request_with({}), ""},
        {request_with({{"te", "trailers"}}), ""},
        {request_with({{"te", "Trailers"}}), ""},
        {request_with({{"te", "gzip"}}), "a field that is of a connection"},
        {request_with({{"te", "trailers, gzip"}}), "a field that is of a connection"},
        {request_with({{"connection", "close"}}), "a field that is of a connection"},
        {request_with({{"keep-alive", "1"}}), "a field that is of a connection"},
        {request_with({{"proxy-connection", "close"}}), "a field that is of a connection"},
        {request_with({{"transfer-encoding", "chunked"}}), "a field that is of a connection"},
        {request_with({{"upgrade", "h2c"}}), "a field that is of a connection"},
        {request_with({{"X-A", "1"}}), "a field's name in upper case"},
        {request_with({{":late", "1"}}), "a pseudo-header field that is unknown"},
        {{{":method", "GET"}, {":scheme", "https"}, {":authority", "a"}}, "a pseudo-header field is missing"},
        {{{":method", "GET"}, {":path", "/"}, {":authority", "a"}}, "a pseudo-header field is missing"},
        {{{":scheme", "https"}, {":path", "/"}, {":authority", "a"}}, "a pseudo-header field is missing"},
        {request_with({}, ""), "an empty path"},
        {{{":method", "GET"}, {":scheme", "ftp"}, {":path", "/"}, {":authority", "a"}}, "another scheme than http and https"},
        {{{":method", "GET"}, {":scheme", "https"}, {":path", "/"}, {":authority", "a"}, {":status", "200"}},
         "a request with a status"},
        {{{":method", "CONNECT"}, {":authority", "a:1"}}, ""},
        {{{":method", "CONNECT"}}, "CONNECT without an authority"},
        {{{":method", "CONNECT"}, {":authority", "a:1"}, {":path", "/"}}, "CONNECT with a scheme or a path"},
        {{{":method", "CONNECT"}, {":authority", "a:1"}, {":scheme", "https"}}, "CONNECT with a scheme or a path"},
        {{{":method", "CONNECT"}, {":protocol", "websocket"}, {":scheme", "https"}, {":path", "/"}, {":authority", "a"}}, ""},
        {{{":method", "CONNECT"}, {":protocol", "websocket"}, {":scheme", "https"}, {":path", "/"}},
         ":protocol without an authority"},
        {{{":method", "GET"}, {":protocol", "websocket"}, {":scheme", "https"}, {":path", "/"}, {":authority", "a"}},
         ":protocol without CONNECT"},
    };
    for (auto const& row : rows) {
        section_of s{row.fields};
        CHECK(text(malformed_request(s.section)) == row.why);
    }
    section_of tunnel{{{":method", "CONNECT"}, {":authority", "a:1"}}};
    CHECK(request_head_of(tunnel.section, false, limits).error() == errc::method_not_allowed);
}

TEST_CASE("messages: a reply's head and where its body ends")
{
    struct
    {
        field_texts fields;
        bool ends;
        http::method asked;
        http::response_body body;
    } const rows[] = {
        {reply_with({}), false, http::method::get, http::response_body::chunked},
        {reply_with({}), true, http::method::get, http::response_body::none},
        {reply_with({{"content-length", "5"}}), false, http::method::get, http::response_body::length},
        {reply_with({{"content-length", "5"}}), true, http::method::head, http::response_body::none},
        {reply_with({}, "304"), true, http::method::get, http::response_body::none},
        {reply_with({}, "204"), false, http::method::get, http::response_body::none},
        {reply_with({{"link", "</a>"}}, "103"), false, http::method::get, http::response_body::none},
    };
    for (auto const& row : rows) {
        section_of s{row.fields};
        auto const head = response_head_of(s.section, row.ends, row.asked, limits);
        REQUIRE(head.has_value());
        CHECK(head->body() == row.body);
        CHECK(head->version() == http::version::http_2);
        CHECK(head->keep_alive());
        CHECK(head->interim() == (row.fields[0].second == "103"));
    }
}

TEST_CASE("messages: what is no reply is broken")
{
    struct
    {
        field_texts fields;
        bool malformed;
    } const rows[] = {
        {{}, true},
        {reply_with({}, "20"), true},
        {reply_with({}, "2000"), true},
        {reply_with({}, "abc"), true},
        {reply_with({}, "101"), true},
        {reply_with({}, "099"), true},
        {reply_with({{"connection", "close"}}), true},
        {reply_with({{"X-A", "1"}}), true},
        {{{":status", "200"}, {":path", "/"}}, true},
        {{{":status", "200"}, {":status", "200"}}, true},
        {{{"x", "y"}, {":status", "200"}}, true},
        {reply_with({}, "600"), false},
        {reply_with({{"x", "a\nb"}}), false},
        {reply_with({{"content-length", "1"}, {"content-length", "1"}}), false},
        {{{":status", "200"}, {"x", std::string(17000, 'x')}}, false},
    };
    for (auto const& row : rows) {
        section_of s{row.fields};
        CHECK((malformed_response(s.section) != nullptr) == row.malformed);
        if (row.malformed) continue;
        auto const head = response_head_of(s.section, false, http::method::get, limits);
        REQUIRE_FALSE(head.has_value());
        CHECK(head.error() == errc::upstream_broken);
        CHECK(head.error().from() == origin::upstream);
    }
    section_of early{reply_with({}, "103")};
    CHECK_FALSE(response_head_of(early.section, true, http::method::get, limits).has_value());
}

TEST_CASE("messages: trailers have no pseudo-header fields and are of no connection")
{
    struct
    {
        field_texts fields;
        char const* why;
    } const rows[] = {
        {{{"grpc-status", "0"}}, ""},
        {{}, ""},
        {{{":path", "/"}}, "trailers with a pseudo-header field"},
        {{{":status", "200"}}, "trailers with a pseudo-header field"},
        {{{"connection", "close"}}, "a field that is of a connection"},
        {{{"Grpc-Status", "0"}}, "a field's name in upper case"},
    };
    for (auto const& row : rows) {
        section_of s{row.fields};
        CHECK(text(malformed_trailers(s.section)) == row.why);
    }
}
