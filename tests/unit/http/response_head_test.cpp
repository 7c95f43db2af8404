#include "tests/unit/http/parsed.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::http;
using namespace std::string_literals;

namespace {

std::string reply_with(std::string const& fields, std::string const& line = "HTTP/1.1 200 OK")
{
    return line + "\r\n" + fields + "\r\n";
}

void check_broken(std::string const& bytes, method asked = method::get)
{
    parsed_response const p{bytes, asked};
    CAPTURE(bytes);
    REQUIRE(!p.h.has_value());
    CHECK(*p.why == errc::upstream_broken);
}

} // namespace

TEST_CASE("reply head: the way the body ends follows status, method and fields")
{
    struct
    {
        char const* line;
        char const* fields;
        method asked;
        response_body body;
        bool kept;
    } const cases[] = {
        {"HTTP/1.1 200 OK", "Content-Length: 5\r\n", method::get, response_body::length, true},
        {"HTTP/1.1 200 OK", "Transfer-Encoding: chunked\r\n", method::get, response_body::chunked, true},
        {"HTTP/1.1 200 OK", "", method::get, response_body::until_close, false},
        {"HTTP/1.0 200 OK", "Connection: keep-alive\r\n", method::get, response_body::until_close, false},
        {"HTTP/1.0 200 OK", "Connection: keep-alive\r\nContent-Length: 5\r\n", method::get, response_body::length, true},
        {"HTTP/1.0 200 OK", "Content-Length: 5\r\n", method::get, response_body::length, false},
        {"HTTP/1.1 200 OK", "Connection: close\r\nContent-Length: 5\r\n", method::get, response_body::length, false},
        {"HTTP/1.1 200 OK", "Content-Length: 5\r\n", method::head, response_body::none, true},
        {"HTTP/1.1 200 OK", "Transfer-Encoding: chunked\r\n", method::head, response_body::none, true},
        {"HTTP/1.1 204 No Content", "", method::get, response_body::none, true},
        {"HTTP/1.1 204 No Content", "Content-Length: 0\r\n", method::get, response_body::none, true},
        {"HTTP/1.1 304 Not Modified", "Content-Length: 500\r\n", method::get, response_body::none, true},
        {"HTTP/1.1 304 Not Modified", "Transfer-Encoding: chunked\r\n", method::get, response_body::none, true},
        {"HTTP/1.1 100 Continue", "", method::post, response_body::none, true},
        {"HTTP/1.1 103 Early Hints", "Link: </a>\r\n", method::get, response_body::none, true},
        {"HTTP/1.1 599", "Content-Length: 0\r\n", method::get, response_body::length, true},
        {"HTTP/1.1 200 ", "Content-Length: 0\r\n", method::get, response_body::length, true},
        {"HTTP/1.1 500 Ori\xebntatie  probleem", "Content-Length: 0\r\n", method::get, response_body::length, true},
    };
    for (auto const& c : cases) {
        parsed_response const p{reply_with(c.fields, c.line), c.asked};
        CAPTURE(c.line);
        CAPTURE(c.fields);
        REQUIRE(p.h.has_value());
        CHECK(p.h->body() == c.body);
        CHECK(p.h->keep_alive() == c.kept);
        CHECK(p.h->interim() == (p.h->status() < 200));
    }
}

TEST_CASE("reply head: status, length and fields are kept as written")
{
    parsed_response const p{reply_with("Content-Length: 42\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\nExpect: nothing\r\n"),
                            method::head};
    REQUIRE(p.h.has_value());
    CHECK(p.h->status() == 200);
    CHECK(p.h->version() == version::http_1_1);
    CHECK(p.h->content_length() == 42u);
    CHECK(p.h->fields().size() == 4);
    CHECK(p.h->value(known::set_cookie) == "a=b");
    CHECK(p.h->find("SET-COOKIE")->value == "a=b");
    CHECK(p.h->value(known::location).empty());
}

TEST_CASE("reply head: split or duplicated framing fields break the connection")
{
    for (auto const* fields : {"Content-Length: 5\r\nContent-Length: 5\r\n",
                               "Content-Length: 5\r\nContent-Length: 6\r\n",
                               "Content-Length: 5, 5\r\n",
                               "Content-Length: -5\r\n",
                               "Content-Length:\r\n",
                               "Content-Length: 0x5\r\n",
                               "Content-Length: 99999999999999999999\r\n",
                               "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                               "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                               "Transfer-Encoding: gzip, chunked\r\n",
                               "Transfer-Encoding: identity\r\n",
                               "Transfer-Encoding: chunked, chunked\r\n",
                               "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                               "Transfer-Encoding:\r\n",
                               "Transfer-Encoding: xchunked\r\n",
                               "Content-Length : 5\r\n",
                               "Transfer-Encoding:\r\n chunked\r\n",
                               "X: a\r\n b\r\n",
                               "X: a\nY: b\r\n",
                               "X: a\rY: b\r\n",
                               "X: \x01\r\n",
                               ": a\r\n",
                               "X\r\n",
                               "Connection: \"close\"\r\n"})
        check_broken(reply_with(fields));
    check_broken(reply_with("Transfer-Encoding: chunked\r\n", "HTTP/1.0 200 OK"));
    check_broken(reply_with("X: \0\r\n"s));
}

TEST_CASE("reply head: a body announced where none can be is none, and the connection serves no other request")
{
    for (auto const* line : {"HTTP/1.1 204 No Content", "HTTP/1.0 204 No Content", "HTTP/1.1 100 Continue",
                             "HTTP/1.1 102 Processing", "HTTP/1.1 101 Switching Protocols"})
        for (auto const* framing : {"Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"}) {
            CAPTURE(line);
            CAPTURE(framing);
            parsed_response const p{reply_with(framing, line)};
            REQUIRE(p.h.has_value());
            CHECK(p.h->body() == response_body::none);
            CHECK_FALSE(p.h->keep_alive());
        }
}

TEST_CASE("reply head: the words behind the status are kept, and none are none")
{
    struct
    {
        char const* line;
        char const* reason;
    } const cases[] = {{"HTTP/1.1 200 OK", "OK"},
                       {"HTTP/1.1 200 ", ""},
                       {"HTTP/1.1 200", ""},
                       {"HTTP/1.1 404  a  b ", " a  b "},
                       {"HTTP/1.1 500 \xeb\t!", "\xeb\t!"}};
    for (auto const& c : cases) {
        parsed_response const p{reply_with("Content-Length: 0\r\n", c.line)};
        REQUIRE(p.h.has_value());
        CHECK(p.h->reason() == c.reason);
    }
}

TEST_CASE("reply head: a malformed status line breaks the connection")
{
    for (auto const* line : {"HTTP/1.1 099 X",      "HTTP/1.1 600 X",   "HTTP/1.1 999 X",
                             "HTTP/1.1 000 X",      "HTTP/1.1 20 OK",   "HTTP/1.1 2000 OK",
                             "HTTP/1.1 -20 OK",     "HTTP/1.1  200 OK", "HTTP/1.1\t200 OK",
                             "HTTP/1.1 200\tOK",    "HTTP/1.1 2x0 OK",  "HTTP/1.2 200 OK",
                             "HTTP/2 200 OK",       "HTTP/0.9 200 OK",  "ICY 200 OK",
                             "http/1.1 200 OK",     " HTTP/1.1 200 OK", "HTTP/1.1 200 O\x01K",
                             "HTTP/1.1 200 OK\r",   "HTTP/1.1",         "",
                             "\r\nHTTP/1.1 200 OK", "HTTP/1.1 200OK"})
        check_broken(reply_with("Content-Length: 0\r\n", line));
    check_broken("HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n");
    check_broken("HTTP/1.1 200");
    check_broken("HTTP/1.1 200 OK\r\n");
    check_broken("");
}

TEST_CASE("reply head: sizes are limited")
{
    check_broken(reply_with("X: " + std::string(17000, 'a') + "\r\n"));
    std::string many;
    for (int i = 0; i < 101; ++i) many += "X: y\r\n";
    check_broken(reply_with(many));
}
