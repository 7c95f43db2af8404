#include "gateway/upstream/streams/http2_reply.hpp"

#include "tests/support/print.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace yett;
using http::response_body;
using upstream::http2_reply;

namespace {

using fields = std::vector<std::pair<std::string, std::string>>;

http2::field_section section(fields const& of)
{
    http2::field_section made;
    made.begin({});
    for (auto const& [name, value] : of) made.add(name, value);
    made.end();
    return made;
}

struct heard_reply : http2_reply
{
    explicit heard_reply(http::method asked = http::method::get) : http2_reply{asked, {65536, 100, 0}} {}
    result<http::response_head> head_came(fields const& of, bool ends = false)
    {
        auto made = section(of);
        return take_head(made, ends);
    }
    void trailers_came(fields const& of)
    {
        auto made = section(of);
        take_trailers(made);
        end();
    }
};

} // namespace

TEST_CASE("http2_reply: a head says what comes behind it, by its status, the method and its length")
{
    struct row
    {
        fields head;
        http::method asked;
        response_body body;
        bool awaits;
    };
    using enum http::method;
    row const rows[] = {
        {{{":status", "200"}, {"content-length", "5"}}, get, response_body::length, true},
        {{{":status", "200"}, {"content-length", "0"}}, get, response_body::length, false},
        {{{":status", "200"}}, get, response_body::chunked, true},
        {{{":status", "204"}}, get, response_body::none, false},
        {{{":status", "304"}, {"content-length", "5"}}, get, response_body::none, false},
        {{{":status", "200"}, {"content-length", "5"}}, http::method::head, response_body::none, false},
    };
    for (auto const& each : rows) {
        CAPTURE(each.head.back().second);
        heard_reply reply{each.asked};
        REQUIRE(reply.head_came(each.head));
        CHECK(reply.heard());
        CHECK(reply.has_head());
        CHECK(reply.head().body() == each.body);
        CHECK(reply.awaits_body() == each.awaits);
    }
}

TEST_CASE("http2_reply: interim heads are heard and are not the reply's")
{
    heard_reply reply;
    auto const early = reply.head_came({{":status", "103"}, {"link", "</a>"}});
    REQUIRE(early);
    CHECK(early->interim());
    CHECK(reply.heard());
    CHECK_FALSE(reply.has_head());
    REQUIRE(reply.head_came({{":status", "200"}, {"x", "1"}}));
    CHECK(reply.head().status() == 200);
    CHECK(reply.head().find("x")->value == "1");
    CHECK(reply.fields().size() >= 2);
}

TEST_CASE("http2_reply: what is no reply is broken")
{
    fields const cases[] = {
        {{"x", "1"}},
        {{":status", "20"}},
        {{":status", "abc"}},
        {{":status", "101"}},
        {{":status", "200"}, {"connection", "close"}},
        {{":status", "200"}, {"transfer-encoding", "chunked"}},
        {{":status", "200"}, {"content-length", "5"}, {"content-length", "6"}},
        {{":status", "200"}, {"content-length", "five"}},
        {{":method", "GET"}},
    };
    for (auto const& each : cases) {
        CAPTURE(each.back().first);
        heard_reply reply;
        auto const head = reply.head_came(each);
        REQUIRE_FALSE(head);
        CHECK(head.error() == errc::upstream_broken);
        CHECK(head.error().from() == origin::upstream);
        CHECK(reply.heard());
        CHECK_FALSE(reply.has_head());
    }
}

TEST_CASE("http2_reply: parts are handed out as they came, and may come anew once they were passed on")
{
    heard_reply reply;
    REQUIRE(reply.head_came({{":status", "200"}}));
    CHECK_FALSE(reply.has_news());
    reply.take_data("hel");
    reply.take_data("lo");
    CHECK(reply.has_news());
    auto const first = reply.next();
    CHECK(first.data == "hello");
    CHECK_FALSE(first.last);
    CHECK_FALSE(reply.has_news());
    reply.take_data(" world"); // while the first is on its way
    CHECK(first.data == "hello");
    CHECK(reply.done() == 5);
    CHECK(reply.done() == 0);
    reply.end();
    auto const rest = reply.next();
    CHECK(rest.data == " world");
    CHECK(rest.last);
    CHECK(rest.trailers.empty());
    CHECK(reply.done() == 6);
    CHECK(reply.has_news()); // the end stays the end
    CHECK(reply.next().last);
}

TEST_CASE("http2_reply: trailers come with the last part, and without a body alone")
{
    heard_reply reply;
    REQUIRE(reply.head_came({{":status", "200"}}));
    reply.take_data("a");
    reply.trailers_came({{"grpc-status", "0"}, {"grpc-message", "fine"}});
    auto const last = reply.next();
    CHECK(last.data == "a");
    REQUIRE(last.trailers.size() == 2);
    CHECK(last.trailers[0].name == "grpc-status");
    CHECK(last.trailers[1].value == "fine");
    heard_reply bare;
    REQUIRE(bare.head_came({{":status", "200"}}));
    bare.trailers_came({{"grpc-status", "5"}});
    CHECK(bare.next().trailers.size() == 1);
}
