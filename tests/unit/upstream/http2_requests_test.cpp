#include "tests/unit/upstream/rig.hpp"

#include "gateway/upstream/cluster/server_tls.hpp"
#include "tests/support/http2_upstream.hpp"

// What is particular to requests over HTTP/2: connections that they share, streams that are refused or reset, windows.

using namespace yett;
using namespace yett::tests;
using code = http2::error_code;
using upstream::server_scheme;

namespace {

constexpr auto ok = ":status";
http2_upstream::fields const fine{{ok, "200"}};

struct h2_rig : rig
{
    explicit h2_rig(http2_upstream::terms how = {}, upstream::forward_options wanted = {})
        : rig{{scripted_upstream::always("")}, std::move(wanted), server_scheme::http},
          server{io.get_executor(), how}
    {
        options.servers.front().address = server.address();
        begin_anew();
    }
    ~h2_rig() { forwarder.reset(); }

    // A request that has arrived as the server's `which`th.
    running* arrive(std::string_view head = get)
    {
        auto const before = server.count();
        auto* const r = start(head);
        REQUIRE(until([&] { return server.count() > before; }));
        return r;
    }
    running* send(std::string_view head, std::string_view body, bool ends = true)
    {
        auto* const r = prepare(head);
        if (!body.empty()) r->exchange.arrive(body);
        if (ends) r->exchange.finish_body();
        begin(*r);
        return r;
    }
    void arrived(std::size_t count)
    {
        REQUIRE(until([&] { return server.count() >= count; }));
    }
    error failure_of(running& r)
    {
        finish(r);
        REQUIRE_FALSE(*r.outcome);
        return r.outcome->error();
    }

    http2_upstream server;
};

upstream::forward_options with_connections(std::size_t most)
{
    upstream::forward_options options;
    options.connections.connections = most;
    options.connections.per_client = most;
    return options;
}

} // namespace

TEST_CASE("http2: a request goes up as fields and its reply comes back in one part")
{
    h2_rig r;
    auto* const asked = r.arrive();
    auto const& told = r.server.request(0);
    CHECK(told.fields[0] == std::pair<std::string, std::string>{":method", "GET"});
    CHECK(told.field(":scheme") == "http");
    CHECK(told.field(":authority") == "example.com");
    CHECK(told.field(":path") == "/a?b=c");
    CHECK(told.field("te") == "trailers");
    CHECK(told.field("x-forwarded-for") == "192.0.2.7");
    CHECK(told.field("x-request-id") == "req-1");
    CHECK(told.field("host").empty());
    CHECK(told.complete);
    r.server.reply(0, {{ok, "200"}, {"content-length", "5"}, {"x-app", "yes"}}, "hello");
    r.finish(*asked);
    CHECK(*asked->outcome);
    CHECK(asked->exchange.status() == 200);
    CHECK(asked->exchange.body() == "hello");
    CHECK(asked->exchange.length() == 5u);
    CHECK(asked->exchange.field("x-app") == "yes");
    CHECK(asked->exchange.parts() == 1);
    CHECK(asked->seen.status == 200);
    CHECK(asked->seen.duration);
}

TEST_CASE("http2: requests share a connection, and replies come in any order")
{
    h2_rig r;
    std::vector<running*> all;
    for (int i = 0; i < 20; ++i) all.push_back(r.start(get));
    r.arrived(20);
    CHECK(r.server.connections() == 1);
    CHECK(r.figures.busy.value() == 1);
    for (std::size_t i = 20; i-- > 0;) r.server.reply(i, fine, std::to_string(i));
    for (std::size_t i = 0; i < 20; ++i) {
        r.finish(*all[i]);
        CHECK(all[i]->exchange.body() == std::to_string(i));
    }
    CHECK(r.figures.idle.value() == 1);
    CHECK(r.figures.busy.value() == 0);
    CHECK(r.forwarder->open_connections() == 1);
}

TEST_CASE("http2: a server that allows one request at a time gets more connections, as many as there may be, and then they wait")
{
    h2_rig r{{.streams = 1}, with_connections(2)};
    auto* const first = r.arrive();
    auto* const second = r.arrive();
    CHECK(r.server.connections() == 2);
    auto* const third = r.start(get);
    r.settle();
    CHECK(r.server.count() == 2);
    CHECK(r.figures.pending.value() == 1);
    r.server.reply(0, fine, "first");
    r.arrived(3);
    CHECK(r.server.request(2).connection == 0);
    CHECK(r.figures.pending.value() == 0);
    r.server.reply(1, fine, "second");
    r.server.reply(2, fine, "third");
    for (auto* const each : {first, second, third}) r.finish(*each);
    CHECK(third->exchange.body() == "third");
    CHECK(r.server.connections() == 2);
}

TEST_CASE("http2: who waits for a place for too long, or too many do, is told so, and a client that leaves waits no more")
{
    auto options = with_connections(1);
    options.connections.pending = 1;
    h2_rig r{{.streams = 1}, options};
    auto* const first = r.arrive();
    auto* const waits = r.start(get);
    r.settle();
    CHECK(r.failure_of(*r.start(get)) == errc::overloaded);
    waits->exchange.leave();
    CHECK(r.failure_of(*waits) == errc::peer_broke_off);
    auto* const late = r.start(get);
    r.pass(options.connections.connect_timeout);
    REQUIRE(late->outcome);
    CHECK(late->outcome->error() == errc::overloaded);
    r.server.reply(0, fine, "first");
    r.finish(*first);
    CHECK(*first->outcome);
}

TEST_CASE("http2: a client has no more than its share of the places")
{
    auto options = with_connections(4);
    options.connections.per_client = 1;
    options.connections.http2.streams = 2;
    h2_rig r{{}, options};
    auto* const first = r.start_from("192.0.2.1", get);
    auto* const second = r.start_from("192.0.2.1", get);
    r.arrived(2);
    auto* const third = r.start_from("192.0.2.1", get);
    r.settle();
    CHECK(r.server.count() == 2);
    auto* const other = r.start_from("192.0.2.9", get);
    r.arrived(3);
    CHECK_FALSE(third->outcome);
    r.server.reply(0, fine);
    r.finish(*first);
    r.arrived(4);
    for (std::size_t i = 1; i < 4; ++i) r.server.reply(i, fine);
    for (auto* const each : {second, third, other}) r.finish(*each);
    CHECK(*third->outcome);
}

TEST_CASE("http2: what a GOAWAY left out is sent again on another connection, whatever its method, and the rest goes on")
{
    h2_rig r;
    auto* const first = r.arrive();
    auto* const second = r.send(post, "12345");
    r.arrived(2);
    auto* const third = r.arrive();
    r.server.say(0, http2_upstream::goaway(1));
    r.arrived(5);
    CHECK(r.server.connections() == 2);
    for (std::size_t i = 3; i < 5; ++i) {
        CHECK(r.server.request(i).connection == 1);
        r.server.reply(i, fine, "again");
    }
    r.finish(*second);
    r.finish(*third);
    CHECK(second->exchange.body() == "again");
    CHECK(third->exchange.body() == "again");
    CHECK(second->seen.retries == 1);
    CHECK_FALSE(first->outcome);
    r.server.reply(0, fine, "first");
    r.finish(*first);
    CHECK(first->exchange.body() == "first");
    REQUIRE(r.until([&] { return r.server.open_connections() == 1; }));
    CHECK(r.forwarder->open_connections() == 1);
}

TEST_CASE("http2: a refused stream is sent again once on a new connection, whatever its method")
{
    h2_rig r;
    auto* const asked = r.send(post, "12345");
    r.arrived(1);
    r.server.reset(0, code::refused_stream);
    r.arrived(2);
    CHECK(r.server.request(1).connection == 1);
    r.server.reply(1, fine, "done");
    r.finish(*asked);
    CHECK(asked->exchange.body() == "done");
    CHECK(asked->seen.retries == 1);

    auto* const never = r.send(post, "12345");
    r.arrived(3);
    r.server.reset(2, code::refused_stream);
    r.arrived(4);
    r.server.reset(3, code::refused_stream);
    auto const why = r.failure_of(*never);
    CHECK(why == errc::upstream_unavailable);
    CHECK(why.note().find("refused the stream") != std::string::npos);
    CHECK(r.server.count() == 4);
}

TEST_CASE("http2: where no further connection may be opened, a refused stream is sent again on the one there is")
{
    h2_rig r{{}, with_connections(1)};
    auto* const asked = r.send(post, "12345");
    r.arrived(1);
    r.server.reset(0, code::refused_stream);
    r.arrived(2);
    CHECK(r.server.request(1).connection == 0);
    r.server.reply(1, fine, "done");
    r.finish(*asked);
    CHECK(asked->exchange.body() == "done");
}

TEST_CASE("http2: a stream that is reset fails by itself, and its connection lives on")
{
    h2_rig r;
    auto* const neighbour = r.arrive();
    struct row
    {
        code why;
        errc is;
    };
    std::size_t which = 1;
    for (auto const& each :
         {row{code::internal_error, errc::upstream_broken}, row{code::cancel, errc::upstream_broken},
          row{code::http_1_1_required, errc::upstream_broken}, row{code::enhance_your_calm, errc::upstream_unavailable}}) {
        CAPTURE(http2::name_of(each.why));
        auto* const asked = r.send(post, "12345");
        r.arrived(which + 1);
        r.server.reset(which++, each.why);
        auto const why = r.failure_of(*asked);
        CHECK(why == each.is);
        CHECK(why.note().find(http2::name_of(each.why)) != std::string::npos);
        CHECK_FALSE(asked->exchange.begun());
    }
    auto* const halfway = r.arrive();
    r.server.reply(which, {{ok, "200"}, {"content-length", "10"}}, "hello", false);
    REQUIRE(r.until([&] { return halfway->exchange.body() == "hello"; }));
    r.server.reset(which, code::internal_error);
    CHECK(r.failure_of(*halfway) == errc::upstream_broken);
    CHECK(halfway->exchange.aborted());
    r.server.reply(0, fine, "fine");
    r.finish(*neighbour);
    CHECK(neighbour->exchange.body() == "fine");
    CHECK(r.server.connections() == 1);
}

TEST_CASE("http2: a connection that breaks takes its streams along, and what may be repeated is")
{
    h2_rig r;
    auto* const warm = r.arrive();
    r.server.reply(0, fine);
    r.finish(*warm);
    auto* const safe = r.arrive();
    auto* const unsafe = r.send(post, "12345");
    r.arrived(3);
    r.server.close(0);
    r.arrived(4);
    CHECK(r.server.request(3).connection == 1);
    r.server.reply(3, fine, "again");
    r.finish(*safe);
    CHECK(safe->exchange.body() == "again");
    auto const why = r.failure_of(*unsafe);
    CHECK(why == errc::upstream_broken);
    CHECK(why.note().find("broke off before its reply") != std::string::npos);
    CHECK(r.forwarder->open_connections() == 1);
}

TEST_CASE("http2: a client that leaves cancels its stream, and the connection lives on")
{
    h2_rig r;
    auto* const asked = r.arrive();
    asked->exchange.leave();
    CHECK(r.failure_of(*asked) == errc::peer_broke_off);
    REQUIRE(r.until([&] { return r.server.request(0).closed; }));
    CHECK(r.server.request(0).why == code::cancel);
    auto* const reading = r.arrive();
    r.server.reply(1, fine, "some", false);
    REQUIRE(r.until([&] { return reading->exchange.body() == "some"; }));
    reading->exchange.leave();
    CHECK(r.failure_of(*reading) == errc::peer_broke_off);
    REQUIRE(r.until([&] { return r.server.request(1).closed; }));
    auto* const next = r.arrive();
    r.server.reply(2, fine, "fine");
    r.finish(*next);
    CHECK(next->exchange.body() == "fine");
    CHECK(r.server.connections() == 1);
}

TEST_CASE("http2: a reply goes no further than its client takes it, and no other one waits for that")
{
    h2_rig r;
    std::string const large(300'000, 'x');
    auto* const slow = r.prepare(get);
    slow->exchange.take_slowly();
    r.begin(*slow);
    r.arrived(1);
    r.server.reply(0, {{ok, "200"}, {"content-length", std::to_string(large.size())}}, large);
    r.settle();
    CHECK_FALSE(r.server.request(0).replied);
    auto* const quick = r.arrive();
    r.server.reply(1, fine, std::string(60'000, 'y'));
    r.finish(*quick);
    CHECK(quick->exchange.body().size() == 60'000);
    std::size_t taken = 0;
    while (!slow->outcome && taken < 1000) {
        slow->exchange.take_part();
        ++taken;
        r.settle();
    }
    REQUIRE(slow->outcome);
    CHECK(*slow->outcome);
    CHECK(slow->exchange.body() == large);
    CHECK(slow->exchange.largest_part() <= 65'535);
}

TEST_CASE("http2: a body goes up as the server takes it, and its reply is awaited from its end on")
{
    h2_rig r{{.takes = false}};
    std::string const large(150'000, 'x');
    auto* const asked = r.prepare("POST /a HTTP/1.1\r\nHost: example.com\r\nContent-Length: 150005\r\n\r\n");
    asked->exchange.arrive("12345");
    r.begin(*asked);
    r.arrived(1);
    CHECK(r.server.request(0).field("content-length") == "150005");
    asked->exchange.arrive(large);
    REQUIRE(r.until([&] { return r.server.request(0).body.size() == 65'535; }));
    r.settle();
    CHECK(r.server.request(0).body.size() == 65'535);
    r.server.take(0, 65'535);
    REQUIRE(r.until([&] { return r.server.request(0).body.size() == 131'070; }));
    CHECK_FALSE(r.server.request(0).complete);
    r.server.take(0, 65'535);
    REQUIRE(r.until([&] { return r.server.request(0).complete; }));
    CHECK(r.server.request(0).body == "12345" + large);
    r.pass(59s);
    CHECK_FALSE(asked->outcome);
    r.server.reply(0, fine, "taken");
    r.finish(*asked);
    CHECK(asked->exchange.body() == "taken");
}

TEST_CASE("http2: a body without a length goes up part by part beside the reply")
{
    h2_rig r;
    auto* const asked = r.send(post_chunked, {}, false);
    r.arrived(1);
    CHECK(r.server.request(0).field("content-length").empty());
    CHECK(r.server.request(0).field("transfer-encoding").empty());
    r.server.reply(0, fine, "a", false);
    REQUIRE(r.until([&] { return asked->exchange.body() == "a"; }));
    asked->exchange.arrive("one");
    REQUIRE(r.until([&] { return r.server.request(0).body == "one"; }));
    asked->exchange.arrive("two");
    asked->exchange.finish_body();
    REQUIRE(r.until([&] { return r.server.request(0).complete; }));
    CHECK(r.server.request(0).body == "onetwo");
    r.server.more(0, "b", true);
    r.finish(*asked);
    CHECK(asked->exchange.body() == "ab");
}

TEST_CASE("http2: a reply may end before the body has, whose rest is not read")
{
    h2_rig r;
    auto* const asked = r.send(post_chunked, "begin", false);
    r.arrived(1);
    r.server.reply(0, {{ok, "413"}}, "too much");
    r.finish(*asked);
    CHECK(*asked->outcome);
    CHECK(asked->exchange.status() == 413);
    REQUIRE(r.until([&] { return r.server.request(0).closed; }));
    auto* const next = r.arrive();
    r.server.reply(1, fine);
    r.finish(*next);
    CHECK(*next->outcome);
    CHECK(r.server.connections() == 1);
}

TEST_CASE("http2: a server that takes nothing of a body is given up")
{
    upstream::forward_options quick;
    quick.idle_timeout = 5s;
    h2_rig r{{.takes = false}, quick};
    std::string const large(100'000, 'x');
    auto* const asked = r.send("POST /a HTTP/1.1\r\nHost: example.com\r\nContent-Length: 100000\r\n\r\n", large);
    r.arrived(1);
    r.pass(5s);
    CHECK(r.failure_of(*asked) == errc::upstream_timeout);
    auto* const streamed = r.send(post_chunked, {}, false);
    r.arrived(2);
    streamed->exchange.arrive(large);
    r.settle();
    r.pass(5s);
    CHECK(r.failure_of(*streamed) == errc::upstream_timeout);
}

TEST_CASE("http2: trailers go to the client, with a body and without")
{
    h2_rig r;
    auto* const asked = r.arrive();
    r.server.reply(0, {{ok, "200"}, {"content-type", "application/grpc"}}, "message", true, {{"grpc-status", "0"}});
    r.finish(*asked);
    CHECK(asked->exchange.body() == "message");
    REQUIRE(asked->exchange.trailers().size() == 1);
    CHECK(asked->exchange.trailers()[0].first == "grpc-status");
    auto* const bare = r.arrive();
    r.server.reply(1, fine, {}, true, {{"grpc-status", "5"}, {"grpc-message", "none"}});
    r.finish(*bare);
    CHECK(bare->exchange.trailers().size() == 2);
    CHECK(bare->exchange.body().empty());
}

TEST_CASE("http2: interim replies put the deadline off and are passed over, but not without end")
{
    h2_rig r;
    auto* const asked = r.arrive();
    r.pass(50s);
    r.server.interim(0, {{ok, "102"}});
    r.settle();
    r.pass(50s);
    CHECK_FALSE(asked->outcome);
    r.server.interim(0, {{ok, "103"}, {"link", "</a>"}});
    r.server.reply(0, fine, "at last");
    r.finish(*asked);
    CHECK(asked->exchange.body() == "at last");
    CHECK(asked->exchange.field("link").empty());
    auto* const flooded = r.send(post, "12345");
    r.arrived(2);
    for (int i = 0; i < 65; ++i) r.server.interim(1, {{ok, "103"}});
    auto const why = r.failure_of(*flooded);
    CHECK(why == errc::upstream_broken);
    CHECK(why.note() == "too many interim replies");
}

TEST_CASE("http2: what is no reply is broken, and its connection lives on")
{
    h2_rig r;
    http2_upstream::fields const cases[] = {
        {{ok, "101"}},
        {{ok, "200"}, {"connection", "close"}},
        {{ok, "200"}, {"X-Large", "1"}},
        {{ok, "99"}},
        {{ok, "200"}, {"content-length", "1"}, {"content-length", "2"}},
    };
    std::size_t which = 0;
    for (auto const& each : cases) {
        CAPTURE(each.back().first);
        CAPTURE(each.back().second);
        auto* const asked = r.send(post, "12345");
        r.arrived(which + 1);
        if (each.back().first == "X-Large") {
            ++which; // the engine writes names small
            r.server.reply(which - 1, fine);
            r.finish(*asked);
            continue;
        }
        r.server.reply(which++, each);
        CHECK(r.failure_of(*asked) == errc::upstream_broken);
        CHECK_FALSE(asked->exchange.begun());
    }
    CHECK(r.server.connections() == 1);
}

TEST_CASE("http2: heads have limits, and the failure names the setting")
{
    upstream::forward_options few;
    few.connections.reply_header_bytes = 2000;
    h2_rig r{{}, few};
    auto* const asked = r.arrive();
    r.server.reply(0, {{ok, "200"}, {"x", std::string(3000, 'x')}});
    auto const why = r.failure_of(*asked);
    CHECK(why == errc::upstream_broken);
    CHECK(why.note().find("reply_header_bytes") != std::string::npos);
}

TEST_CASE("http2: a silent server is a timeout, and a connection that gives no sign of life is not used again")
{
    upstream::forward_options options;
    options.reply_timeout = 30s;
    h2_rig r{{}, options};
    auto* const asked = r.arrive();
    r.pass(30s);
    REQUIRE(asked->outcome);
    CHECK(asked->outcome->error() == errc::upstream_timeout);
    r.settle();
    CHECK(r.server.request(0).closed);
    CHECK(r.server.pings() == 1);
    r.pass(20s); // it answered
    CHECK(r.server.open_connections() == 1);

    auto* const second = r.arrive();
    r.server.play_dead();
    auto* const third = r.start(post);
    r.settle();
    r.pass(30s);
    REQUIRE(second->outcome);
    r.pass(10s);
    CHECK(third->outcome);
    CHECK(r.forwarder->open_connections() == 0);
    auto* const next = r.arrive();
    r.server.reply(r.server.count() - 1, fine, "fine");
    r.finish(*next);
    CHECK(next->exchange.body() == "fine");
    CHECK(r.server.connections() == 2);
}

TEST_CASE("http2: while replies are awaited a silent connection is asked, and ended when it does not answer")
{
    upstream::forward_options options;
    options.reply_timeout = 1h;
    options.connections.http2.ping_interval = 60s;
    h2_rig r{{}, options};
    auto* const asked = r.arrive();
    r.pass(62s);
    CHECK(r.server.pings() == 1);
    r.pass(30s);
    CHECK_FALSE(asked->outcome);
    r.server.play_dead();
    r.pass(45s);
    REQUIRE(asked->outcome);
    CHECK(asked->outcome->error() == errc::upstream_timeout);
    CHECK(asked->outcome->error().note().find("no sign of life") != std::string::npos);
    CHECK(r.server.open_connections() == 0);
}

TEST_CASE("http2: a gRPC call lasts no longer than its client allows")
{
    constexpr std::string_view call =
        "POST /a.B/C HTTP/1.1\r\nHost: example.com\r\nContent-Type: application/grpc\r\nTE: trailers\r\n"
        "grpc-timeout: 5S\r\nTransfer-Encoding: chunked\r\n\r\n";
    h2_rig r;
    auto* const silent = r.send(call, "12345");
    r.arrived(1);
    CHECK(r.server.request(0).field("grpc-timeout") == "5S");
    r.pass(4s);
    CHECK_FALSE(silent->outcome);
    r.pass(1s);
    auto const why = r.failure_of(*silent);
    CHECK(why == errc::upstream_timeout);
    CHECK(why.note().find("grpc-timeout") != std::string::npos);
    REQUIRE(r.until([&] { return r.server.request(0).closed; }));
    CHECK(r.server.request(0).why == code::cancel);

    auto* const streaming = r.send(call, "12345");
    r.arrived(2);
    r.server.reply(1, fine, "one", false);
    r.settle();
    r.pass(3s);
    r.server.more(1, "two", false);
    r.settle();
    CHECK(streaming->exchange.body() == "onetwo");
    r.pass(3s);
    CHECK(r.failure_of(*streaming) == errc::upstream_timeout);
    CHECK(streaming->exchange.aborted());
}

TEST_CASE("http2: a connection that nobody uses is closed after its time, and by a forwarder that drains")
{
    h2_rig r;
    auto const one = [&r] {
        auto* const asked = r.arrive();
        r.server.reply(r.server.count() - 1, fine);
        r.finish(*asked);
    };
    one();
    r.pass(59s);
    CHECK(r.server.open_connections() == 1);
    r.pass(2s);
    CHECK(r.server.open_connections() == 0);
    CHECK(r.forwarder->open_connections() == 0);
    one();
    auto* const last = r.arrive();
    r.forwarder->drain();
    r.settle();
    CHECK(r.server.open_connections() == 1);
    r.server.reply(2, fine, "last");
    r.finish(*last);
    CHECK(last->exchange.body() == "last");
    r.settle();
    CHECK(r.server.open_connections() == 0);
    CHECK(r.server.connections() == 2);
}

TEST_CASE("http2: a server that does not speak it is told apart by the reason, and all that wait hear it at once")
{
    script const http1 = [](line& l) -> task<void> {
        co_await l.some();
        co_await l.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        co_await l.closed();
    };
    rig r{{http1}, {}, server_scheme::http};
    r.options.servers.front().address.http2 = upstream::http2_use::always;
    r.begin_anew();
    auto* const first = r.start(get);
    auto* const second = r.start(post);
    r.finish(*first);
    r.finish(*second);
    CHECK(first->outcome->error() == errc::upstream_unavailable);
    CHECK_MESSAGE(first->outcome->error().note().find("does not speak HTTP/2") != std::string::npos,
                  first->outcome->error().note());
    CHECK(second->outcome->error() == errc::upstream_unavailable);
    CHECK(r.app->connections() == 1);
    CHECK(r.forwarder->open_connections() == 0);

    h2_rig silent{{.greets = false}};
    auto* const waits = silent.start(get);
    silent.settle();
    silent.pass(silent.options.connections.connect_timeout);
    REQUIRE(waits->outcome);
    CHECK(waits->outcome->error() == errc::upstream_timeout);
    CHECK(silent.forwarder->open_connections() == 0);
}

TEST_CASE("http2: a connection that somebody signs in on takes nobody else's requests")
{
    h2_rig r;
    auto* const signs_in = r.arrive("GET /a HTTP/1.1\r\nHost: example.com\r\nAuthorization: Negotiate abc\r\n\r\n");
    auto* const other = r.arrive();
    CHECK(r.server.request(1).connection == 1);
    r.server.reply(0, fine);
    r.server.reply(1, fine);
    r.finish(*signs_in);
    r.finish(*other);
    r.settle();
    CHECK(r.server.open_connections() == 1);
}

TEST_CASE("http2: a WebSocket is not asked for")
{
    h2_rig r;
    auto* const asked = r.prepare("GET /chat HTTP/1.1\r\nHost: example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                                  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    asked->context.emplace(upstream::forward_context{r.plan, {.address = "192.0.2.7"}, "req-1", {}, {}, asked->seen});
    asked->context->websocket.emplace();
    auto keep = [asked](std::exception_ptr thrown, result<void> outcome) {
        if (thrown) std::rethrow_exception(thrown);
        asked->outcome = std::move(outcome);
    };
    boost::asio::co_spawn(r.io, r.forwarder->forward(r.permit, asked->exchange, *asked->context), keep);
    CHECK(r.failure_of(*asked) == errc::not_implemented);
    CHECK(r.server.count() == 0);
}

TEST_CASE("http2: a forwarder that goes takes everything along, whatever it waits for")
{
    h2_rig r{{.streams = 2, .takes = false}, with_connections(1)};
    auto* const silent = r.arrive();
    auto* const uploads = r.send(post_chunked, std::string(100'000, 'x'), false);
    r.arrived(2);
    auto* const waits = r.start(get);
    r.settle();
    r.forwarder.reset();
    r.settle();
    CHECK_FALSE(silent->outcome);
    CHECK_FALSE(uploads->outcome);
    CHECK_FALSE(waits->outcome);
    h2_rig opening{{.greets = false}};
    auto* const first = opening.start(get);
    auto* const second = opening.start(get);
    opening.settle();
    opening.forwarder.reset();
    opening.settle();
    CHECK_FALSE(first->outcome);
    CHECK_FALSE(second->outcome);
}

TEST_CASE("http2: with TLS it is spoken where the server agrees, and HTTP/1.1 where it does not and may")
{
    std::string const hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    rig r{{scripted_upstream::always(hello)}, {}, server_scheme::https};
    auto& address = r.options.servers.front().address;
    address.http2 = upstream::http2_use::by_agreement;
    r.begin_anew();
    auto* const first = r.start(get);
    auto* const second = r.start(get);
    r.finish(*first);
    r.finish(*second);
    CHECK(first->exchange.body() == "hello");
    CHECK(second->exchange.body() == "hello");
    CHECK(r.app->connections() == 2);
    for (int i = 0; i < 3; ++i) CHECK(r.ask(get)->exchange.body() == "hello");
    CHECK(r.app->connections() == 2);

    address.http2 = upstream::http2_use::always;
    r.forwarder->drain();
    r.begin_anew();
    auto const why = r.ask(get)->outcome->error();
    CHECK(why == errc::upstream_unavailable);
    CHECK(why.note().find("does not offer HTTP/2") != std::string::npos);
}
