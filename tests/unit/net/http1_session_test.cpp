#include "tests/unit/net/loopback.hpp"

#include <doctest/doctest.h>

#include <sys/socket.h>

#include <future>

using namespace yett;
using namespace yett::net;
using namespace yett::net::testing;

namespace {

std::string get(std::string_view path, std::string_view more = "")
{
    return "GET " + std::string{path} + " HTTP/1.1\r\nHost: one.example\r\n" + std::string{more} + "\r\n";
}

std::string post(std::string_view path, std::string_view body, std::string_view more = "")
{
    return "POST " + std::string{path} + " HTTP/1.1\r\nHost: one.example\r\n" + std::string{more} +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string{body};
}

std::string const chunked = "POST /count HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

// Every behaviour of the connection is the same in the clear and over TLS.
struct both_ways
{
    explicit both_ways(bool tls, client_limits const& limits = {})
        : secure{tls},
          host{server::options{.tls = tls ? tls_for({&leaf()}) : nullptr, .limits = limits}}
    {
    }

    client connect()
    {
        client c{host.port()};
        if (secure) REQUIRE(c.encrypt({}));
        return c;
    }

    static certificate const& leaf()
    {
        static certificate const made{"one.example"};
        return made;
    }

    bool secure;
    server host;
};

// Moves the server's time until the client hears something; returns how long it took.
milliseconds time_until_heard(server& host, client& c, milliseconds at_most)
{
    auto const before = host.passed();
    while (!c.readable() && host.passed() - before < at_most) {
        host.advance(deadlines::step);
        c.readable(milliseconds{2});
    }
    return host.passed() - before;
}

// Moves the server's time until it has no connection left; returns how long it took.
milliseconds time_until_gone(server& host)
{
    auto const before = host.passed();
    while (host.open() != 0 && host.passed() - before < milliseconds{120'000}) {
        host.advance(deadlines::step);
        for (int i = 0; i < 30 && host.open() != 0; ++i) std::this_thread::sleep_for(milliseconds{1});
    }
    return host.passed() - before;
}

} // namespace

TEST_CASE("http1: a connection answers one request after the other")
{
    for (auto const tls : {false, true}) {
        CAPTURE(tls);
        both_ways w{tls};
        auto c = w.connect();
        for (int i = 0; i < 3; ++i) {
            auto const reply = c.ask(get("/a"));
            CHECK(reply.starts_with("HTTP/1.1 200 OK\r\n"));
            CHECK(reply.find("\r\nDate: ") != std::string::npos);
            CHECK(body_of(reply) == "hello /a");
        }
        auto const who = body_of(c.ask(get("/peer")));
        CHECK(who == (tls ? "127.0.0.1|TLSv1.3|one.example" : "127.0.0.1||"));
    }
}

TEST_CASE("http1: a head that arrives byte by byte is a head")
{
    for (auto const tls : {false, true}) {
        both_ways w{tls};
        auto c = w.connect();
        for (auto const byte : get("/slow")) c.send({&byte, 1});
        CHECK(body_of(c.ask("")) == "hello /slow");
    }
}

TEST_CASE("http1: pipelined requests are answered in order")
{
    for (auto const tls : {false, true}) {
        both_ways w{tls};
        auto c = w.connect();
        c.send(get("/1") + post("/count", "12345") + chunked + "3\r\nabc\r\n0\r\n\r\n" + get("/4", "Connection: close\r\n"));
        auto const all = c.receive_all();
        auto const first = all.find("hello /1"), second = all.find("\r\n\r\n5HTTP"), third = all.find("\r\n\r\n3HTTP"),
                   fourth = all.find("hello /4");
        CHECK(first < second);
        CHECK(second < third);
        CHECK(third < fourth);
        CHECK(fourth != std::string::npos);
        CHECK(c.at_end());
        CHECK_FALSE(c.was_reset());
    }
}

TEST_CASE("http1: bodies of every size and framing are counted right")
{
    for (auto const tls : {false, true}) {
        both_ways w{tls};
        auto c = w.connect();
        for (auto const size : {0UL, 1UL, 16383UL, 16384UL, 17500UL, 20480UL, 70000UL, 1000000UL}) {
            CAPTURE(size);
            CHECK(body_of(c.ask(post("/count", std::string(size, 'x')))) == std::to_string(size));
        }
        std::string body = chunked;
        for (int i = 0; i < 3000; ++i) body += "20;ext=1\r\n" + std::string(32, 'y') + "\r\n";
        CHECK(body_of(c.ask(body + "0\r\nTrailer: x\r\n\r\n")) == "96000");
        CHECK(body_of(c.ask(get("/after"))) == "hello /after");
    }
}

TEST_CASE("http1: chunks whose every byte is a TLS record of its own are read to the end")
{
    for (auto const tls : {false, true}) {
        both_ways w{tls};
        auto c = w.connect();
        for (int i = 0; i < 20; ++i) {
            for (auto const byte : chunked + "0a\r\n0123456789\r\n3;x=y\r\nabc\r\n0\r\nT: v\r\n\r\n") c.send({&byte, 1});
            CHECK(body_of(c.ask("")) == "13");
        }
    }
}

TEST_CASE("http1: a chunked body that ends beyond its limit is refused")
{
    both_ways w{true};
    auto c = w.connect();
    c.send("POST /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n12345678901\r\n0\r\n\r\n");
    CHECK(c.receive_until("body_too_large").starts_with("HTTP/1.1 413"));
}

TEST_CASE("http1: broken chunks are refused and end the connection")
{
    both_ways w{false};
    auto c = w.connect();
    c.send(chunked + "zz\r\n" + get("/smuggled"));
    auto const all = c.receive_all();
    CHECK(all.starts_with("HTTP/1.1 400"));
    CHECK(all.find("smuggled") == std::string::npos);
    CHECK(c.at_end());
}

TEST_CASE("http1: nothing behind a refused head is read as a request")
{
    for (auto const tls : {false, true}) {
        both_ways w{tls};
        for (std::string const bad :
             {"GET / HTTP/1.1\r\n\r\n", "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
              "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
              "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n"}) {
            CAPTURE(bad);
            auto c = w.connect();
            c.send(bad + get("/smuggled"));
            auto const all = c.receive_all();
            CHECK(all.starts_with("HTTP/1.1 400"));
            CHECK(all.find("Connection: close\r\n") != std::string::npos);
            CHECK(all.find("smuggled") == std::string::npos);
            CHECK_FALSE(c.was_reset());
        }
    }
}

TEST_CASE("http1: a head that outgrows its limit is refused by name")
{
    both_ways w{true};
    auto c = w.connect();
    c.send(get("/", "X: " + std::string(17000, 'x') + "\r\n"));
    auto const all = c.receive_all();
    CHECK(all.starts_with("HTTP/1.1 431"));
    auto full = w.connect();
    CHECK(full.ask(get("/", "X: " + std::string(16200, 'x') + "\r\n")).starts_with("HTTP/1.1 200"));
}

TEST_CASE("http1: 100 Continue is sent when the body is wanted, and only then")
{
    for (auto const tls : {false, true}) {
        both_ways w{tls};
        auto c = w.connect();
        c.send("POST /count HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
        CHECK(c.receive_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
        CHECK(body_of(c.ask("abc")) == "3");

        // Nobody wants it: a final reply at once, and no way to know what follows.
        c.send("POST /early HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
        auto const all = c.receive_all();
        CHECK(all.starts_with("HTTP/1.1 200"));
        CHECK(all.find("Connection: close") != std::string::npos);
        CHECK(c.at_end());

        // Whoever sends at once needs none.
        auto eager = w.connect();
        CHECK(eager.ask("POST /count HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc")
                  .starts_with("HTTP/1.1 200"));
    }
}

TEST_CASE("http1: replies without a body keep the connection in step")
{
    both_ways w{true};
    auto c = w.connect();
    c.send("HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n");
    auto const head = c.receive_until("\r\n\r\n");
    CHECK(head.find("Content-Length: 8") != std::string::npos);
    CHECK(body_of(head).empty());
    c.send("HEAD /chunks?50000 HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(body_of(c.receive_until("\r\n\r\n")).empty());
    c.send(get("/empty"));
    CHECK(c.receive_until("\r\n\r\n").starts_with("HTTP/1.1 204"));
    CHECK(body_of(c.ask(get("/next"))) == "hello /next");
}

TEST_CASE("http1: HTTP/1.0 is closed unless asked to be kept, and gets no chunks")
{
    both_ways w{false};
    auto c = w.connect();
    c.send("GET /chunks?20000 HTTP/1.0\r\nHost: a\r\n\r\n");
    auto const all = c.receive_all();
    CHECK(all.find("chunked") == std::string::npos);
    CHECK(body_of(all).size() == 20000);
    CHECK(c.at_end());
    CHECK_FALSE(c.was_reset());
    auto kept = w.connect();
    for (int i = 0; i < 2; ++i)
        CHECK(body_of(kept.ask("GET /k HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n")) == "hello /k");
}

TEST_CASE("http1: an early reply reaches a client that still sends")
{
    for (auto const tls : {false, true}) {
        both_ways w{tls};
        auto c = w.connect();
        c.send("POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n" + std::string(100000, 'x'));
        auto const reply = c.receive_until("hello /early");
        CHECK(reply.starts_with("HTTP/1.1 200"));
        CHECK(reply.find("Connection: close") != std::string::npos);
        // The rest is thrown away for a while instead of being answered with a reset.
        CHECK(c.send(std::string(100000, 'x')));
        CHECK(c.receive().empty());
        CHECK_FALSE(c.was_reset());
    }
}

TEST_CASE("http1: a short body that nobody read does not end the connection")
{
    both_ways w{true};
    auto c = w.connect();
    auto const reply = c.ask(post("/unread", std::string(60000, 'x')));
    CHECK(reply.find("Connection: close") == std::string::npos);
    CHECK(body_of(c.ask(get("/next"))) == "hello /next");
}

TEST_CASE("http1: a body above the limit is refused, declared or not")
{
    both_ways w{false};
    auto c = w.connect();
    c.send(post("/small", "12345678901") + get("/smuggled"));
    auto const declared = c.receive_until("body_too_large");
    CHECK(declared.starts_with("HTTP/1.1 413"));
    CHECK(declared.find("smuggled") == std::string::npos);
    auto d = w.connect();
    d.send("POST /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n123456\r\n6\r\n123456\r\n");
    CHECK(d.receive_until("body_too_large").starts_with("HTTP/1.1 413"));
    auto exact = w.connect();
    CHECK(body_of(exact.ask(post("/small", "1234567890"))) == "10");
}

TEST_CASE("http1: what has arrived of a body is at hand without waiting")
{
    both_ways w{true};
    auto c = w.connect();
    CHECK(body_of(c.ask(post("/hand", "abc"))) == "abc|whole");
    CHECK(body_of(c.ask(get("/hand"))) == "|whole");
}

TEST_CASE("http1: trailers come with the end of a request, and none go out behind a reply")
{
    for (auto const tls : {false, true}) {
        both_ways w{tls};
        auto c = w.connect();
        auto const chunked = [](std::string const& path) {
            return "POST " + path +
                   " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                   "3\r\nabc\r\n0\r\nX-Sum: 6\r\ngrpc-status: 0\r\n\r\n";
        };
        CHECK(body_of(c.ask(chunked("/trailers"))) == "X-Sum=6;grpc-status=0;");
        auto const echoed = c.ask(chunked("/echo"));
        CHECK(echoed.find("abc") != std::string::npos);
        CHECK(echoed.ends_with("0\r\n\r\n"));
        CHECK(echoed.find("X-Sum") == std::string::npos);
        CHECK(body_of(c.ask(post("/trailers", "abc"))).empty());
    }
}

TEST_CASE("http1: a client that closed its half still gets its answer")
{
    for (auto const tls : {false, true}) {
        both_ways w{tls};
        auto c = w.connect();
        c.send(post("/count", "abc"));
        c.finish_sending();
        CHECK(body_of(c.receive_until("\r\n\r\n3")) == "3");
        // An end that arrives together with the request is seen at the next look.
        CHECK(time_until_heard(w.host, c, milliseconds{5000}) <= milliseconds{2000});
        CHECK(c.receive().empty());
        CHECK(c.at_end());
        CHECK_FALSE(c.was_reset());
    }
}

TEST_CASE("http1: an exchange hears of a client that is gone")
{
    for (auto const tls : {false, true}) {
        CAPTURE(tls);
        both_ways w{tls};
        auto c = w.connect();
        c.send(get("/wait"));
        w.host.advance(milliseconds{500});
        CHECK(w.host.open() == 1);
        c.reset();
        for (int i = 0; i < 200 && w.host.open() != 0; ++i) w.host.advance(deadlines::step);
        CHECK(w.host.open() == 0);
    }
}

TEST_CASE("http1: a half-closed client is not taken for one that is gone")
{
    both_ways w{false};
    auto c = w.connect();
    c.send(get("/wait"));
    c.finish_sending();
    w.host.advance(milliseconds{5000});
    CHECK(w.host.open() == 1);
}

TEST_CASE("http1: a FIN without a goodbye ends a request that is not answered in time")
{
    for (auto const patience : {0, 2000, 5000})
        for (auto const tls : {false, true}) {
            CAPTURE(patience);
            CAPTURE(tls);
            client_limits limits;
            limits.half_close_timeout = milliseconds{patience};
            both_ways w{tls, limits};
            auto c = w.connect();
            c.send(get("/wait"));
            w.host.open();
            c.finish_quietly();
            auto const took = time_until_gone(w.host);
            CHECK(took >= milliseconds{patience});
            CHECK(took <= milliseconds{patience + 1500});
        }
}

TEST_CASE("http1: a goodbye of TLS ends a request at once, whatever it came with")
{
    for (auto const* behind : {"", "a FIN", "sibling: a reset", "sibling: the last bytes of a body"}) {
        CAPTURE(behind);
        both_ways w{true};
        auto c = w.connect();
        std::string_view const what{behind};
        if (what.find("body") != what.npos) c.send("POST /wait HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
        else c.send(get("/wait"));
        w.host.open();
        c.say_goodbye();
        if (what == "a FIN") c.finish_quietly();
        if (what.find("reset") != what.npos) c.reset();
        CHECK(time_until_gone(w.host) <= milliseconds{1500});
    }
}

TEST_CASE("http1: sibling: an end behind bytes that nobody reads yet is seen, too")
{
    for (auto const reset : {false, true})
        for (auto const tls : {false, true}) {
            CAPTURE(reset);
            CAPTURE(tls);
            both_ways w{tls};
            auto c = w.connect();
            c.send(get("/wait") + get("/pipelined"));
            w.host.advance(milliseconds{1000});
            c.send("more");
            reset ? c.reset() : c.finish_quietly();
            auto const took = time_until_gone(w.host);
            CHECK(took >= milliseconds{reset ? 0 : 5000});
            CHECK(took <= milliseconds{reset ? 2500 : 7500});
        }
}

TEST_CASE("http1: an upload whose last byte came with the FIN counts")
{
    for (auto const tls : {false, true}) {
        both_ways w{tls};
        auto c = w.connect();
        c.send("POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 20000\r\n\r\n");
        w.host.open();
        c.send(std::string(20'000, 'x'));
        c.finish_quietly();
        CHECK(body_of(c.receive_until("\r\n\r\n20000")) == "20000");
        auto d = w.connect();
        d.send(chunked + "3\r\nabc\r\n0\r\n\r\n");
        d.finish_quietly();
        CHECK(body_of(d.receive_until("\r\n\r\n3")) == "3");
    }
}

TEST_CASE("http1: a half-closed client that was sent something listens as long as it takes")
{
    for (auto const tls : {false, true}) {
        both_ways w{tls};
        auto c = w.connect();
        c.send(get("/begin-and-wait"));
        w.host.advance(milliseconds{2000});
        CHECK(c.receive_until("begun").find("200 OK") != std::string::npos);
        c.finish_quietly();
        w.host.advance(milliseconds{2000});
        w.host.release();
        CHECK(c.receive_until("more") == "4\r\nmore\r\n");
        w.host.advance(milliseconds{60'000});
        CHECK(w.host.open() == 1);
        w.host.release();
        CHECK(c.receive_until("0\r\n\r\n").ends_with("0\r\n\r\n"));

        // Sibling: one that was sent nothing since its FIN has left, though its reply began before.
        auto d = w.connect();
        d.send(get("/begin-and-wait"));
        d.receive_until("begun");
        d.finish_quietly();
        CHECK(time_until_gone(w.host) <= milliseconds{6500});
    }
}

TEST_CASE("http1: a reply that breaks off cannot be taken for a whole one")
{
    for (auto const tls : {false, true}) {
        both_ways w{tls};
        for (auto const* path : {"/short", "/long", "/nothing"}) {
            CAPTURE(path);
            auto c = w.connect();
            c.send(get(path));
            auto const all = c.receive_all();
            CHECK(c.at_end());
            CHECK(all.find("12345") == std::string::npos);
        }
    }
}

TEST_CASE("http1: a slow head is cut off after its timeout, however it trickles")
{
    for (auto const tls : {false, true}) {
        both_ways w{tls};
        auto c = w.connect();
        auto const head = get("/never", "X: " + std::string(200, 'x'));
        std::size_t sent = 0;
        c.send(head.substr(sent++, 1));
        w.host.open();
        auto const began = w.host.passed();
        while (!c.readable(milliseconds{1}) && sent < 150) {
            c.send(head.substr(sent++, 1));
            w.host.advance(deadlines::step);
        }
        auto const took = w.host.passed() - began;
        CHECK(took >= milliseconds{10'000});
        CHECK(took <= milliseconds{15'000});
        CHECK(c.receive_until("timed_out").starts_with("HTTP/1.1 408"));
    }
}

TEST_CASE("http1: an idle connection is closed after its timeout, without a word")
{
    for (auto const tls : {false, true}) {
        both_ways w{tls};
        auto c = w.connect();
        c.ask(get("/"));
        if (tls) c.receive(1, milliseconds{0});
        auto const took = time_until_heard(w.host, c, milliseconds{90'000});
        CHECK(took >= milliseconds{75'000});
        CHECK(c.receive().empty());
        CHECK(c.at_end());
        for (int i = 0; i < 1000 && w.host.open() != 0; ++i) std::this_thread::yield();
        CHECK(w.host.open() == 0);
    }
}

TEST_CASE("http1: a connection that slept goes on where it was")
{
    for (auto const tls : {false, true}) {
        both_ways w{tls};
        auto c = w.connect();
        for (int i = 0; i < 3; ++i) {
            CHECK(body_of(c.ask(get("/again"))) == "hello /again");
            w.host.advance(milliseconds{3000});
            CHECK(w.host.ask<std::size_t>(
                      [&] {
                          auto& worker = w.host.worker();
                          return worker.small_buffers().lent() + worker.large_buffers().lent() + worker.bulk_buffers().lent();
                      }) == 0);
        }
        // Half a head, silence, and the other half.
        auto const head = get("/halves");
        c.send(head.substr(0, 20));
        w.host.open();
        w.host.advance(milliseconds{3000});
        CHECK(body_of(c.ask(head.substr(20))) == "hello /halves");
    }
}

TEST_CASE("http1: a body that stalls times out")
{
    client_limits limits;
    limits.least_rate = 0; // which would find it too slow before
    both_ways w{true, limits};
    auto c = w.connect();
    c.send("POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc");
    auto const took = time_until_heard(w.host, c, milliseconds{60'000});
    CHECK(took >= milliseconds{30'000});
    CHECK(c.receive_until("timed_out").starts_with("HTTP/1.1 408"));
}

TEST_CASE("http1: a client that does not read is given up")
{
    for (auto const tls : {false, true}) {
        both_ways w{tls};
        auto c = w.connect();
        c.send(get("/bytes?100000000"));
        c.readable(milliseconds{5000});
        for (int i = 0; i < 500 && w.host.open() != 0; ++i) w.host.advance(deadlines::step);
        CHECK(w.host.open() == 0);
        CHECK(w.host.passed() <= milliseconds{100'000});
    }
}

TEST_CASE("http1: large bodies stream both ways in bounded memory")
{
    for (auto const tls : {false, true}) {
        auto limits = client_limits{};
        limits.body_bytes = 0;
        both_ways w{tls, limits};
        constexpr std::size_t size = 100 * 1024 * 1024;
        auto c = w.connect();
        for (auto const* path : {"/bytes", "/chunks"}) {
            c.send(get(path + std::string{"?"} + std::to_string(size), "Connection: close\r\n"));
            std::size_t got = 0;
            for (auto more = c.receive(); !more.empty(); more = c.receive()) got += more.size();
            CHECK(got > size);
            CHECK(got < size + size / 1000 + 1000);
            c = w.connect();
        }
        c.send("POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n");
        std::string const part(1024 * 1024, 'u');
        for (std::size_t sent = 0; sent < size; sent += part.size()) REQUIRE(c.send(part));
        CHECK(body_of(c.ask("")) == std::to_string(size));
        auto const held = w.host.ask<std::size_t>(
            [&] { return w.host.worker().bulk_buffers().warm() + w.host.worker().bulk_buffers().lent(); });
        CHECK(held <= 8);
    }
}

TEST_CASE("http1: a reply is written while the body is still read")
{
    for (auto const tls : {false, true}) {
        both_ways w{tls};
        auto c = w.connect();
        c.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        CHECK(c.receive_until("\r\n\r\n").starts_with("HTTP/1.1 200"));
        for (int i = 0; i < 50; ++i) {
            c.send("5\r\nabcde\r\n");
            CHECK(c.receive_until("abcde\r\n").ends_with("5\r\nabcde\r\n"));
        }
        c.send("0\r\n\r\n");
        CHECK(c.receive_until("0\r\n\r\n") == "0\r\n\r\n");
    }
}

TEST_CASE("http1: a reply that nobody reads yet does not hold up the body, nor the other way round")
{
    for (auto const tls : {false, true}) {
        CAPTURE(tls);
        both_ways w{tls};
        auto c = w.connect();
        c.send("POST /duplex HTTP/1.1\r\nHost: a\r\nContent-Length: 8000000\r\n\r\n");
        // The reply fills every buffer on the way before any of it is read.
        for (int i = 0; i < 8; ++i) REQUIRE(c.send(std::string(1'000'000, 'u')));
        auto const all = c.receive_until("0\r\n\r\n");
        CHECK(all.size() > 4 * 1024 * 1024);
        CHECK(all.ends_with("|8000000\r\n0\r\n\r\n"));
    }
}

TEST_CASE("http1: a backlog that is smaller than what is written at once loses and repeats nothing")
{
    for (auto const tls : {false, true})
        for (auto const room : {0UL, 1000UL, 5000UL}) {
            CAPTURE(tls);
            CAPTURE(room);
            client_limits limits;
            limits.reply_buffer = room;
            both_ways w{tls, limits};
            auto c = w.connect();
            constexpr std::size_t size = 20'000'000;
            c.send(get("/bytes?" + std::to_string(size), "Connection: close\r\n"));
            std::string all;
            for (auto more = c.receive(); !more.empty(); more = c.receive()) all += more;
            CHECK(body_of(all).size() == size);
        }
}

TEST_CASE("http1: draining closes idle connections at once and lets exchanges end")
{
    for (auto const tls : {false, true}) {
        both_ways w{tls};
        auto idle = w.connect();
        idle.ask(get("/"));
        auto asleep = w.connect();
        asleep.ask(get("/"));
        w.host.advance(milliseconds{3000});
        auto busy = w.connect();
        busy.send("POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc");
        auto stuck = w.connect();
        stuck.send(get("/wait"));
        // Both requests are taken in once a later one on another connection is answered.
        auto probe = w.connect();
        probe.ask(get("/", "Connection: close\r\n"));
        std::promise<void> drained;
        w.host.worker().drain(milliseconds{30'000}, [&] { drained.set_value(); });
        CHECK(idle.receive_all().empty());
        CHECK(asleep.receive_all().empty());
        auto const reply = busy.ask("def");
        CHECK(body_of(reply) == "6");
        CHECK(reply.find("Connection: close") != std::string::npos);
        auto waiting = drained.get_future();
        CHECK(waiting.wait_for(milliseconds{0}) == std::future_status::timeout);
        w.host.advance(milliseconds{31'000});
        waiting.get();
        CHECK(stuck.receive_all().empty());
        CHECK(w.host.open() == 0);
    }
}

TEST_CASE("http1: bytes of another protocol on a TLS port get an answer or an end")
{
    both_ways w{true};
    struct
    {
        char const* what;
        std::string sent;
        unsigned status;
        char const* body;
    } const cases[] = {
        {"a name that the certificate has", get("/a?b=c"), 308, "https://one.example:4443/a?b=c"},
        {"another name", "GET / HTTP/1.1\r\nHost: two.example\r\n\r\n", 400, "bad_request"},
        {"no request at all", "HELO mail.example\r\n\r\n", 400, "bad_request"},
        {"sibling: a method that TLS libraries do not know", "PROPFIND /a HTTP/1.1\r\nHost: one.example\r\n\r\n", 308,
         "https://one.example:4443/a"},
        {"sibling: a form", post("/a", "x=y"), 308, "https://one.example:4443/a"},
    };
    for (auto const& c : cases)
        for (auto const whole : {true, false}) {
            CAPTURE(c.what);
            CAPTURE(whole);
            client cleartext{w.host.port()};
            if (whole) cleartext.send(c.sent);
            else
                for (auto const byte : c.sent) cleartext.send({&byte, 1});
            auto const all = cleartext.ask("");
            CHECK(all.starts_with("HTTP/1.1 " + std::to_string(c.status)));
            CHECK(body_of(all) == c.body);
        }
    client nonsense{w.host.port()};
    nonsense.send(std::string(200, '\xee'));
    nonsense.receive_all();
    CHECK(nonsense.at_end());
    client silent{w.host.port()};
    w.host.open();
    auto const took = time_until_heard(w.host, silent, milliseconds{20'000});
    CHECK(took >= milliseconds{10'000});
    CHECK(took <= milliseconds{12'000});
    CHECK(w.host.figures().tls_handshakes[telemetry::tls_version::unknown][telemetry::handshake::failed].value() == 12);
}

TEST_CASE("http1: one line end before the request line of a kept connection is skipped, and only one")
{
    auto const first = post("/count", "abc");
    struct
    {
        char const* what;
        std::string sent;
        std::size_t answers; // that are 200
        bool refused;        // a 400 follows
    } const cases[] = {
        {"behind a body", first + "\r\n" + get("/next"), 2, false},
        {"behind each of them", first + "\r\n" + first + "\r\n" + get("/next"), 3, false},
        {"and nothing follows", first + "\r\n", 1, false},
        {"two of them", first + "\r\n\r\n" + get("/next"), 1, true},
        {"a bare LF", first + "\n" + get("/next"), 1, true},
        {"a bare CR", first + "\r" + get("/next"), 1, true},
        {"before the first request", "\r\n" + get("/next"), 0, true},
        {"sibling: behind a request without a body", get("/a") + "\r\n" + get("/next"), 2, false},
        {"sibling: behind chunks", chunked + "3\r\nabc\r\n0\r\n\r\n\r\n" + get("/next"), 2, false},
        {"sibling: a blank before it", first + " \r\n" + get("/next"), 1, true},
    };
    for (auto const& c : cases)
        for (auto const tls : {false, true})
            for (auto const whole : {true, false}) {
                CAPTURE(c.what);
                CAPTURE(tls);
                CAPTURE(whole);
                both_ways w{tls};
                auto conn = w.connect();
                if (whole) conn.send(c.sent);
                else
                    for (auto const byte : c.sent)
                        if (!conn.send({&byte, 1})) break;
                std::string all;
                auto const count = [&all](std::string_view what) {
                    std::size_t n = 0;
                    for (auto at = all.find(what); at != all.npos; at = all.find(what, at + 1)) ++n;
                    return n;
                };
                while (count("HTTP/1.1 200") < c.answers || (c.refused && count("HTTP/1.1 400") == 0)) {
                    auto const more = conn.receive();
                    if (more.empty()) break;
                    all += more;
                }
                CHECK(count("HTTP/1.1 200") == c.answers);
                CHECK(count("HTTP/1.1 400") == (c.refused ? 1 : 0));
                if (!c.refused) CHECK(body_of(conn.ask(get("/later"))) == "hello /later");
            }
}

TEST_CASE("http1: a line end alone leaves a connection idle, not half asked")
{
    for (auto const tls : {false, true}) {
        both_ways w{tls};
        auto c = w.connect();
        c.ask(post("/count", "abc"));
        c.send("\r\n");
        w.host.open();
        auto const took = time_until_heard(w.host, c, milliseconds{90'000});
        CHECK(took >= milliseconds{75'000});
        CHECK(c.receive().empty());
        CHECK(c.at_end());
    }
}

TEST_CASE("http1: a connection that never asks keeps its place for a moment only")
{
    for (auto const tls : {false, true}) {
        CAPTURE(tls);
        client_limits limits;
        limits.first_byte_timeout = milliseconds{4000};
        both_ways w{tls, limits};
        auto c = w.connect();
        w.host.open();
        auto const took = time_until_heard(w.host, c, milliseconds{90'000});
        CHECK(took >= milliseconds{4000});
        CHECK(took <= milliseconds{6000});
        CHECK(c.receive().empty());
        // Sibling: one that was answered is idle, which is something else.
        auto d = w.connect();
        d.ask(get("/"));
        w.host.advance(milliseconds{10'000});
        CHECK(body_of(d.ask(get("/again"))) == "hello /again");
    }
}

TEST_CASE("http1: a slow upload is refused, and one that keeps the pace is not")
{
    for (auto const tls : {false, true})
        for (auto const per_second : {1, 200, 1000}) {
            CAPTURE(tls);
            CAPTURE(per_second);
            both_ways w{tls};
            auto c = w.connect();
            c.send("POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(per_second * 40) + "\r\n\r\n");
            auto const began = w.host.passed();
            for (int second = 0; second < 40 && !c.readable(milliseconds{2}); ++second) {
                c.send(std::string(static_cast<std::size_t>(per_second), 'x'));
                w.host.open();
                w.host.advance(milliseconds{1000});
            }
            auto const took = w.host.passed() - began;
            if (per_second >= 256) {
                CHECK(body_of(c.ask("")) == std::to_string(per_second * 40));
                continue;
            }
            CHECK(c.receive_until("timed_out").starts_with("HTTP/1.1 408"));
            CHECK(took >= milliseconds{9000});
            CHECK(took <= milliseconds{12'000});
            CHECK(w.host.figures().clients_given_up[telemetry::given_up::slow_upload].value() == 1);
        }
}

TEST_CASE("http1: nobody waits for a client that is slow to take a short reply")
{
    for (auto const tls : {false, true}) {
        CAPTURE(tls);
        client_limits limits;
        limits.reply_buffer = 8 << 20;
        both_ways w{tls, limits};
        auto c = w.connect();
        // More than all sockets on the way hold, and still no more than may be held here.
        c.send(get("/bytes-and-tell?12000000"));
        for (int i = 0; i < 500 && !w.host.has_told(); ++i) std::this_thread::sleep_for(milliseconds{10});
        CHECK(w.host.has_told());
        CHECK(w.host.ask<std::size_t>([&] { return w.host.worker().bodies().left(); }) < 64u << 20);
        c.send(get("/next"));
        auto const all = c.receive_until("hello /next");
        CHECK(all.find(std::string(100'000, 'b')) != all.npos);
        CHECK(all.size() > 12'000'000);
        CHECK(w.host.ask<std::size_t>([&] { return w.host.worker().bodies().left(); }) == 64u << 20);
    }
}
