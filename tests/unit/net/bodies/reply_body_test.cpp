#include "gateway/net/bodies/reply_body.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <vector>

using namespace yett;
using http::response_body;

namespace {

struct part
{
    std::string data;
    bool last;
};

// What leaves when these are sent one after the other, "!" for one that is refused.
std::string sent(response_body follows, std::uint64_t length, std::vector<part> const& parts)
{
    net::reply_body body;
    body.begin(follows, length);
    std::string all;
    for (auto const& each : parts) {
        auto const admitted = body.admit(each.data, each.last);
        if (!admitted) return all + "!";
        std::string out;
        auto const beyond = body.frame(out, *admitted, each.last);
        all.append(out).append(beyond.part).append(beyond.after);
    }
    return all + (body.complete() ? "." : "…");
}

} // namespace

TEST_CASE("reply body: what leaves of it")
{
    struct row
    {
        char const* what;
        response_body follows;
        std::uint64_t length;
        std::vector<part> parts;
        char const* sent;
    };
    auto const chunked = response_body::chunked;
    auto const length = response_body::length;
    for (auto const& each : {
             row{"of a declared length", length, 5, {{"hello", true}}, "hello."},
             row{"in two parts", length, 5, {{"hel", false}, {"lo", true}}, "hello."},
             row{"whose end comes alone", length, 5, {{"hello", false}, {"", true}}, "hello."},
             row{"none of it yet", length, 5, {{"", false}}, "…"},
             row{"empty", length, 0, {{"", true}}, "."},
             row{"a byte too much", length, 5, {{"hello!", true}}, "!"},
             row{"a byte too much in the second part", length, 5, {{"hello", false}, {"!", true}}, "hello!"},
             row{"a byte short", length, 5, {{"hell", true}}, "!"},
             row{"short in the second part", length, 5, {{"he", false}, {"l", true}}, "he!"},
             row{"something where nothing was declared", length, 0, {{"x", true}}, "!"},

             row{"in one chunk", chunked, 0, {{"hello", true}}, "5\r\nhello\r\n0\r\n\r\n."},
             row{"in two", chunked, 0, {{"hel", false}, {"lo", true}}, "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n."},
             row{"whose last chunk comes alone", chunked, 0, {{"hello", false}, {"", true}}, "5\r\nhello\r\n0\r\n\r\n."},
             row{"an empty chunk would end it", chunked, 0, {{"", false}, {"a", true}}, "1\r\na\r\n0\r\n\r\n."},
             row{"empty in chunks", chunked, 0, {{"", true}}, "0\r\n\r\n."},
             row{"its size is hexadecimal", chunked, 0, {{std::string(26, 'x'), false}}, "1a\r\nxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n…"},

             row{"until the end of the connection", response_body::until_close, 0, {{"a", false}, {"b", true}}, "ab."},
             row{"where none may follow (HEAD)", response_body::none, 5, {{"hello", true}}, "."},
             row{"where none may follow, and more is to come", response_body::none, 0, {{"hello", false}}, "…"},
         })
        CHECK_MESSAGE(sent(each.follows, each.length, each.parts) == each.sent, std::string{each.what});
}

TEST_CASE("reply body: its bytes are counted without their framing, and not where there is none")
{
    struct row
    {
        response_body follows;
        std::uint64_t bytes;
    };
    for (auto const& each : {row{response_body::length, 5}, row{response_body::chunked, 5}, row{response_body::until_close, 5},
                             row{response_body::none, 0}}) {
        net::reply_body body;
        body.begin(each.follows, 5);
        REQUIRE(body.admit("hello", true).has_value());
        CHECK(body.bytes() == each.bytes);
    }
}

TEST_CASE("reply body: a large part is sent from where it lies, a small one is copied behind what surrounds it")
{
    struct row
    {
        char const* what;
        response_body follows;
        std::size_t bytes;
        char const* before; // in the output already
        bool is_copied;
    };
    constexpr std::size_t most = 32 * 1024;
    for (auto const& each : {
             row{"behind a head", response_body::length, 100, "head", true},
             row{"alone, which needs no copy", response_body::length, 100, "", false},
             row{"in a chunk", response_body::chunked, 100, "", true},
             row{"the largest that is copied", response_body::chunked, most, "head", true},
             row{"a byte more", response_body::chunked, most + 1, "head", false},
             row{"the same without chunks", response_body::length, most + 1, "head", false},
         }) {
        INFO(std::string{each.what});
        net::reply_body body;
        body.begin(each.follows, each.bytes);
        std::string const part(each.bytes, 'x');
        std::string out{each.before};
        auto const beyond = body.frame(out, *body.admit(part, false), false);
        CHECK((beyond.part.empty() == each.is_copied));
        if (!each.is_copied) CHECK(beyond.part.data() == part.data());
        CHECK(out.starts_with(each.before));
    }
}

TEST_CASE("reply body: one that could not be sent is not complete")
{
    net::reply_body body;
    CHECK(!body.complete());
    body.begin(response_body::length, 1);
    REQUIRE(body.admit("x", true).has_value());
    CHECK(body.complete());
    body.break_off();
    CHECK(!body.complete());
}
