#include "gateway/net/http2/http2_body.hpp"
#include "gateway/http/framing.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace yett;
using namespace yett::net;

namespace {

struct upload
{
    explicit upload(char const* length, std::uint64_t limit = 0, std::size_t memory = 1 << 20, bool ends = false)
        : pool{4096},
          budget{memory}
    {
        if (length) fields.push_back({"content-length", length});
        http::framing::request_parts parts;
        parts.method = "POST";
        parts.path = "/";
        parts.authority = "a";
        parts.ends = ends;
        body.emplace(pool, budget, *http::framing::check_request(parts, fields, {}), limit);
    }
    // What is at hand, and how it ends: "…" more is to come, "." that was all, or the code of the failure.
    std::string read()
    {
        std::string text;
        for (;;) {
            auto const part = body->next();
            if (!part) return text + std::string{name_of(part.error().code())};
            text.append(part->data);
            if (part->last) return text + ".";
            if (part->data.empty()) return text + "…";
            body->taken();
        }
    }

    transport::buffer_pool pool;
    buffer_budget budget;
    std::vector<http::field> fields;
    std::optional<http2_body> body;
};

} // namespace

TEST_CASE("http2_body: parts as they come, and an end")
{
    upload u{"10"};
    CHECK(u.read() == "…");
    u.body->came("hello");
    CHECK(u.body->has_more());
    CHECK(u.read() == "hello…");
    CHECK(u.body->taken() == 0);
    u.body->came("world");
    CHECK_FALSE(u.body->complete());
    u.body->ended();
    CHECK(u.body->complete());
    CHECK(u.read() == "world.");
    CHECK(u.body->taken() == 5);
    CHECK(u.read() == ".");
    CHECK(u.body->received() == 10);
}

TEST_CASE("http2_body: what was given is taken when more is asked for")
{
    upload u{nullptr};
    u.body->came(std::string(10000, 'x'));
    auto const part = u.body->next();
    REQUIRE(part.has_value());
    CHECK(part->data.size() == 4096);
    CHECK_FALSE(part->last);
    CHECK(u.body->taken() == 4096);
    CHECK(u.body->taken() == 0);
    u.body->ended();
    CHECK(u.read() == std::string(10000 - 4096, 'x') + ".");
}

TEST_CASE("http2_body: a body that never comes")
{
    upload u{nullptr, 0, 1 << 20, true};
    CHECK(u.body->complete());
    CHECK(u.body->has_more());
    CHECK(u.read() == ".");
}

TEST_CASE("http2_body: limits, declared and counted")
{
    upload declared{"11", 10};
    CHECK(declared.read() == "body_too_large");
    declared.body->limit(0);
    CHECK(declared.read() == "…");
    upload counted{nullptr, 10};
    counted.body->came("0123456789");
    CHECK(counted.read() == "0123456789…");
    counted.body->came("!");
    CHECK(counted.read() == "body_too_large");
    CHECK(counted.body->received() == 11);
}

TEST_CASE("http2_body: without memory it fails, and gives back what it held")
{
    upload u{nullptr, 0, 8192};
    u.body->came(std::string(20000, 'x'));
    CHECK(u.read() == "overloaded");
    u.body.reset();
    CHECK(u.budget.left() == 8192);
}

TEST_CASE("http2_body: trailers come with the last part, those that may")
{
    upload u{nullptr};
    u.body->came("a");
    http2::field_section section;
    section.begin({});
    section.add("x-sum", "1");
    section.add("authorization", "Bearer x");
    section.end();
    u.body->trailers_came(section);
    u.body->ended();
    auto const part = u.body->next();
    REQUIRE(part.has_value());
    CHECK(part->last);
    REQUIRE(part->trailers.size() == 1);
    CHECK(part->trailers[0].name == "x-sum");
    CHECK(part->trailers[0].value == "1");
}

TEST_CASE("http2_body: 100 is owed once, and not behind the first byte")
{
    upload plain{"5"};
    CHECK_FALSE(plain.body->owes_continue());
    upload u{nullptr};
    u.fields.push_back({"expect", "100-continue"});
    http::framing::request_parts parts;
    parts.method = "POST";
    parts.path = "/";
    parts.authority = "a";
    http2_body waits{u.pool, u.budget, *http::framing::check_request(parts, u.fields, {}), 0};
    http2_body sends{u.pool, u.budget, *http::framing::check_request(parts, u.fields, {}), 0};
    CHECK(waits.owes_continue());
    CHECK_FALSE(waits.owes_continue());
    sends.came("x");
    CHECK_FALSE(sends.owes_continue());
}

TEST_CASE("http2_body: is kept in one piece as far as it may be")
{
    upload u{"12"};
    u.body->came("hello ");
    auto const first = u.body->next();
    REQUIRE(u.body->gather(*first, 10));
    CHECK(u.body->taken() == 6);
    CHECK(*u.body->gather_more() == false);
    u.body->came("worlds");
    CHECK(*u.body->gather_more() == false);
    CHECK(u.body->taken() == 4);
    CHECK(*u.body->gather_more() == true);
    CHECK(u.body->gathered().data == "hello worl");
    CHECK_FALSE(u.body->gathered().last);
    u.body->ended();
    CHECK(u.read() == "ds.");

    upload whole{"5"};
    REQUIRE(whole.body->gather({}, 10));
    whole.body->came("hello");
    whole.body->ended();
    CHECK(*whole.body->gather_more() == true);
    CHECK(whole.body->gathered().data == "hello");
    CHECK(whole.body->gathered().last);

    upload stream{"5"};
    stream.body->pass();
    CHECK_FALSE(stream.body->gather({}, 10));
    CHECK_FALSE(whole.body->gather({"hello", true}, 10));
    CHECK_FALSE(whole.body->gather({"0123456789", false}, 10));
}
