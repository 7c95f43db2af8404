#include "gateway/upstream/streams/http1_reply_reader.hpp"

#include "tests/support/print.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace yett;
using namespace yett::upstream;
using http::method;
using step = http1_reply_reader::step;

namespace {

http::framing::limits limits_of(std::size_t bytes, std::size_t fields)
{
    http::framing::limits limits;
    limits.header_bytes = bytes;
    limits.fields = fields;
    return limits;
}

// What a reader made of a reply: "head 200|part hello|end", and what it left.
struct transcript
{
    std::string text;
    std::string left;
    bool ends_with_connection = false;
    bool is_kept = false; // the server says that the connection may serve another request
    std::vector<std::pair<std::string, std::string>> trailers = {};
    std::optional<error> failure = {};
};

void note(std::string& text, std::string_view word)
{
    if (!text.empty()) text += '|';
    text += word;
}

// Parts that follow each other are one part: how they were cut is the network's.
void note_part(std::string& text, std::string_view data)
{
    auto const last = text.rfind('|');
    auto const is_part = text.compare(last == text.npos ? 0 : last + 1, 5, "part ") == 0;
    if (!is_part) note(text, "part ");
    text += data;
}

// Gives the reply in pieces of `size` bytes, as a connection's buffer would.
transcript read(std::string_view reply, std::size_t size, method asked = method::get,
                http::framing::limits const& limits = limits_of(4096, 20))
{
    std::vector<http::field> room(limits.fields);
    http1_reply_reader reader{asked, room, limits};
    transcript told;
    std::string buffer;
    std::size_t begin = 0;
    buffer.reserve(reply.size());
    for (bool over = false; !over;) {
        auto const event = reader.feed({buffer.data() + begin, buffer.size() - begin});
        if (!event) {
            told.failure = event.error();
            return told;
        }
        begin += event->consumed;
        switch (event->is) {
        case step::head: note(told.text, "head " + std::to_string(reader.head().status())); break;
        case step::part: note_part(told.text, event->data); break;
        case step::trailers:
            note(told.text, "trailers");
            for (auto const& each : reader.trailers()) told.trailers.emplace_back(each.name, each.value);
            break;
        case step::end: note(told.text, "end"); break;
        case step::more:
            over = reply.empty();
            buffer.append(reply.substr(0, size));
            reply.remove_prefix(std::min(size, reply.size()));
            break;
        }
        over = over || event->is == step::end || (event->is == step::head && reader.head().status() == 101);
    }
    told.left = buffer.substr(begin) + std::string{reply};
    told.ends_with_connection = reader.ends_with_connection();
    told.is_kept = reader.has_head() && reader.head().keep_alive();
    return told;
}

std::string const ok = "HTTP/1.1 200 OK\r\n";
std::string const in_chunks = ok + "Transfer-Encoding: chunked\r\n\r\n";

} // namespace

TEST_CASE("http1_reply_reader: a reply is read the same however it is cut")
{
    struct row
    {
        char const* what;
        std::string reply;
        std::string_view told;
        method asked = method::get;
    };
    row const rows[] = {
        {"a length", ok + "Content-Length: 5\r\n\r\nhello", "head 200|part hello|end"},
        {"no body at all", ok + "Content-Length: 0\r\n\r\n", "head 200|end"},
        {"one chunk", in_chunks + "5\r\nhello\r\n0\r\n\r\n", "head 200|part hello|end"},
        {"two chunks", in_chunks + "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", "head 200|part hello|end"},
        {"no chunk", in_chunks + "0\r\n\r\n", "head 200|end"},
        {"blanks behind sizes", in_chunks + "5  \r\nhello\r\n0 \t\r\n\r\n", "head 200|part hello|end"},
        {"trailers", in_chunks + "5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-B: 2\r\n\r\n", "head 200|part hello|trailers|end"},
        {"trailers of nothing", in_chunks + "0\r\nX-Sum: 1\r\n\r\n", "head 200|trailers|end"},
        {"until close", ok + "\r\nhello", "head 200|part hello"},
        {"until close, HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\nhello", "head 200|part hello"},
        {"HEAD with a length", ok + "Content-Length: 500\r\n\r\n", "head 200|end", method::head},
        {"HEAD in chunks", in_chunks, "head 200|end", method::head},
        {"204", "HTTP/1.1 204 No Content\r\n\r\n", "head 204|end"},
        {"204 that announces a body", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", "head 204|end"},
        {"205", "HTTP/1.1 205 Reset Content\r\nContent-Length: 5\r\n\r\nhello", "head 205|part hello|end"},
        {"205 of nothing", "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n", "head 205|end"},
        {"205 in chunks", "HTTP/1.1 205 Reset Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "head 205|end"},
        {"a 204 of no length", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", "head 204|end"},
        {"304", "HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n", "head 304|end"},
        {"interim heads",
         "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: </a>\r\n\r\n" + ok + "Content-Length: 1\r\n\r\nx",
         "head 100|head 103|head 200|part x|end"},
    };
    for (auto const& each : rows) {
        CAPTURE(each.what);
        for (std::size_t const size : {std::size_t{1}, std::size_t{2}, std::size_t{7}, each.reply.size()}) {
            CAPTURE(size);
            auto const made = read(each.reply, size, each.asked);
            REQUIRE_FALSE(made.failure);
            CHECK(made.text == each.told);
            CHECK(made.left.empty());
            auto const has_end = each.told.find("end") != each.told.npos;
            CHECK(made.ends_with_connection == !has_end);
            auto const is_vain = std::string_view{each.what} == "204 that announces a body";
            CHECK(made.is_kept == (has_end && !is_vain));
        }
    }
}

TEST_CASE("http1_reply_reader: what lies behind the end is left, and the end stays the end")
{
    for (std::string const& reply : {ok + "Content-Length: 5\r\n\r\nhello", in_chunks + "5\r\nhello\r\n0\r\n\r\n",
                                     std::string{"HTTP/1.1 204 No Content\r\n\r\n"}}) {
        CAPTURE(reply);
        CHECK(read(reply + "HTTP/1.1 200 evil", 4096).left == "HTTP/1.1 200 evil");
        std::vector<http::field> room(20);
        http1_reply_reader reader{method::get, room, limits_of(4096, 20)};
        auto bytes = reply + "x";
        std::span<char> left{bytes};
        for (int i = 0; i < 6; ++i) {
            auto const event = reader.feed(left);
            REQUIRE(event.has_value());
            left = left.subspan(event->consumed);
        }
        CHECK(left.size() == 1);
        CHECK(reader.feed(left)->is == step::end);
        CHECK(reader.feed({})->is == step::end);
    }
}

TEST_CASE("http1_reply_reader: trailers are handed out as they came, however they were cut")
{
    std::vector<std::pair<std::string, std::string>> const wanted{{"X-Sum", "1"}, {"grpc-status", "0"}};
    auto const reply = in_chunks + "5\r\nhello\r\n0\r\nX-Sum: 1\r\ngrpc-status:0\r\n\r\n";
    for (std::size_t const size : {std::size_t{1}, std::size_t{3}, reply.size()}) CHECK(read(reply, size).trailers == wanted);
    CHECK(read(in_chunks + "0\r\n\r\n", 4096).trailers.empty());
}

TEST_CASE("http1_reply_reader: the application's own words behind the status are kept")
{
    for (std::string const reason : {"Teapot", "Orientatie  probleem", "", "\xc3\xa9\tpuis\xc3\xa9"}) {
        CAPTURE(reason);
        std::vector<http::field> room(20);
        http1_reply_reader reader{method::get, room, limits_of(4096, 20)};
        auto bytes = "HTTP/1.1 418 " + reason + "\r\nContent-Length: 0\r\n\r\n";
        REQUIRE(reader.feed(bytes)->is == step::head);
        CHECK(reader.head().status() == 418);
        CHECK(reader.head().reason() == reason);
    }
}

TEST_CASE("http1_reply_reader: a server that closes says so, and one that cannot be understood is taken to")
{
    struct row
    {
        std::string reply;
        bool is_kept;
    };
    row const rows[] = {
        {ok + "Content-Length: 0\r\n\r\n", true},
        {ok + "Connection: keep-alive\r\nContent-Length: 0\r\n\r\n", true},
        {ok + "Connection: close\r\nContent-Length: 0\r\n\r\n", false},
        {"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", false},
        {ok + "\r\n", false},
        {"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", false},
        {"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", true},
    };
    for (auto const& each : rows) {
        CAPTURE(each.reply);
        CHECK(read(each.reply, 4096).is_kept == each.is_kept);
    }
}

TEST_CASE("http1_reply_reader: behind 101 nothing is read")
{
    auto const made = read("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x05hello", 4096);
    CHECK(made.text == "head 101");
    CHECK(made.left == "\x81\x05hello");
}

TEST_CASE("http1_reply_reader: what breaks the protocol is broken, however it is cut")
{
    struct row
    {
        char const* what;
        std::string reply;
    };
    row const rows[] = {
        {"no HTTP", "SSH-2.0-OpenSSH_9.2\r\n\r\n"},
        {"two lengths", ok + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"},
        {"two equal lengths", ok + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"},
        {"a length and chunks", ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        {"chunks and a length", ok + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"},
        {"a bare line feed", "HTTP/1.1 200 OK\nContent-Length: 5\r\n\r\nhello"},
        {"a prefixed chunk size", in_chunks + "0x5\r\nhello\r\n0\r\n\r\n"},
        {"an unknown coding", ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
        {"a negative length", ok + "Content-Length: -5\r\n\r\nhello"},
        {"a folded field", ok + "Content-Length: 5\r\nX-A: b\r\n c\r\n\r\nhello"},
        {"a chunk size in words", in_chunks + "five\r\nhello\r\n0\r\n\r\n"},
        {"a chunk longer than it says", in_chunks + "4\r\nhello\r\n0\r\n\r\n"},
        {"a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"},
    };
    for (auto const& each : rows) {
        CAPTURE(each.what);
        for (std::size_t const size : {std::size_t{1}, each.reply.size()}) {
            auto const made = read(each.reply, size);
            REQUIRE(made.failure);
            CHECK(*made.failure == errc::upstream_broken);
            CHECK(made.failure->from() == origin::upstream);
        }
    }
}

TEST_CASE("http1_reply_reader: heads have limits, and the failure names the setting")
{
    struct row
    {
        std::size_t header_bytes;
        std::size_t fields;
        std::string_view setting; // empty: it passes
    };
    std::string fields;
    for (int i = 0; i < 10; ++i) fields += "X-" + std::to_string(i) + ": y\r\n";
    auto const reply = ok + "Content-Length: 0\r\n" + fields + "\r\n";
    row const rows[] = {{reply.size(), 11, ""},
                        {reply.size() - 1, 11, "reply_header_bytes"},
                        {reply.size(), 10, "reply_header_fields"},
                        {40, 11, "reply_header_bytes"}};
    for (auto const& each : rows) {
        CAPTURE(each.header_bytes);
        CAPTURE(each.fields);
        for (std::size_t const size : {std::size_t{1}, reply.size()}) {
            auto const made = read(reply, size, method::get, limits_of(each.header_bytes, each.fields));
            CHECK(made.failure.has_value() == !each.setting.empty());
            if (made.failure) CHECK(made.failure->note().find(each.setting) != std::string::npos);
        }
    }
}

TEST_CASE("http1_reply_reader: it knows whether a byte was heard, and whether a head was")
{
    std::vector<http::field> room(20);
    http1_reply_reader reader{method::get, room, limits_of(4096, 20)};
    CHECK(reader.feed({})->is == step::more);
    CHECK_FALSE(reader.heard());
    std::string bytes = "H";
    CHECK(reader.feed(bytes)->consumed == 0);
    CHECK(reader.heard());
    CHECK_FALSE(reader.has_head());
    bytes = "HTTP/1.1 100 Continue\r\n\r\n";
    CHECK(reader.feed(bytes)->is == step::head);
    CHECK(reader.has_head());
    CHECK_FALSE(reader.ends_with_connection());
}
