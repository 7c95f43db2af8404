#include "tests/unit/upstream/rig.hpp"

using namespace yett;
using namespace yett::tests;
using telemetry::websocket_end;

namespace {

constexpr std::string_view shake = "GET /chat HTTP/1.1\r\nHost: example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                                   "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
std::string const switches = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
std::string const going_away{"\x88\x02\x03\xe9", 4};
std::string const session_ended{"\x88\x02\x0f\xa1", 4};

// What it says after 101, and then everything back until it is sent no more.
scripted_upstream::script saying(std::string words)
{
    return [words = std::move(words)](scripted_upstream::line& line) -> task<void> {
        co_await line.head();
        auto const text = switches + words;
        co_await line.send(text);
        for (;;) {
            auto const heard = co_await line.some();
            if (heard.empty()) break;
            co_await line.send(heard);
        }
        co_await line.send("end");
        line.close();
    };
}

struct open_tunnel
{
    explicit open_tunnel(rig& r, milliseconds idle = 60s) : with{r}, asked{r.prepare(shake)}
    {
        asked->context.emplace(upstream::forward_context{r.plan, {.address = "192.0.2.7"}, "req-1", {}, {}, asked->seen});
        asked->context->websocket.emplace(idle);
        asked->context->ends = &handle;
        auto keep = [a = asked](std::exception_ptr thrown, result<void> outcome) {
            if (thrown) std::rethrow_exception(thrown);
            a->outcome = std::move(outcome);
        };
        boost::asio::co_spawn(r.io, r.forwarder->forward(r.permit, asked->exchange, *asked->context), keep);
    }
    std::uint64_t closed(websocket_end why) const { return with.figures.websockets.closed[why].value(); }

    rig& with;
    upstream::cancel_handle handle;
    running* asked;
};

} // namespace

TEST_CASE("tunnel: bytes pass both ways until both have said their last")
{
    rig r{{saying("\x81\x05hello")}};
    open_tunnel t{r};
    auto& client = t.asked->exchange;
    REQUIRE(r.until([&] { return client.body() == "\x81\x05hello"; }));
    CHECK(client.status() == 101);
    CHECK(client.field("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    CHECK(r.figures.websockets.open.value() == 1);
    client.arrive("\x81\x02hi");
    REQUIRE(r.until([&] { return client.body() == "\x81\x05hello\x81\x02hi"; }));
    client.finish_body();
    r.finish(*t.asked);
    CHECK(*t.asked->outcome);
    CHECK(client.body() == "\x81\x05hello\x81\x02hi"
                           "end");
    CHECK(client.ended());
    CHECK_FALSE(client.aborted());
    CHECK(t.asked->seen.ended == "client");
    CHECK(t.closed(websocket_end::client) == 1);
    CHECK(r.figures.websockets.open.value() == 0);
    CHECK(r.figures.websockets.bytes_in.value() == 4);
}

TEST_CASE("tunnel: it does not count among the connections of the pool")
{
    upstream::forward_options options;
    options.connections.connections = 1;
    rig r{{saying(""), saying("")}, options};
    open_tunnel first{r};
    REQUIRE(r.until([&] { return first.asked->exchange.begun(); }));
    r.settle();
    CHECK(r.forwarder->open_connections() == 0);
    open_tunnel second{r};
    CHECK(r.until([&] { return second.asked->exchange.begun(); }));
    for (auto* each : {&first, &second}) {
        each->asked->exchange.finish_body();
        r.finish(*each->asked);
    }
}

TEST_CASE("tunnel: a 101 that answers another handshake, or none, is a broken application")
{
    auto wrong = switches;
    wrong.replace(wrong.find("s3p"), 3, "S3P");
    rig r{{scripted_upstream::once(wrong), scripted_upstream::once(switches)}};
    open_tunnel t{r};
    r.finish(*t.asked);
    REQUIRE_FALSE(*t.asked->outcome);
    CHECK(t.asked->outcome->error() == errc::upstream_broken);
    CHECK_FALSE(t.asked->exchange.begun());
    auto* const unasked = r.ask(get);
    REQUIRE_FALSE(*unasked->outcome);
    CHECK(unasked->outcome->error() == errc::upstream_broken);
}

TEST_CASE("tunnel: whoever ends it from outside says so between two frames")
{
    struct row
    {
        errc why;
        std::string frame;
        websocket_end reason;
        bool well;
    };
    for (auto const& each : {row{errc::token_revoked, session_ended, websocket_end::revoked, false},
                             row{errc::token_expired, session_ended, websocket_end::expired, false},
                             row{errc::stopping, going_away, websocket_end::draining, true}}) {
        rig r{{saying("\x81\x05hello")}};
        open_tunnel t{r};
        REQUIRE(r.until([&] { return t.asked->exchange.body().size() == 7; }));
        CHECK(t.handle.end(each.why));
        CHECK_FALSE(t.handle.end(each.why));
        r.finish(*t.asked);
        CHECK(t.asked->outcome->has_value() == each.well);
        if (!each.well) CHECK(t.asked->outcome->error() == each.why);
        CHECK(t.asked->exchange.body() == "\x81\x05hello" + each.frame);
        CHECK(t.asked->exchange.ended());
        CHECK_FALSE(t.asked->exchange.aborted());
        CHECK(t.closed(each.reason) == 1);
        CHECK_FALSE(t.handle.end(each.why));
    }
}

TEST_CASE("tunnel: behind the application's own close frame there is no other")
{
    rig r{{saying(std::string{"\x88\x02\x03\xe8", 4})}};
    open_tunnel t{r};
    REQUIRE(r.until([&] { return t.asked->exchange.body().size() == 4; }));
    t.handle.end(errc::token_revoked);
    r.finish(*t.asked);
    CHECK(t.asked->exchange.body() == std::string_view{"\x88\x02\x03\xe8", 4});
    CHECK(t.asked->exchange.ended());
    CHECK(t.asked->seen.ended == "application");
}

TEST_CASE("tunnel: an application in the middle of a frame is cut off a moment later")
{
    rig r{{saying("\x81\x05hel")}};
    open_tunnel t{r};
    REQUIRE(r.until([&] { return t.asked->exchange.body().size() == 5; }));
    t.handle.end(errc::token_revoked);
    r.settle();
    CHECK_FALSE(t.asked->outcome);
    r.pass(1s);
    CHECK(t.asked->exchange.aborted());
    t.asked->exchange.leave();
    r.finish(*t.asked);
    CHECK(t.asked->outcome->error() == errc::token_revoked);
    CHECK(t.asked->exchange.body() == "\x81\x05hel");
}

TEST_CASE("tunnel: a client that takes nothing is cut off a moment later")
{
    rig r{{saying("\x81\x05hello")}};
    open_tunnel t{r};
    t.asked->exchange.take_slowly();
    REQUIRE(r.until([&] { return t.asked->exchange.writing(); }));
    t.asked->exchange.take_part();
    REQUIRE(r.until([&] { return t.asked->exchange.parts() == 2 && t.asked->exchange.writing(); }));
    t.handle.end(errc::token_revoked);
    r.pass(1s);
    CHECK(t.asked->exchange.aborted());
    t.asked->exchange.leave();
    t.asked->exchange.take_part();
    r.finish(*t.asked);
    CHECK(t.asked->outcome->error() == errc::token_revoked);
}

TEST_CASE("tunnel: silence in both directions ends it, a word in either does not")
{
    rig r{{saying("")}};
    open_tunnel t{r, 2s};
    REQUIRE(r.until([&] { return t.asked->exchange.begun(); }));
    r.settle();
    for (int i = 0; i < 5; ++i) {
        r.pass(1s);
        t.asked->exchange.arrive("\x81\x01x");
        r.settle();
        REQUIRE_FALSE(t.asked->outcome);
    }
    r.pass(2500ms);
    r.finish(*t.asked);
    CHECK(*t.asked->outcome);
    CHECK(t.asked->exchange.body().ends_with(going_away));
    CHECK(t.closed(websocket_end::idle) == 1);
}

TEST_CASE("tunnel: a client that breaks off lets the application go")
{
    rig r{{saying("")}};
    open_tunnel t{r};
    REQUIRE(r.until([&] { return t.asked->exchange.begun(); }));
    r.settle();
    t.asked->exchange.leave();
    r.finish(*t.asked);
    REQUIRE_FALSE(*t.asked->outcome);
    CHECK(t.asked->outcome->error() == errc::peer_broke_off);
    CHECK(t.closed(websocket_end::broken) == 1);
}

TEST_CASE("cancel_handle: a reply under way is broken off, one that has not begun fails with the reason")
{
    auto const half = [](scripted_upstream::line& line) -> task<void> {
        co_await line.head();
        co_await line.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
        co_await line.some();
    };
    auto const never = [](scripted_upstream::line& line) -> task<void> {
        co_await line.head();
        co_await line.some();
    };
    for (auto const begun : {true, false}) {
        rig r{{begun ? scripted_upstream::script{half} : scripted_upstream::script{never}}};
        upstream::cancel_handle handle;
        CHECK_FALSE(handle.end(errc::token_revoked));
        auto* const asked = r.prepare(get);
        asked->context.emplace(upstream::forward_context{r.plan, {.address = "192.0.2.7"}, "req-1", {}, {}, asked->seen});
        asked->context->ends = &handle;
        auto keep = [asked](std::exception_ptr, result<void> outcome) { asked->outcome = std::move(outcome); };
        boost::asio::co_spawn(r.io, r.forwarder->forward(r.permit, asked->exchange, *asked->context), keep);
        REQUIRE(r.until([&] { return begun ? asked->exchange.begun() : r.app->connections() == 1; }));
        r.settle();
        CHECK_FALSE(handle.end(errc::stopping));
        CHECK(handle.end(errc::token_expired));
        r.finish(*asked);
        CHECK(asked->outcome->error() == errc::token_expired);
        CHECK(asked->exchange.begun() == begun);
        CHECK(asked->exchange.aborted() == begun);
        CHECK(r.forwarder->open_connections() == 0);
        CHECK_FALSE(handle.end(errc::token_expired));
    }
}

TEST_CASE("tunnel: it keeps no request from its turn")
{
    upstream::forward_options one;
    one.in_flight = upstream::in_flight_options{1, 1, 0, 1s, {}};
    rig r{{saying("hello"), scripted_upstream::always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")}, one};
    open_tunnel t{r};
    auto& client = t.asked->exchange;
    REQUIRE(r.until([&] { return client.body() == "hello"; }));
    CHECK(r.figures.bounded.under_way.value() == 0);
    CHECK(r.ask(get)->exchange.body() == "ok");
    client.finish_body();
    r.finish(*t.asked);
    CHECK(r.figures.bounded.under_way.value() == 0);
}
