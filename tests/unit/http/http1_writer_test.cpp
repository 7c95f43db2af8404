#include "gateway/http/http1_writer.hpp"
#include "tests/support/time_zone.hpp"
#include "tests/unit/http/parsed.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <doctest/doctest.h>

#include <stdexcept>

using namespace yett;
using namespace yett::http;
using namespace std::string_literals;

namespace {

struct written
{
    std::string bytes;
    reply_framing framing;
};

written write(unsigned status, std::optional<std::uint64_t> length, reply_context const& context,
              std::span<field const> fields = {})
{
    written w{};
    reply_head const head{.status = status, .fields = fields, .length = length};
    auto const framing = append_reply_head(w.bytes, head, context);
    REQUIRE(framing.has_value());
    w.framing = *framing;
    return w;
}

// Keeps what it is told; the parts of an exchange that `send` does not touch are defects.
class recorded_exchange final : public exchange
{
public:
    head const& request() const noexcept override { std::terminate(); }
    target const& where() const noexcept override { std::terminate(); }
    peer const& from() const noexcept override { std::terminate(); }
    steady_time started_at() const noexcept override { return {}; }
    task<result<message_part>> read_body() override { throw std::logic_error{"read_body"}; }
    message_part body_at_hand() override { return {{}, true}; }
    void limit_body(std::uint64_t) noexcept override {}
    task<result<void>> begin(reply_head const& head, message_part part) override
    {
        status_ = head.status;
        for (auto const& f : head.fields) fields.emplace_back(f.name, f.id);
        length = head.length;
        body = part.data;
        complete = part.last;
        co_return result<void>{};
    }
    task<result<void>> write(message_part) override { throw std::logic_error{"write"}; }
    void abort(errc) noexcept override {}
    bool begun() const noexcept override { return status_ != 0; }
    unsigned status() const noexcept override { return status_; }
    std::uint64_t bytes_in() const noexcept override { return 0; }
    std::uint64_t bytes_out() const noexcept override { return body.size(); }
    bool abandoned() const noexcept override { return false; }
    void on_abandoned(std::function<void()>) override {}

    std::vector<std::pair<std::string, known>> fields;
    std::optional<std::uint64_t> length;
    std::string body;
    bool complete = false;

private:
    unsigned status_ = 0;
};

} // namespace

TEST_CASE("writer: a reply with a length on a kept connection")
{
    field const fields[] = {{"Content-Type", "text/plain", known::content_type}, {"X-A", "b\tc", known::other}};
    auto const w = write(200, 5, {.date = "Sun, 06 Nov 1994 08:49:37 GMT"}, fields);
    CHECK(
        w.bytes ==
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-A: b\tc\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 5\r\n\r\n");
    CHECK(w.framing.body == response_body::length);
    CHECK(w.framing.keep_alive);
}

TEST_CASE("writer: framing follows length, version, method and status")
{
    struct
    {
        unsigned status;
        std::optional<std::uint64_t> length;
        version spoken;
        method asked;
        bool keep;
        char const* lines;
        response_body body;
        bool kept;
    } const cases[] = {
        {200, {}, version::http_1_1, method::get, true, "Transfer-Encoding: chunked\r\n", response_body::chunked, true},
        {200,
         {},
         version::http_1_1,
         method::get,
         false,
         "Transfer-Encoding: chunked\r\nConnection: close\r\n",
         response_body::chunked,
         false},
        {200, {}, version::http_1_0, method::get, true, "Connection: close\r\n", response_body::until_close, false},
        {200, 5, version::http_1_0, method::get, true, "Content-Length: 5\r\nConnection: keep-alive\r\n", response_body::length,
         true},
        {200, 5, version::http_1_1, method::head, true, "Content-Length: 5\r\n", response_body::none, true},
        {200, {}, version::http_1_1, method::head, true, "", response_body::none, true},
        {204, {}, version::http_1_1, method::get, true, "", response_body::none, true},
        {204, 0, version::http_1_1, method::get, true, "", response_body::none, true},
        {304, 77, version::http_1_1, method::get, true, "Content-Length: 77\r\n", response_body::none, true},
        {304, {}, version::http_1_1, method::get, true, "", response_body::none, true},
        {103, {}, version::http_1_1, method::get, true, "", response_body::none, true},
        {200, 18446744073709551615ull, version::http_1_1, method::get, true, "Content-Length: 18446744073709551615\r\n",
         response_body::length, true},
    };
    for (auto const& c : cases) {
        auto const w = write(c.status, c.length, {.version = c.spoken, .method = c.asked, .keep_alive = c.keep});
        CAPTURE(w.bytes);
        CHECK(w.bytes ==
              "HTTP/1.1 " + std::to_string(c.status) + " " + std::string{reason_of(c.status)} + "\r\n" + c.lines + "\r\n");
        CHECK(w.framing.body == c.body);
        CHECK(w.framing.keep_alive == c.kept);
    }
}

TEST_CASE("writer: framing and hop-by-hop fields of others are left out, whatever their id says")
{
    field const fields[] = {{"Content-Length", "9", known::content_length},
                            {"transfer-encoding", "chunked", known::other},
                            {"CONNECTION", "close", known::other},
                            {"Keep-Alive", "x", known::other},
                            {"Upgrade", "h2c", known::other},
                            {"TE", "x", known::other},
                            {"Trailer", "x", known::other},
                            {"Proxy-Connection", "x", known::other},
                            {"X", "y", known::other}};
    CHECK(write(200, 1, {}, fields).bytes == "HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 1\r\n\r\n");
}

TEST_CASE("writer: a Date that is there already stays the only one")
{
    field const fields[] = {{"date", "Mon, 01 Jan 2024 00:00:00 GMT", known::other}};
    CHECK(write(200, 0, {.date = "Sun, 06 Nov 1994 08:49:37 GMT"}, fields).bytes ==
          "HTTP/1.1 200 OK\r\ndate: Mon, 01 Jan 2024 00:00:00 GMT\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("writer: nothing breaks out of its line")
{
    auto const fails = [](std::string_view name, std::string_view value) {
        field const fields[] = {{"A", "b", known::other}, {name, value, known::other}};
        reply_head const head{.status = 200, .fields = fields, .length = 0};
        std::string out = "before";
        auto const framing = append_reply_head(out, head, {});
        CHECK(out.starts_with("before"));
        if (framing.has_error()) {
            CHECK(framing.error().from() == origin::ourselves);
            CHECK(out == "before");
        }
        CHECK(append_field(out, name, value) == framing.has_value());
        return framing.has_error();
    };
    CHECK_FALSE(fails("X", "plain caf\xc3\xa9 \t text"));
    for (auto const& value : {"a\r\nSet-Cookie: x"s, "a\nb"s, "a\rb"s, "a\0b"s, "a\x01"s, "\x7f"s, "12345678\r\n"s})
        CHECK(fails("X", value));
    for (auto const* name : {"", "X Y", "X:", "X\r\n", "caf\xc3\xa9"}) CHECK(fails(name, "a"));
    std::string out;
    CHECK(append_reply_head(out, {.status = 99, .fields = {}, .length = 0}, {}).has_error());
    CHECK(append_reply_head(out, {.status = 600, .fields = {}, .length = 0}, {}).has_error());
    CHECK(out.empty());
}

TEST_CASE("writer: every head written is a head that is read")
{
    for (unsigned status = 200; status < 600; ++status) {
        auto const w = write(status, status == 204 ? std::nullopt : std::optional<std::uint64_t>{7}, {});
        parsed_response const p{w.bytes};
        REQUIRE(p.h.has_value());
        CHECK(p.h->status() == status);
        CHECK(p.h->body() == w.framing.body);
    }
    CHECK(parsed_response{continue_reply}.h.has_value());
    CHECK(reason_of(299).empty());
}

TEST_CASE("writer: every reason phrase belongs to its status")
{
    for (unsigned status = 100; status < 600; ++status)
        for (char c : reason_of(status)) CHECK(((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == ' ' || c == '-'));
    CHECK(reason_of(101) == "Switching Protocols");
    CHECK(reason_of(418).empty());
    CHECK(reason_of(431) == "Request Header Fields Too Large");
}

TEST_CASE("writer: dates are IMF-fixdate")
{
    CHECK(http_date(from_unix(784111777)) == "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(http_date(from_unix(0)) == "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST_CASE("writer: dates are GMT wherever the machine stands")
{
    tests::beside_changes_of_clocks([](std::int64_t at, std::string_view utc) {
        CHECK(http_date(from_unix(at)).ends_with(std::string{utc.substr(11)} + " GMT"));
    });
}

TEST_CASE("send: a small reply leaves as a whole")
{
    recorded_exchange ex;
    reply const r{.status = 201, .fields = {{"Set-Cookie", "a=b"}, {"X-Own", "c"}}, .body = "{}"};
    boost::asio::io_context context{1};
    std::optional<result<void>> outcome;
    auto const run = [&]() -> task<void> { outcome = co_await send(ex, r); };
    boost::asio::co_spawn(context.get_executor(), run, boost::asio::detached);
    context.run();
    REQUIRE(outcome.has_value());
    CHECK(outcome->has_value());
    CHECK(ex.status() == 201);
    CHECK(ex.complete);
    CHECK(ex.body == "{}");
    CHECK(ex.length == 2u);
    REQUIRE(ex.fields.size() == 2);
    CHECK(ex.fields[0].first == "Set-Cookie");
    CHECK(ex.fields[0].second == known::set_cookie);
    CHECK(ex.fields[1].second == known::other);
}

TEST_CASE("writer: a reply's own words stand behind its status, where they fit on the line")
{
    struct
    {
        char const* reason;
        char const* line;
    } const cases[] = {{"Fine", "HTTP/1.1 200 Fine\r\n"},
                       {"", "HTTP/1.1 200 OK\r\n"},
                       {"a\tb \xc3\xa9", "HTTP/1.1 200 a\tb \xc3\xa9\r\n"},
                       {"a\r\nX: y", "HTTP/1.1 200 OK\r\n"},
                       {"a\x01", "HTTP/1.1 200 OK\r\n"}};
    for (auto const& c : cases) {
        std::string bytes;
        reply_head head;
        head.length = 0;
        head.reason = c.reason;
        REQUIRE(append_reply_head(bytes, head, {}).has_value());
        CHECK(bytes.starts_with(c.line));
    }
}

TEST_CASE("writer: 426 says what it takes instead, and nothing else does")
{
    field const fields[] = {{"Upgrade", "websocket", known::upgrade}};
    CHECK(write(426, 0, {}, fields).bytes ==
          "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nContent-Length: 0\r\nConnection: Upgrade\r\n\r\n");
    CHECK(write(426, 0, {.keep_alive = false}, fields).bytes ==
          "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nContent-Length: 0\r\nConnection: Upgrade, close\r\n\r\n");
    CHECK(write(426, 0, reply_context{}).bytes == "HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n");
    CHECK(write(400, 0, {}, fields).bytes == "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("writer: HSTS is added to every reply of a connection that promises it, and the application's own goes before it")
{
    reply_context const promising{.hsts = "max-age=31536000"};
    for (auto const status : {200u, 204u, 308u, 401u, 502u})
        CHECK_MESSAGE(write(status, 0, promising).bytes.find("\r\nStrict-Transport-Security: max-age=31536000\r\n") !=
                          std::string::npos,
                      status);
    CHECK(write(200, 0, reply_context{}).bytes.find("Strict-Transport-Security") == std::string::npos);
    field const own[] = {{"strict-transport-security", "max-age=1", known_named("strict-transport-security")}};
    auto const bytes = write(200, 0, promising, own).bytes;
    CHECK(bytes.find("strict-transport-security: max-age=1\r\n") != std::string::npos);
    CHECK(bytes.find("31536000") == std::string::npos);
}
