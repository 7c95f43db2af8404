#include "gateway/http2/engine.hpp"
#include "gateway/http2/messages.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <map>
#include <string>

// Two engines speak with each other, or one with frames written by hand.

using namespace yett;
using namespace yett::http2;
using namespace std::string_literals;

namespace {

steady_time const now{std::chrono::seconds{1000}};

// Keeps what it is told, and takes bodies at once unless it is told not to.
struct recorder final : stream
{
    explicit recorder(engine& of) : of_{&of} {}
    ~recorder() override { of_->forget(*this); }

    std::string status, body, trailers;
    int responses = 0, sent = 0;
    bool ended = false, takes = true;
    std::optional<error_code> closed;

private:
    void on_response(field_section& s, bool) override
    {
        status = *s.find(field_section::pseudo::status);
        ++responses;
    }
    void on_data(std::string_view bytes) override
    {
        body.append(bytes);
        if (takes) of_->taken(*this, bytes.size());
    }
    void on_trailers(field_section& s) override
    {
        for (auto const& f : s.fields()) trailers.append(f.name).append("=").append(f.value).append(";");
    }
    void on_end() override { ended = true; }
    void on_sent() override { ++sent; }
    void on_closed(error_code why) noexcept override { closed = why; }

    engine* of_;
};

struct side final : engine_events
{
    explicit side(engine_options const& o) : of{o, *this} {}

    stream* on_request(stream_id, field_section& s, bool) override
    {
        paths.push_back(std::string{*s.find(field_section::pseudo::path)});
        cookies.emplace_back();
        for (auto const& f : s.fields())
            if (f.id == http::known::cookie) cookies.back() += f.value;
        outgrown.push_back(s.has_outgrown());
        if (refuses) return nullptr;
        streams.emplace_back(of);
        streams.back().takes = takes;
        return &streams.back();
    }
    void on_malformed(stream_id, field_section const&, std::string_view why) override { faults.emplace_back(why); }
    void on_goaway(stream_id last, error_code why) override
    {
        last_stream = last;
        goaway = why;
    }

    engine of;
    std::deque<recorder> streams;
    std::vector<std::string> paths, faults, cookies;
    std::vector<bool> outgrown;
    std::optional<error_code> goaway;
    stream_id last_stream = -1;
    bool refuses = false, takes = true;
};

engine_options client_options()
{
    engine_options o;
    o.as = engine_options::role::client;
    return o;
}

struct conversation
{
    explicit conversation(engine_options const& o = {}) : server{o} { run(); }

    // Until nobody has anything to say.
    bool run()
    {
        bool well = true;
        for (bool more = true; more;) {
            std::string up, down;
            client.of.gather(up, 1 << 20);
            server.of.gather(down, 1 << 20);
            if (!up.empty()) well = server.of.receive(up, now).has_value() && well;
            if (!down.empty()) well = client.of.receive(down, now).has_value() && well;
            more = !up.empty() || !down.empty();
        }
        return well;
    }
    recorder& ask(std::string const& path, bool ends = true, std::vector<http::field> more = {})
    {
        std::vector<http::field> fields{{":method", ends ? "GET" : "POST"}, {":scheme", "https"}, {":authority", "yett.test"}, {":path", path}};
        fields.insert(fields.end(), more.begin(), more.end());
        asked.emplace_back(client.of);
        REQUIRE(client.of.request(asked.back(), fields, ends).has_value());
        return asked.back();
    }
    void answer(std::size_t which, std::string_view body, bool last = true, std::span<http::field const> trailers = {})
    {
        std::vector<http::field> const fields{{":status", "200"}, {"Content-Type", "text/plain"}};
        server.of.reply(server.streams[which], fields, false);
        server.of.offer(server.streams[which], body, last, trailers);
    }

    side client{client_options()};
    side server;
    std::deque<recorder> asked;
};

std::string frame(unsigned type, unsigned flags, std::uint32_t id, std::string_view payload)
{
    std::string out;
    auto const put = [&out](std::size_t value, int bytes) {
        for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<char>(value >> (8 * i) & 0xff));
    };
    put(payload.size(), 3);
    put(type, 1);
    put(flags, 1);
    put(id, 4);
    return out.append(payload);
}

std::string const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, "");

// GET https://a/ by the static table: ":method: GET", ":scheme: https", ":path: /", and ":authority: a".
std::string const get_block = "\x82\x87\x84\x41\x01"s + "a";

std::string get(std::uint32_t id)
{
    return frame(1, 5, id, get_block);
}

std::string reset(std::uint32_t id, char code = 8)
{
    return frame(3, 0, id, "\0\0\0"s + code);
}

// What a server with nothing but its engine makes of bytes: how it ends, and by which GOAWAY.
struct attacked
{
    explicit attacked(std::string const& bytes, bool replies = false) : victim{engine_options{}}
    {
        outcome = victim.of.receive(preface, now);
        for (std::size_t at = 0; at < bytes.size() && outcome; at += 512) {
            outcome = victim.of.receive(std::string_view{bytes}.substr(at, 512), now);
            std::vector<http::field> const ok{{":status", "200"}};
            for (auto& each : victim.streams)
                if (replies) victim.of.reply(each, ok, false);
            said.clear();
            victim.of.gather(said, 1 << 20);
        }
        said.clear();
        victim.of.gather(said, 1 << 20);
    }
    bool calmed() const { return victim.of.goodbye() == error_code::enhance_your_calm; }

    side victim;
    result<void> outcome{};
    std::string said;
};

} // namespace

TEST_CASE("engine: a request and its reply, bodies and trailers both ways")
{
    conversation c;
    auto& asked = c.ask("/a?b", false, {{"cookie", "a=1; b=2"}});
    http::field const trailers_up[]{{"x-sum", "1"}};
    c.client.of.offer(asked, "hello", true, trailers_up);
    REQUIRE(c.run());
    REQUIRE(c.server.streams.size() == 1);
    auto& heard = c.server.streams[0];
    CHECK(c.server.paths[0] == "/a?b");
    CHECK(c.server.cookies[0] == "a=1; b=2");
    CHECK(heard.body == "hello");
    CHECK(heard.ended);
    CHECK(heard.trailers == "x-sum=1;");
    CHECK(asked.sent == 1);

    http::field const trailers_down[]{{"Grpc-Status", "0"}};
    c.answer(0, "good day", true, trailers_down);
    REQUIRE(c.run());
    CHECK(asked.status == "200");
    CHECK(asked.body == "good day");
    CHECK(asked.trailers == "grpc-status=0;");
    CHECK(asked.ended);
    CHECK(asked.closed == error_code::no_error);
    CHECK(heard.closed == error_code::no_error);
    CHECK(heard.sent == 1);
    CHECK(c.client.of.open_streams() == 0);
    CHECK(c.server.of.open_streams() == 0);
}

TEST_CASE("engine: trailers without a body, an interim reply, and a body that comes bit by bit")
{
    conversation c;
    auto& one = c.ask("/1");
    auto& two = c.ask("/2");
    REQUIRE(c.run());
    std::vector<http::field> const hints{{":status", "103"}, {"link", "</a>"}};
    c.server.of.interim(c.server.streams[0], hints);
    c.server.of.interim(c.server.streams[1], hints);
    http::field const status[]{{"grpc-status", "7"}};
    c.answer(0, "", true, status);
    c.answer(1, "", false);
    REQUIRE(c.run());
    CHECK(one.responses == 2);
    CHECK(one.trailers == "grpc-status=7;");
    CHECK(one.closed == error_code::no_error);
    CHECK(c.server.streams[0].sent == 1);
    for (auto const* part : {"a", "b", "c"}) {
        c.server.of.offer(c.server.streams[1], part, *part == 'c');
        REQUIRE(c.run());
    }
    CHECK(two.body == "abc");
    CHECK(two.ended);
}

TEST_CASE("engine: what is not taken closes the window, and what is taken opens it")
{
    engine_options narrow;
    narrow.stream_window = 20000;
    conversation c{narrow};
    c.server.takes = false;
    auto& asked = c.ask("/up", false);
    std::string const body(50000, 'b');
    c.client.of.offer(asked, body, true);
    REQUIRE(c.run());
    auto& heard = c.server.streams[0];
    CHECK(heard.body.size() == 20000);
    CHECK(asked.unsent_bytes() == 30000);
    CHECK(c.client.of.window_of(asked) == 0);
    c.server.of.taken(heard, 20000);
    REQUIRE(c.run());
    CHECK(heard.body.size() == 40000);
    c.server.of.widen(heard, 100000);
    REQUIRE(c.run());
    CHECK(heard.body == body);
    CHECK(heard.ended);
}

TEST_CASE("engine: gathers no more than was asked for, and a frame")
{
    conversation c;
    auto& asked = c.ask("/down");
    REQUIRE(c.run());
    std::string const body(60000, 'x');
    c.answer(0, body);
    std::string out;
    CHECK(c.server.of.gather(out, 20000));
    CHECK(out.size() < 20000 + 16384 + 100);
    CHECK(c.server.streams[0].has_unsent());
    REQUIRE(c.client.of.receive(out, now));
    REQUIRE(c.run());
    CHECK(asked.body == body);
}

TEST_CASE("engine: a stream that was forgotten takes nothing along, and gives its window back")
{
    engine_options narrow;
    narrow.stream_window = narrow.connection_window = 65535;
    conversation c{narrow};
    c.server.takes = false;
    std::string const body(40000, 'b');
    for (int i = 0; i < 5; ++i) {
        auto& asked = c.ask("/up", false);
        c.client.of.offer(asked, body, true);
        c.run();
        REQUIRE(c.server.streams[0].body.size() == 40000);
        c.server.of.reset(c.server.streams[0], error_code::cancel);
        c.server.streams.clear();
        REQUIRE(c.run());
        CHECK(asked.closed == error_code::cancel);
    }
}

TEST_CASE("engine: streams end by a reset from either side, and a refused one was never begun")
{
    conversation c;
    auto& one = c.ask("/1");
    REQUIRE(c.run());
    c.client.of.reset(one, error_code::cancel);
    REQUIRE(c.run());
    CHECK(c.server.streams[0].closed == error_code::cancel);
    CHECK(one.closed == error_code::cancel);
    c.server.refuses = true;
    auto& two = c.ask("/2");
    REQUIRE(c.run());
    CHECK(two.closed == error_code::refused_stream);
}

TEST_CASE("engine: how many streams may be open is said and held")
{
    engine_options few;
    few.streams = 3;
    conversation c{few};
    CHECK(c.client.of.may_open() == 3);
    for (int i = 0; i < 3; ++i) c.ask("/");
    CHECK(c.client.of.may_open() == 0);
    REQUIRE(c.run());
    CHECK(c.server.of.open_streams() == 3);
}

TEST_CASE("engine: a drain refuses what comes later and lets the rest end")
{
    conversation c;
    auto& asked = c.ask("/");
    REQUIRE(c.run());
    c.server.of.announce_end();
    REQUIRE(c.run());
    CHECK(c.client.goaway == error_code::no_error);
    CHECK(c.client.of.may_open() == 0);
    c.server.of.drain();
    REQUIRE(c.run());
    CHECK(c.client.last_stream == 1);
    CHECK_FALSE(c.server.of.is_over());
    c.answer(0, "done");
    REQUIRE(c.run());
    CHECK(asked.body == "done");
    CHECK(c.server.of.is_over());
    CHECK(c.client.of.is_over());
}

TEST_CASE("engine: what is malformed resets its stream, and the next one is served")
{
    struct
    {
        char const* what;
        std::string block;
    } const rows[] = {
        {"no path", "\x82\x87\x41\x01"s + "a"},
        {"a name in upper case", get_block + "\0\x01X\x01y"s},
        {"a field of the connection", get_block + "\0\x0a"s + "connection\x05" + "close"},
        {"TE that is not trailers", get_block + "\0\x02te\x04gzip"s},
        {"a line end in a value", get_block + "\0\x01x\x03"s + "a\r\n"},
        {"a blank before a value", get_block + "\0\x01x\x02 a"s},
        {"an unknown pseudo-header field", "\0\x02:x\x01y"s + get_block},
        {"a pseudo-header field behind others", get_block + "\0\x01x\x01y"s + "\x84"},
        {"two paths", get_block + "\x84"},
        {"two lengths", get_block + "\0\x0e"s + "content-length\x01" + "1" + "\0\x0e"s + "content-length\x01" + "1"},
    };
    for (auto const& row : rows) {
        CAPTURE(row.what);
        attacked const a{frame(1, 5, 1, row.block) + get(3)};
        CHECK(a.outcome.has_value());
        CHECK(a.victim.faults.size() == 1);
        CHECK(a.victim.paths.size() == 1);
        CHECK_FALSE(a.victim.of.goodbye().has_value());
    }
}

TEST_CASE("engine: floods end the connection by ENHANCE_YOUR_CALM")
{
    std::string rapid, pings, settings, priorities, empties, unknown, zeros, resets_made, bomb;
    for (std::uint32_t i = 0; i < 2000; ++i) {
        rapid += get(2 * i + 1) + reset(2 * i + 1);
        pings += frame(6, 0, 0, "12345678");
        settings += frame(4, 0, 0, "");
        priorities += frame(2, 0, 2 * i + 1, "\0\0\0\0\x10"s);
        empties += frame(0, 0, 1, "");
        unknown += frame(0x42, 0, 0, "x");
        resets_made += frame(1, 5, 2 * i + 1, "\x82\x87\x41\x01"s + "a");
        zeros += get(2 * i + 1) + frame(8, 0, 2 * i + 1, "\0\0\0\0"s);
    }
    struct
    {
        char const* what;
        std::string bytes;
    } const rows[] = {
        {"resets before a reply", rapid},         {"pings", pings},     {"SETTINGS", settings}, {"priorities", priorities},
        {"empty DATA", frame(1, 4, 1, get_block) + empties}, {"unknown frames", unknown}, {"resets that we are made to send", resets_made},
    };
    for (auto const& row : rows) {
        CAPTURE(row.what);
        attacked const a{row.bytes};
        CHECK_FALSE(a.outcome.has_value());
        CHECK(a.outcome.error() == errc::rate_limited);
        CHECK(a.calmed());
        CHECK(a.victim.paths.size() <= 101);
    }
    // The library ends the connection for a zero increment, on a stream as well.
    attacked const z{zeros};
    CHECK(z.victim.of.goodbye() == error_code::protocol_error);
}

TEST_CASE("engine: cancelling calls whose reply has begun is no flood")
{
    std::string calls;
    for (std::uint32_t i = 0; i < 2000; ++i) calls += get(2 * i + 1) + get(2 * i + 3) + reset(2 * i + 1) + reset(2 * i + 3), ++i;
    std::string paced;
    side victim{engine_options{}};
    REQUIRE(victim.of.receive(preface, now));
    std::vector<http::field> const ok{{":status", "200"}};
    for (std::uint32_t id = 1; id < 4000; id += 2) {
        REQUIRE(victim.of.receive(get(id), now));
        victim.of.reply(victim.streams.back(), ok, false);
        std::string out;
        victim.of.gather(out, 1 << 20);
        REQUIRE(victim.of.receive(reset(id), now));
        victim.streams.clear();
    }
    CHECK_FALSE(victim.of.goodbye().has_value());
}

TEST_CASE("engine: fields are counted while they arrive")
{
    // An indexed field of the static table, over and over: one byte each.
    attacked const many{frame(1, 4, 1, get_block + std::string(150, '\x90')) + get(3)};
    CHECK(many.outcome.has_value());
    REQUIRE(many.victim.outgrown.size() == 2);
    CHECK(many.victim.outgrown[0]);
    CHECK_FALSE(many.victim.outgrown[1]);
    attacked const bomb{frame(1, 4, 1, get_block + std::string(16000, '\x90'))};
    CHECK(bomb.calmed());
    CHECK(bomb.victim.paths.empty());
}

TEST_CASE("engine: nine CONTINUATION frames are the end, and one that never ends keeps the section open")
{
    std::string nine = frame(1, 1, 1, get_block);
    for (int i = 0; i < 9; ++i) nine += frame(9, 0, 1, "\x90");
    attacked const a{nine};
    CHECK_FALSE(a.outcome.has_value());

    side slow{engine_options{}};
    REQUIRE(slow.of.receive(preface + frame(1, 1, 1, get_block), now));
    CHECK(slow.of.is_in_section());
    REQUIRE(slow.of.receive(frame(9, 4, 1, "\x90"), now));
    CHECK_FALSE(slow.of.is_in_section());
    CHECK(slow.paths.size() == 1);
}

TEST_CASE("engine: whoever does not speak HTTP/2 is told by the failure")
{
    side victim{engine_options{}};
    auto const heard = victim.of.receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n", now);
    REQUIRE_FALSE(heard.has_value());
    CHECK(heard.error() == errc::bad_request);
}
