#include "tests/unit/upstream/rig.hpp"

using namespace yett;
using namespace yett::tests;
using base::waiter;

namespace {

std::string const hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-App: yes\r\n\r\nhello";

} // namespace

TEST_CASE("forwarder: a request goes up and its reply comes back in one part")
{
    rig r{{scripted_upstream::always(hello)}};
    auto* const asked = r.ask(get);
    CHECK(*asked->outcome);
    CHECK(asked->exchange.status() == 200);
    CHECK(asked->exchange.body() == "hello");
    CHECK(asked->exchange.length() == 5u);
    CHECK(asked->exchange.parts() == 1);
    CHECK(asked->exchange.ended());
    CHECK(asked->exchange.field("X-App") == "yes");
    CHECK(asked->seen.status == 200);
    CHECK(asked->seen.duration);
    CHECK(asked->seen.server == r.options.name());
    REQUIRE(r.app->requests().size() == 1);
    CHECK(r.app->requests()[0].starts_with("GET /a?b=c HTTP/1.1\r\nHost: example.com\r\n"));
}

TEST_CASE("forwarder: a kept connection serves the next request")
{
    rig r{{scripted_upstream::always(hello)}};
    for (int i = 0; i < 5; ++i) CHECK(r.ask(get)->exchange.body() == "hello");
    CHECK(r.app->connections() == 1);
    CHECK(r.app->requests().size() == 5);
}

// --- what an application can do wrong ------------------------------------------------

TEST_CASE("forwarder: an application that breaks the protocol gets a 502 and its connection is closed")
{
    struct wrong
    {
        char const* what;
        std::string reply;
    };
    std::string flood;
    for (int i = 0; i < 200; ++i) flood += "HTTP/1.1 103 Early Hints\r\n\r\n";
    wrong const cases[] = {
        {"nothing and a close", ""},
        {"half a head", "HTTP/1.1 200 OK\r\nContent-Le"},
        {"no HTTP", "SSH-2.0-OpenSSH_9.2\r\n\r\n"},
        {"a malformed first chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n"},
        {"interim replies without end", flood + hello},
        {"an upgrade nobody asked for", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"},
        {"a head without end", "HTTP/1.1 200 OK\r\nX: " + std::string(70000, 'a')},
        {"nominations without end",
         [] {
             std::string text = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: a0";
             for (int i = 1; i < 40; ++i) text += ",a" + std::to_string(i);
             return text + "\r\n\r\n";
         }()},
    };
    for (auto const& c : cases) {
        CAPTURE(c.what);
        rig r{{scripted_upstream::once(c.reply), scripted_upstream::always(hello)}};
        auto* const asked = r.ask(get);
        REQUIRE_FALSE(*asked->outcome);
        CHECK(asked->outcome->error() == errc::upstream_broken);
        CHECK(asked->outcome->error().from() == origin::upstream);
        CHECK_FALSE(asked->exchange.begun());
        CHECK(r.app->requests().size() == 1);
        CHECK(r.figures.requests[telemetry::upstream_outcome::broken].value() == 1);
        CHECK(r.ask(get)->exchange.body() == "hello");
        CHECK(r.app->connections() == 2);
    }
}

TEST_CASE("forwarder: an application that is away gives upstream_unavailable")
{
    rig r{{scripted_upstream::always(hello)}};
    r.app->stop();
    r.settle();
    auto* const asked = r.ask(get);
    REQUIRE_FALSE(*asked->outcome);
    CHECK(asked->outcome->error() == errc::upstream_unavailable);
    CHECK(r.forwarder->open_connections() == 0);
    CHECK(r.figures.requests[telemetry::upstream_outcome::unavailable].value() == 1);
}

TEST_CASE("forwarder: a name that cannot be resolved gives upstream_unavailable")
{
    rig r{{scripted_upstream::always(hello)}};
    r.options.servers.front().address = *upstream::server_address::from("http://nowhere.invalid:1");
    r.forwarder = std::make_unique<upstream::forwarder>(r.options, r.around());
    auto* const asked = r.start(get);
    r.until([&] {
        r.pass(100ms);
        return asked->outcome.has_value();
    });
    REQUIRE(asked->outcome);
    REQUIRE_FALSE(*asked->outcome);
    CHECK(asked->outcome->error() == errc::upstream_unavailable);
}

TEST_CASE("forwarder: a name is resolved to the addresses behind it")
{
    rig r{{scripted_upstream::always(hello)}, {}, upstream::server_scheme::http};
    r.options.servers.front().address = *upstream::server_address::from("http://localhost:" + std::to_string(r.app->port()));
    r.forwarder = std::make_unique<upstream::forwarder>(r.options, r.around());
    CHECK(r.ask(get)->exchange.body() == "hello");
    r.pass(120s);
    CHECK(r.ask(get)->exchange.body() == "hello");
    CHECK(r.app->connections() == 2);
}

TEST_CASE("forwarder: a slow head is a timeout, a minute after the last sign of life")
{
    rig r{{[](line& l) -> task<void> {
        co_await l.request();
        for (;;) {
            co_await l.send("HTTP/1.1 102 Processing\r\n\r\n");
            auto const said = co_await l.some();
            if (said.empty()) co_return;
        }
    }}};
    auto* const asked = r.start(get);
    r.pass(59s);
    CHECK_FALSE(asked->outcome);
    r.pass(1s);
    REQUIRE(asked->outcome);
    REQUIRE_FALSE(*asked->outcome);
    CHECK(asked->outcome->error() == errc::upstream_timeout);
    CHECK_FALSE(asked->exchange.begun());
    CHECK(r.figures.requests[telemetry::upstream_outcome::timeout].value() == 1);
}

TEST_CASE("forwarder: a reply that stops in its middle is given up, and never looks whole")
{
    struct cut
    {
        char const* what;
        std::string reply;
    };
    cut const cases[] = {
        {"a length", "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello"},
        {"a length of which nothing came", "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n"},
        {"a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel"},
        {"chunks without the last", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"},
        {"trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.what);
        rig r{{scripted_upstream::once(c.reply)}};
        auto* const asked = r.ask(get);
        REQUIRE_FALSE(*asked->outcome);
        CHECK(asked->outcome->error() == errc::upstream_broken);
        CHECK(asked->exchange.begun());
        CHECK(asked->exchange.aborted());
        CHECK_FALSE(asked->exchange.ended());
        CHECK(r.forwarder->open_connections() == 0);
    }
}

TEST_CASE("forwarder: chunks that break later are given up")
{
    rig r{{[](line& l) -> task<void> {
        co_await l.request();
        co_await l.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
        co_await l.some();
        co_return;
    }}};
    auto* const asked = r.start(get);
    REQUIRE(r.until([&] { return asked->exchange.parts() == 1; }));
    CHECK(asked->exchange.body() == "hello");
    CHECK_FALSE(asked->outcome);
}

TEST_CASE("forwarder: a reply cut by a reset is given up even when only its end would mark its end")
{
    rig r{{[](line& l) -> task<void> {
        co_await l.request();
        co_await l.send("HTTP/1.1 200 OK\r\n\r\nhello");
        co_await l.some();
        l.reset();
    }}};
    auto* const asked = r.start(get);
    REQUIRE(r.until([&] { return asked->exchange.parts() == 1; }));
    asked->exchange.leave();
    r.finish(*asked);
    CHECK(asked->exchange.aborted());
    CHECK(asked->outcome->error() == errc::peer_broke_off);
}

TEST_CASE("forwarder: a body until close ends with the connection, which is not kept")
{
    rig r{{scripted_upstream::once("HTTP/1.1 200 OK\r\n\r\nhello"), scripted_upstream::always(hello)}};
    auto* const asked = r.ask(get);
    CHECK(*asked->outcome);
    CHECK(asked->exchange.body() == "hello");
    CHECK_FALSE(asked->exchange.length());
    CHECK(asked->exchange.ended());
    r.ask(get);
    CHECK(r.app->connections() == 2);
}

TEST_CASE("forwarder: silence inside a reply ends it")
{
    rig r{{[](line& l) -> task<void> {
        co_await l.request();
        co_await l.send("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello");
        co_await l.closed();
    }}};
    auto* const asked = r.start(get);
    REQUIRE(r.until([&] { return asked->exchange.parts() == 1; }));
    r.pass(299s);
    CHECK_FALSE(asked->outcome);
    r.pass(2s);
    REQUIRE(asked->outcome);
    CHECK(asked->outcome->error() == errc::upstream_timeout);
    CHECK(asked->exchange.aborted());
}

// --- signs of life ---------------------------------------------------------------------

namespace {

// Sends interim replies when the test says so, and in the end the reply.
struct slow_worker
{
    unsigned status = 102;
    unsigned owed = 0;
    bool done = false;
    waiter next{};

    script as_script()
    {
        return [this](line& l) -> task<void> {
            co_await l.request();
            while (!done) {
                for (; owed > 0; --owed) co_await l.send("HTTP/1.1 " + std::to_string(status) + " Still at it\r\n\r\n");
                co_await next.wait();
            }
            co_await l.send(hello);
            co_await l.closed();
        };
    }
    void give_sign(unsigned times = 1)
    {
        owed += times;
        next.wake();
    }
    void finish()
    {
        done = true;
        next.wake();
    }
};

upstream::forward_options impatient()
{
    upstream::forward_options options;
    options.reply_timeout = 10s;
    return options;
}

} // namespace

TEST_CASE("forwarder: interim replies put the deadline off, whichever they are")
{
    for (unsigned const status : {102u, 100u, 103u, 199u}) {
        CAPTURE(status);
        slow_worker app;
        app.status = status;
        rig r{{app.as_script()}, impatient()};
        auto* const asked = r.start(get);
        r.settle();
        for (int i = 0; i < 8; ++i) {
            app.give_sign();
            r.pass(7s);
            CHECK_FALSE(asked->outcome);
        }
        app.finish();
        r.finish(*asked);
        CHECK(asked->exchange.body() == "hello");
        CHECK(asked->exchange.parts() == 1);
    }
}

TEST_CASE("forwarder: interim replies buy ten times the timeout and no more")
{
    slow_worker app;
    rig r{{app.as_script()}, impatient()};
    auto* const asked = r.start(get);
    r.settle();
    int passed = 0;
    while (!asked->outcome && ++passed < 40) {
        app.give_sign();
        r.pass(5s);
    }
    REQUIRE(asked->outcome);
    CHECK(asked->outcome->error() == errc::upstream_timeout);
    CHECK(passed > 15);
    CHECK(passed < 25);
    app.finish();
    r.settle();
}

TEST_CASE("forwarder: interim replies are bounded by a rate and not in all")
{
    for (auto const& [at_once, fine] : {std::pair{20u, true}, std::pair{64u, true}, std::pair{65u, false}}) {
        CAPTURE(at_once);
        std::string replies;
        for (unsigned i = 0; i < at_once; ++i) replies += "HTTP/1.1 102 Processing\r\n\r\n";
        rig r{{scripted_upstream::always(replies + hello)}};
        auto* const asked = r.ask(get);
        CHECK(asked->outcome->has_value() == fine);
        if (fine) CHECK(asked->exchange.body() == "hello");
    }
    slow_worker app;
    rig r{{app.as_script()}};
    auto* const asked = r.start(get);
    r.settle();
    for (int i = 0; i < 20; ++i) {
        app.give_sign(10);
        r.pass(1s);
        CHECK_FALSE(asked->outcome);
    }
    app.finish();
    r.finish(*asked);
    CHECK(asked->exchange.body() == "hello");
}

TEST_CASE("forwarder: interim replies while a body goes up start no clock")
{
    script const app = [](line& l) -> task<void> {
        co_await l.head();
        co_await l.send("HTTP/1.1 102 Processing\r\n\r\n");
        for (std::string body; body.find("0\r\n\r\n") == body.npos;) {
            auto const part = co_await l.some();
            if (part.empty()) co_return;
            body += part;
        }
        co_await l.send(hello);
        co_await l.closed();
    };
    rig r{{app}, impatient()};
    auto* const asked = r.start(post_chunked);
    r.pass(60s);
    CHECK_FALSE(asked->outcome);
    asked->exchange.arrive("12345");
    asked->exchange.finish_body();
    r.finish(*asked);
    CHECK(asked->exchange.body() == "hello");
}

// --- what replies may look like ------------------------------------------------------

TEST_CASE("forwarder: a reply without a body that announces one is passed on without, and its connection is closed")
{
    struct
    {
        char const* what;
        std::string reply;
        unsigned status;
    } const cases[] = {
        {"204 in chunks", "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", 204},
        {"204 in chunks that come", "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 204},
        {"204 with a length", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", 204},
        {"204 with a body", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello", 204},
        {"204 in chunks of HTTP/1.0", "HTTP/1.0 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", 204},
        {"1xx with a length", "HTTP/1.1 102 Processing\r\nContent-Length: 5\r\n\r\n" + hello, 200},
        {"1xx in chunks", "HTTP/1.1 100 Continue\r\nTransfer-Encoding: chunked\r\n\r\n" + hello, 200},
    };
    for (auto const& c : cases) {
        CAPTURE(c.what);
        rig r{{scripted_upstream::always(c.reply)}};
        for (std::size_t round = 1; round <= 2; ++round) {
            auto* const asked = r.ask("DELETE /a HTTP/1.1\r\nHost: example.com\r\n\r\n");
            REQUIRE(*asked->outcome);
            CHECK(asked->exchange.status() == c.status);
            CHECK(asked->exchange.body() == (c.status == 204 ? "" : "hello"));
            CHECK(asked->exchange.ended());
            CHECK(r.app->connections() == round);
            CHECK(r.forwarder->open_connections() == 0);
        }
    }
}

TEST_CASE("forwarder: the application's own words behind the status are kept")
{
    for (std::string const reason : {"Teapot", "Orientatie  probleem", "", "\xc3\xa9\tpuis\xc3\xa9"}) {
        CAPTURE(reason);
        rig r{{scripted_upstream::always("HTTP/1.1 418 " + reason + "\r\nContent-Length: 0\r\n\r\n")}};
        auto* const asked = r.ask(get);
        CHECK(asked->exchange.status() == 418);
        CHECK(asked->exchange.reason() == reason);
    }
}

TEST_CASE("forwarder: heads of replies pass up to the limits of the upstream, and the failure names the limit")
{
    std::string fields;
    for (int i = 0; i < 150; ++i) fields += "X-" + std::to_string(i) + ": y\r\n";
    auto const many = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n" + fields + "\r\nhello";
    auto const long_head = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nSet-Cookie: a=" + std::string(39000, 'c') + "\r\n\r\nhello";
    for (auto const& reply : {many, long_head}) {
        rig r{{scripted_upstream::always(reply)}};
        for (int i = 0; i < 2; ++i) CHECK(r.ask(get)->exchange.body() == "hello");
        CHECK(r.app->connections() == 1);
    }
    upstream::forward_options few;
    few.connections.reply_fields = 100;
    few.connections.reply_header_bytes = 20000;
    struct
    {
        std::string const& reply;
        char const* setting;
    } const cases[] = {{many, "reply_header_fields"}, {long_head, "reply_header_bytes"}};
    for (auto const& c : cases) {
        CAPTURE(c.setting);
        rig r{{scripted_upstream::always(c.reply)}, few};
        auto* const asked = r.ask(get);
        REQUIRE_FALSE(*asked->outcome);
        CHECK(asked->outcome->error() == errc::upstream_broken);
        CHECK(asked->outcome->error().note().find(c.setting) != std::string::npos);
    }
    upstream::forward_options tiny;
    tiny.connections.reply_header_bytes = 1024;
    for (auto const at : {900, 1100}) {
        rig r{{scripted_upstream::always("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: " + std::string(at, 'x') + "\r\n\r\nhello")},
              tiny};
        CHECK(r.ask(get)->outcome->has_value() == (at == 900));
    }
}

TEST_CASE("forwarder: an application is told the configured Host and its addresses come back as the client's")
{
    upstream::forward_options options;
    options.servers.emplace_back().host = "app.internal";
    auto const over = scripted_upstream::scheme_under_test();
    std::string const own = over == upstream::server_scheme::https ? "https://app.internal/dir/" : "http://app.internal/dir/";
    rig r{{scripted_upstream::always("HTTP/1.1 302 Found\r\nLocation: " + own + "\r\nContent-Length: 0\r\n\r\n")}, options};
    auto* const asked = r.ask(get);
    CHECK(r.app->requests()[0].find("\r\nHost: app.internal\r\n") != std::string::npos);
    CHECK(r.app->requests()[0].find("\r\nX-Forwarded-Host: example.com\r\n") != std::string::npos);
    CHECK(asked->exchange.field("Location") == "https://example.com/dir/");
}

// --- sign-ins that belong to a connection -------------------------------------------

namespace {

constexpr std::string_view ntlm = "GET /a HTTP/1.1\r\nHost: a\r\nAuthorization: NTLM TlRMTVNTUAAD\r\n\r\n";
std::string const challenge =
    "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Negotiate\r\nWWW-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n";

// Signs connections in: whoever uses one that has seen a credential is greeted by name.
script signing_in()
{
    return [](line& l) -> task<void> {
        std::string name = "nobody";
        for (;;) {
            auto const request = co_await l.request();
            if (request.empty()) co_return;
            if (request.find("Authorization: ") != std::string::npos) name = "alice";
            co_await l.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(name.size()) + "\r\n\r\n" + name);
        }
    };
}

} // namespace

TEST_CASE("forwarder: a connection that carried NTLM or its kin serves that client's connection alone")
{
    for (std::string const scheme : {"NTLM", "Negotiate", "negotiate", "Kerberos", "CredSSP"}) {
        CAPTURE(scheme);
        rig r{{signing_in()}};
        auto const request = "GET /a HTTP/1.1\r\nHost: a\r\nAuthorization: " + scheme + " TlRM\r\n\r\n";
        CHECK(r.ask_on(1, request)->exchange.body() == "alice");
        CHECK(r.ask_on(2, get)->exchange.body() == "nobody");
        CHECK(r.ask_on(1, get)->exchange.body() == "alice");
        CHECK(r.ask_on(2, get)->exchange.body() == "nobody");
        CHECK(r.ask_on(1, get)->exchange.body() == "alice");
        CHECK(r.app->connections() == 2);
        CHECK(r.ask_on(3, get)->exchange.body() == "nobody");
        CHECK(r.app->connections() == 2);
    }
}

TEST_CASE("forwarder: the legs of a sign-in stay on one connection from the challenge on")
{
    rig r{{scripted_upstream::always(challenge)}};
    r.ask_on(1, get);
    r.ask_on(2, get);
    CHECK(r.app->connections() == 2);
    r.ask_on(1, ntlm);
    r.ask_on(2, ntlm);
    r.ask_on(1, ntlm);
    CHECK(r.app->connections() == 2);
}

TEST_CASE("forwarder: other credentials and challenges share connections as ever")
{
    rig r{{scripted_upstream::always(
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"NTLM\"\r\nContent-Length: 0\r\n\r\n")}};
    r.ask_on(1, "GET /a HTTP/1.1\r\nHost: a\r\nAuthorization: Basic TlRM\r\n\r\n");
    r.ask_on(2, "GET /a HTTP/1.1\r\nHost: a\r\nAuthorization: Digest username=\"NTLM\"\r\n\r\n");
    CHECK(r.app->connections() == 1);
}

TEST_CASE("forwarder: behind a proxy, and without a connection to bind it to, a signed-in connection is not kept")
{
    for (auto const behind_proxy : {true, false}) {
        rig r{{signing_in()}};
        r.behind_proxy = behind_proxy;
        auto const number = behind_proxy ? 1u : 0u;
        CHECK(r.ask_on(number, ntlm)->exchange.body() == "alice");
        CHECK(r.forwarder->open_connections() == 0);
        CHECK(r.ask_on(number, get)->exchange.body() == "nobody");
    }
}

TEST_CASE("forwarder: a bound connection that nobody uses ends in time, and gives way to those who need its place")
{
    upstream::forward_options one;
    one.connections.connections = 1;
    rig r{{signing_in()}, one};
    CHECK(r.ask_on(1, ntlm)->exchange.body() == "alice");
    CHECK(r.forwarder->open_connections() == 1);
    CHECK(r.ask_on(2, get)->exchange.body() == "nobody");
    CHECK(r.app->connections() == 2);
    CHECK(r.ask_on(1, get)->exchange.body() == "nobody");

    rig idle{{signing_in()}};
    idle.ask_on(1, ntlm);
    idle.pass(61s);
    CHECK(idle.forwarder->open_connections() == 0);

    rig draining{{signing_in()}};
    draining.ask_on(1, ntlm);
    draining.forwarder->drain();
    CHECK(draining.forwarder->open_connections() == 0);
}

TEST_CASE("forwarder: a bound connection that the application closes is replaced")
{
    script const once = [](line& l) -> task<void> {
        co_await l.request();
        co_await l.send(challenge);
    };
    rig r{{once, scripted_upstream::always(hello)}};
    r.ask_on(1, get);
    r.settle();
    CHECK(r.ask_on(1, get)->exchange.body() == "hello");
    CHECK(r.app->connections() == 2);
}

// --- connections ---------------------------------------------------------------------

TEST_CASE("forwarder: a connection with any doubt about it is never used again")
{
    struct doubt
    {
        char const* what;
        std::string reply;
    };
    doubt const cases[] = {
        {"bytes behind the body", hello + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"},
        {"one byte behind the body", hello + "x"},
        {"bytes behind the last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nx"},
        {"a body behind a 204", "HTTP/1.1 204 No Content\r\n\r\nhello"},
        {"a body behind a 304", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello"},
        {"Connection: close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"},
        {"HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.what);
        rig r{{scripted_upstream::always(c.reply)}};
        auto* const first = r.ask(get);
        CHECK(*first->outcome);
        CHECK(first->exchange.ended());
        CHECK((first->exchange.body().empty() || first->exchange.body() == "hello"));
        CHECK(*r.ask(get)->outcome);
        CHECK(r.app->connections() == 2);
        CHECK(r.forwarder->open_connections() == 0);
    }
}

TEST_CASE("forwarder: a body behind a reply to HEAD is not passed on and not read as a reply")
{
    rig r{{scripted_upstream::always(hello)}};
    constexpr std::string_view head = "HEAD / HTTP/1.1\r\nHost: example.com\r\n\r\n";
    auto* const asked = r.ask(head);
    CHECK(*asked->outcome);
    CHECK(asked->exchange.length() == 5u);
    CHECK(asked->exchange.body().empty());
    r.ask(head);
    CHECK(r.app->connections() == 2);
}

TEST_CASE("forwarder: interim replies are passed over")
{
    rig r{{scripted_upstream::always("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + hello)}};
    for (int i = 0; i < 2; ++i) {
        auto* const asked = r.ask(get);
        CHECK(asked->exchange.status() == 200);
        CHECK(asked->exchange.field("Link").empty());
        CHECK(asked->exchange.body() == "hello");
    }
    CHECK(r.app->connections() == 1);
}

TEST_CASE("forwarder: a head that arrives byte by byte is read as one")
{
    rig r{{[](line& l) -> task<void> {
        co_await l.request();
        for (char const c : hello) {
            co_await l.send({&c, 1});
            co_await l.pass_on();
        }
        co_await l.closed();
    }}};
    auto* const asked = r.ask(get);
    CHECK(*asked->outcome);
    CHECK(asked->exchange.body() == "hello");
}

TEST_CASE("forwarder: a kept connection that the server closes or speaks on is dropped at once")
{
    for (std::string_view const said : {"", "HTTP/1.1 408 Request Timeout\r\n\r\n", "x"}) {
        CAPTURE(said);
        bool speak = false;
        script const first = [&](line& l) -> task<void> {
            co_await l.request();
            co_await l.send(hello);
            while (!speak && l.is_open()) co_await l.pass_on();
            co_await l.send(said);
            if (!said.empty()) co_await l.closed();
        };
        rig r{{first, scripted_upstream::always(hello)}};
        r.ask(get);
        CHECK(r.forwarder->open_connections() == 1);
        speak = true;
        r.settle();
        CHECK(r.forwarder->open_connections() == 0);
        auto* const second = r.ask(get);
        CHECK(second->exchange.body() == "hello");
        CHECK(second->seen.retries == 0);
    }
}

TEST_CASE("forwarder: a kept connection whose end came along with the reply serves no other request")
{
    for (auto const next : {get, post}) {
        CAPTURE(next);
        rig r{{scripted_upstream::once(hello), scripted_upstream::always(hello)}};
        CHECK(r.ask(get)->exchange.body() == "hello");
        auto* const second = r.prepare(next);
        second->exchange.arrive(next == post ? "12345" : "");
        second->exchange.finish_body();
        r.begin(*second);
        r.finish(*second);
        CHECK(second->exchange.body() == "hello");
        CHECK(r.app->connections() == 2);
    }
}

TEST_CASE("forwarder: an unused connection is closed after its time")
{
    rig r{{scripted_upstream::always(hello)}};
    r.ask(get);
    r.pass(30s);
    CHECK(r.forwarder->open_connections() == 1);
    r.pass(31s);
    CHECK(r.forwarder->open_connections() == 0);
}

// A server that closes a kept connection on the next request's heels, which nobody can
// see before sending.
TEST_CASE("forwarder: a stale connection costs a retry where that is harmless, and never else")
{
    struct request
    {
        char const* what;
        std::string_view head;
        std::string_view body;
        bool repeated;
    };
    request const cases[] = {
        {"GET", get, "", true},
        {"HEAD", "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", "", true},
        {"PROPFIND", "PROPFIND / HTTP/1.1\r\nHost: a\r\n\r\n", "", true},
        {"REPORT at hand", "REPORT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", "12345", true},
        {"PUT at hand", "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", "12345", true},
        {"DELETE", "DELETE / HTTP/1.1\r\nHost: a\r\n\r\n", "", true},
        {"MOVE", "MOVE / HTTP/1.1\r\nHost: a\r\nDestination: /b\r\n\r\n", "", true},
        {"LOCK", "LOCK / HTTP/1.1\r\nHost: a\r\n\r\n", "", false},
        {"POST", post, "12345", false},
        {"PATCH", "PATCH / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", "12345", false},
        {"PUT not at hand", "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", "12345", false},
    };
    for (auto const& c : cases) {
        CAPTURE(c.what);
        script const stale = [](line& l) -> task<void> {
            co_await l.request();
            co_await l.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst");
            co_await l.head();
            l.reset();
        };
        rig r{{stale, scripted_upstream::always(hello)}};
        r.ask(get);
        auto* const asked = r.prepare(c.head);
        if (!c.body.empty()) asked->exchange.arrive(c.body);
        auto const at_hand = std::string_view{c.what} != "PUT not at hand";
        if (at_hand) asked->exchange.finish_body();
        r.begin(*asked);
        r.settle();
        asked->exchange.finish_body();
        r.finish(*asked);
        CHECK(asked->outcome->has_value() == c.repeated);
        CHECK(asked->seen.retries == (c.repeated ? 1 : 0));
        CHECK(r.app->connections() == (c.repeated ? 2 : 1));
        CHECK(r.figures.retries.value() == (c.repeated ? 1 : 0));
        if (!c.repeated) CHECK(asked->outcome->error() == errc::upstream_broken);
    }
}

TEST_CASE("forwarder: a second stale connection is not met with a third attempt")
{
    script const stale = [](line& l) -> task<void> {
        co_await l.request();
        co_await l.send(hello);
        co_await l.head();
        l.reset();
    };
    script const deaf = [](line& l) -> task<void> {
        co_await l.head();
        l.reset();
    };
    rig r{{stale, deaf, scripted_upstream::always(hello)}};
    r.ask(get);
    auto* const asked = r.ask(get);
    REQUIRE_FALSE(*asked->outcome);
    CHECK(asked->outcome->error() == errc::upstream_broken);
    CHECK(r.app->connections() == 2);
}

TEST_CASE("forwarder: a new connection that breaks off is never retried")
{
    rig r{{scripted_upstream::once(""), scripted_upstream::always(hello)}};
    auto* const asked = r.ask(get);
    CHECK(asked->outcome->error() == errc::upstream_broken);
    CHECK(asked->seen.retries == 0);
    CHECK(r.app->connections() == 1);
}

TEST_CASE("forwarder: a retry is not made behind the first byte of a reply")
{
    script const stale = [](line& l) -> task<void> {
        co_await l.request();
        co_await l.send(hello);
        co_await l.request();
        co_await l.send("H");
    };
    rig r{{stale, scripted_upstream::always(hello)}};
    r.ask(get);
    auto* const asked = r.ask(get);
    CHECK(asked->outcome->error() == errc::upstream_broken);
    CHECK(r.app->connections() == 1);
}

TEST_CASE("forwarder: draining closes kept connections and those that come back")
{
    rig r{{scripted_upstream::always(hello)}};
    r.ask(get);
    auto* const busy = r.start(get);
    r.forwarder->drain();
    r.finish(*busy);
    CHECK(*busy->outcome);
    CHECK(r.forwarder->open_connections() == 0);
}

// --- request bodies ------------------------------------------------------------------

TEST_CASE("forwarder: a body that has arrived goes up with its head")
{
    struct sent
    {
        std::string_view head;
        std::string_view framing;
    };
    for (auto const& c : {sent{post, "Content-Length: 5\r\n\r\n12345"}, sent{post_chunked, "Content-Length: 5\r\n\r\n12345"}}) {
        rig r{{scripted_upstream::always(hello)}};
        auto* const asked = r.prepare(c.head);
        asked->exchange.arrive("12345");
        asked->exchange.finish_body();
        r.begin(*asked);
        r.finish(*asked);
        CHECK(*asked->outcome);
        REQUIRE(r.app->requests().size() == 1);
        CHECK(r.app->requests()[0].ends_with(c.framing));
        r.ask(get);
        CHECK(r.app->connections() == 1);
    }
}

TEST_CASE("forwarder: a body that arrives later follows its head, framed by us")
{
    struct sent
    {
        std::string_view head;
        std::string_view framed;
    };
    for (auto const& c : {sent{"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n", "\r\n\r\n123456"},
                          sent{post_chunked, "\r\n\r\n1\r\n1\r\n2\r\n23\r\n3\r\n456\r\n0\r\n\r\n"}}) {
        CAPTURE(c.head);
        rig r{{scripted_upstream::always(hello)}};
        auto* const asked = r.prepare(c.head);
        asked->exchange.arrive("1");
        r.begin(*asked);
        r.settle();
        CHECK(r.app->requests().empty());
        asked->exchange.arrive("23");
        r.settle();
        asked->exchange.arrive("456");
        asked->exchange.finish_body();
        r.finish(*asked);
        CHECK(*asked->outcome);
        REQUIRE(r.app->requests().size() == 1);
        CHECK(r.app->requests()[0].ends_with(c.framed));
        r.ask(get);
        CHECK(r.app->connections() == 1);
    }
}

TEST_CASE("forwarder: a request whose body nobody has sent yet goes up at once")
{
    rig r{{[](line& l) -> task<void> {
        co_await l.head();
        co_await l.send(hello);
        co_await l.closed();
    }}};
    auto* const asked = r.ask(post);
    CHECK(*asked->outcome);
    CHECK(asked->exchange.body() == "hello");
}

TEST_CASE("forwarder: an early reply is passed on, the rest of the body is not read, the connection not kept")
{
    for (bool const closes : {true, false}) {
        CAPTURE(closes);
        script const early = [closes](line& l) -> task<void> {
            co_await l.head();
            co_await l.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig");
            if (!closes) co_await l.closed();
        };
        rig r{{early, scripted_upstream::always(hello)}};
        auto* const asked = r.prepare("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
        asked->exchange.arrive("123");
        r.begin(*asked);
        r.finish(*asked);
        CHECK(*asked->outcome);
        CHECK(asked->exchange.status() == 413);
        CHECK(asked->exchange.body() == "big");
        CHECK(asked->exchange.bytes_in() == 3);
        CHECK_FALSE(asked->exchange.reading());
        CHECK(r.forwarder->open_connections() == 0);
        CHECK(r.ask(get)->exchange.body() == "hello");
    }
}

TEST_CASE("forwarder: an application may answer while it still reads")
{
    script const echo = [](line& l) -> task<void> {
        co_await l.head();
        co_await l.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n");
        for (std::size_t done = 0; done < 6;) {
            auto const part = co_await l.some();
            co_await l.send(part);
            done += part.size();
        }
        co_await l.closed();
    };
    rig r{{echo}};
    auto* const asked = r.prepare("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n");
    r.begin(*asked);
    for (std::string_view const part : {"ab", "cd", "ef"}) {
        auto const before = asked->exchange.bytes_out();
        asked->exchange.arrive(part);
        REQUIRE(r.until([&] { return asked->exchange.bytes_out() == before + 2; }));
    }
    asked->exchange.finish_body();
    r.finish(*asked);
    CHECK(*asked->outcome);
    CHECK(asked->exchange.body() == "abcdef");
    CHECK(r.forwarder->open_connections() == 1);
}

TEST_CASE("forwarder: a body that fails on the client's side is not completed at the upstream")
{
    for (auto const code : {errc::bad_request, errc::body_too_large, errc::timed_out, errc::peer_broke_off}) {
        for (auto const head : {post, post_chunked}) {
            rig r{{scripted_upstream::always(hello)}};
            auto* const asked = r.prepare(head);
            asked->exchange.arrive("12");
            r.begin(*asked);
            r.settle();
            asked->exchange.fail_body(code);
            r.finish(*asked);
            REQUIRE_FALSE(*asked->outcome);
            CHECK(asked->outcome->error() == code);
            CHECK_FALSE(asked->exchange.begun());
            r.settle();
            CHECK(r.app->requests().empty());
            CHECK(r.forwarder->open_connections() == 0);
        }
    }
}

TEST_CASE("forwarder: a body that fails behind the head of the reply gives the reply up")
{
    rig r{{[](line& l) -> task<void> {
        co_await l.head();
        co_await l.send("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello");
        co_await l.closed();
    }}};
    auto* const asked = r.start(post);
    REQUIRE(r.until([&] { return asked->exchange.parts() == 1; }));
    asked->exchange.fail_body(errc::bad_request);
    r.finish(*asked);
    CHECK(asked->outcome->error() == errc::bad_request);
    CHECK(asked->exchange.aborted());
}

TEST_CASE("forwarder: a body longer or shorter than announced never reaches the upstream as a request")
{
    for (std::string_view const body : {"123456789GET /evil HTTP/1.1\r\nHost: a\r\n\r\n", "12"}) {
        rig r{{scripted_upstream::always(hello)}};
        auto* const asked = r.start(post);
        r.settle();
        asked->exchange.arrive(body);
        asked->exchange.finish_body();
        r.finish(*asked);
        CHECK_FALSE(*asked->outcome);
        r.settle();
        CHECK(r.app->requests().empty());
    }
}

TEST_CASE("forwarder: the reply's time runs from the end of the request")
{
    rig r{{[](line& l) -> task<void> { co_await l.closed(); }}};
    auto* const asked = r.start(post);
    r.pass(600s);
    CHECK_FALSE(asked->outcome);
    asked->exchange.arrive("12345");
    asked->exchange.finish_body();
    r.pass(59s);
    CHECK_FALSE(asked->outcome);
    r.pass(2s);
    REQUIRE(asked->outcome);
    CHECK(asked->outcome->error() == errc::upstream_timeout);
}

TEST_CASE("forwarder: an application that stops reading is a timeout")
{
    waiter enough;
    script const deaf = [&](line& l) -> task<void> {
        co_await l.head();
        co_await enough.wait();
    };
    rig r{{deaf}};
    auto* const asked = r.start(post_chunked);
    for (int i = 0; i < 400 && asked->exchange.bytes_in() == static_cast<std::uint64_t>(i) * 65536; ++i) {
        asked->exchange.arrive(std::string(65536, 'x'));
        r.settle();
    }
    CHECK(asked->exchange.bytes_in() < 400u * 65536);
    r.pass(301s);
    enough.wake();
    REQUIRE(asked->outcome);
    CHECK(asked->outcome->error() == errc::upstream_timeout);
}

// --- clients ------------------------------------------------------------------------

TEST_CASE("forwarder: the upstream hears at once that the client has gone")
{
    bool closed = false;
    script const slow = [&](line& l) -> task<void> {
        co_await l.request();
        co_await l.closed();
        closed = true;
    };
    SUBCASE("before the reply")
    {
        rig r{{slow}};
        auto* const asked = r.start(get);
        REQUIRE(r.until([&] { return r.app->requests().size() == 1; }));
        asked->exchange.leave();
        r.finish(*asked);
        CHECK(asked->outcome->error() == errc::peer_broke_off);
        CHECK(r.until([&] { return closed; }));
        CHECK(r.figures.requests[telemetry::upstream_outcome::abandoned].value() == 1);
    }
    SUBCASE("while the body goes up")
    {
        rig r{{[&](line& l) -> task<void> {
            co_await l.closed();
            closed = true;
        }}};
        auto* const asked = r.start(post);
        r.settle();
        asked->exchange.leave();
        r.finish(*asked);
        CHECK(asked->outcome->error() == errc::peer_broke_off);
        CHECK(r.until([&] { return closed; }));
    }
    SUBCASE("before anything was sent")
    {
        rig r{{slow}};
        auto* const asked = r.prepare(get);
        asked->exchange.leave();
        r.begin(*asked);
        r.finish(*asked);
        CHECK(asked->outcome->error() == errc::peer_broke_off);
        CHECK(r.app->connections() == 0);
    }
    SUBCASE("while a part of the reply is written to it")
    {
        rig r{{scripted_upstream::always(hello)}};
        auto* const asked = r.prepare(get);
        asked->exchange.take_slowly();
        r.begin(*asked);
        REQUIRE(r.until([&] { return asked->exchange.writing(); }));
        asked->exchange.leave();
        r.finish(*asked);
        CHECK(asked->outcome->error() == errc::peer_broke_off);
        CHECK(asked->exchange.aborted());
        CHECK(r.forwarder->open_connections() == 0);
    }
}

TEST_CASE("forwarder: a slow client slows the application down, in bounded memory")
{
    std::size_t sent = 0;
    script const endless = [&](line& l) -> task<void> {
        co_await l.request();
        co_await l.send("HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n");
        std::string const part(65536, 'x');
        for (; sent < 67108864; sent += part.size()) co_await l.send(part);
        co_await l.closed();
    };
    rig r{{endless}};
    auto* const asked = r.prepare(get);
    asked->exchange.take_slowly();
    asked->exchange.forget_body();
    r.begin(*asked);
    r.settle();
    auto const while_stuck = sent;
    CHECK(while_stuck < 16u * 1024 * 1024);
    r.pass(600s);
    CHECK_FALSE(asked->outcome);
    while (!asked->outcome) {
        asked->exchange.take_part();
        r.io.restart();
        r.io.poll();
    }
    CHECK(*asked->outcome);
    CHECK(asked->exchange.bytes_out() == 67108864);
    CHECK(asked->exchange.largest_part() <= upstream::connection::bulk_bytes);
}

// --- the pool -----------------------------------------------------------------------

TEST_CASE("forwarder: more exchanges than connections wait in order, and too many are refused")
{
    upstream::forward_options few;
    few.connections.connections = 1;
    few.connections.pending = 2;
    bool answer = false;
    script const held = [&](line& l) -> task<void> {
        for (;;) {
            auto const asked = co_await l.request();
            if (asked.empty()) co_return;
            while (!answer && l.is_open()) co_await l.pass_on();
            co_await l.send(hello);
        }
    };
    SUBCASE("the connection is handed on")
    {
        rig r{{held}, few};
        auto* const first = r.start(get);
        REQUIRE(r.until([&] { return r.app->requests().size() == 1; }));
        auto* const second = r.start(get);
        auto* const third = r.start(get);
        auto* const fourth = r.start(get);
        r.finish(*fourth);
        CHECK(fourth->outcome->error() == errc::overloaded);
        CHECK(fourth->outcome->error().retryable());
        CHECK(r.figures.pending.value() == 2);
        answer = true;
        r.finish(*first);
        r.finish(*second);
        r.finish(*third);
        CHECK(*second->outcome);
        CHECK(*third->outcome);
        CHECK(r.app->connections() == 1);
        CHECK(r.figures.pending.value() == 0);
        CHECK(r.figures.idle.value() == 1);
    }
    SUBCASE("nobody waits longer than for a new connection")
    {
        rig r{{held}, few};
        r.start(get);
        REQUIRE(r.until([&] { return r.app->requests().size() == 1; }));
        auto* const second = r.start(get);
        boost::asio::post(r.io, [&] {
            r.now += 3s;
            r.wheel.tick(r.now);
        });
        r.finish(*second);
        CHECK(second->outcome->error() == errc::overloaded);
        answer = true;
    }
    SUBCASE("who leaves gives up the place")
    {
        rig r{{held}, few};
        auto* const first = r.start(get);
        REQUIRE(r.until([&] { return r.app->requests().size() == 1; }));
        auto* const second = r.start(get);
        REQUIRE(r.until([&] { return r.figures.pending.value() == 1; }));
        second->exchange.leave();
        r.finish(*second);
        CHECK(second->outcome->error() == errc::peer_broke_off);
        CHECK(r.figures.pending.value() == 0);
        answer = true;
        r.finish(*first);
        CHECK(*first->outcome);
    }
    SUBCASE("a connection that is closed makes room for a new one")
    {
        script const closing = [&](line& l) -> task<void> {
            co_await l.request();
            while (!answer && l.is_open()) co_await l.pass_on();
            co_await l.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello");
        };
        rig r{{closing}, few};
        auto* const first = r.start(get);
        REQUIRE(r.until([&] { return r.app->requests().size() == 1; }));
        auto* const second = r.start(get);
        r.until([&] { return r.figures.pending.value() == 1; });
        answer = true;
        r.finish(*first);
        r.finish(*second);
        CHECK(*second->outcome);
        CHECK(r.app->connections() == 2);
    }
    SUBCASE("everything is dropped cleanly when the worker ends")
    {
        rig r{{held}, few};
        r.start(get);
        REQUIRE(r.until([&] { return r.app->requests().size() == 1; }));
        r.start(get);
        r.start(post);
        REQUIRE(r.until([&] { return r.figures.pending.value() == 2; }));
    }
}

TEST_CASE("forwarder: the connection used last is used next")
{
    rig r{{scripted_upstream::always(hello)}};
    auto* const a = r.start(get);
    auto* const b = r.start(get);
    r.finish(*a);
    r.finish(*b);
    CHECK(r.app->connections() == 2);
    r.pass(50s);
    for (int i = 0; i < 10; ++i) r.ask(get);
    r.pass(15s);
    CHECK(r.forwarder->open_connections() == 1);
}

TEST_CASE("forwarder: the upstream sees as many requests as clients sent, whatever is pipelined into bodies")
{
    rig r{{scripted_upstream::always(hello)}};
    std::string const inner = "GET /evil HTTP/1.1\r\nHost: a\r\n\r\n";
    for (int i = 0; i < 3; ++i) {
        auto* const asked =
            r.prepare("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(inner.size()) + "\r\n\r\n");
        asked->exchange.arrive(inner);
        asked->exchange.finish_body();
        r.begin(*asked);
        r.finish(*asked);
        auto* const chunked = r.prepare(post_chunked);
        r.begin(*chunked);
        r.settle();
        chunked->exchange.arrive("0\r\n\r\n" + inner);
        chunked->exchange.finish_body();
        r.finish(*chunked);
        CHECK(*chunked->outcome);
    }
    CHECK(r.app->requests().size() == 6);
    CHECK(r.app->leftovers().empty());
}

TEST_CASE("forwarder: replies lose what is not meant for clients")
{
    rig r{{scripted_upstream::always(
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: X-Hop, keep-alive\r\nKeep-Alive: timeout=5\r\n"
        "X-Hop: 1\r\nX-Yett-Internal: 1\r\nX_Yett.User: 1\r\nX-Auth-Request-User: eve\r\nremote-user: eve\r\n"
        "Upgrade: h2c\r\nTrailer: X\r\nProxy-Authenticate: Basic\r\nX-Stays: 1\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\n\r\n")}};
    auto* const asked = r.ask(get);
    std::string all;
    for (auto const& [name, value] : asked->exchange.fields()) all += name + ": " + value + "\n";
    CHECK(all == "X-Stays: 1\nSet-Cookie: a=b\nSet-Cookie: c=d\nVia: 1.1 yett\n");
}

TEST_CASE("forwarder: trailers of a reply are dropped")
{
    rig r{{scripted_upstream::always(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Yett-User: eve\r\n\r\n")}};
    for (int i = 0; i < 2; ++i) {
        auto* const asked = r.ask(get);
        CHECK(asked->exchange.body() == "hello");
        CHECK(asked->exchange.length() == 5u);
        CHECK(asked->exchange.fields().size() == 1);
    }
    CHECK(r.app->connections() == 1);
}

TEST_CASE("forwarder: a long reply in many chunks is passed on byte for byte")
{
    std::string body;
    std::string framed = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (int i = 1; i < 400; ++i) {
        auto const part = std::string(static_cast<std::size_t>(i) * 7 % 1000 + 1, static_cast<char>('a' + i % 26));
        body += part;
        framed += fmt::format("{:x}\r\n{}\r\n", part.size(), part);
    }
    rig r{{scripted_upstream::always(framed + "0\r\n\r\n")}};
    for (int i = 0; i < 2; ++i) {
        auto* const asked = r.ask(get);
        CHECK(*asked->outcome);
        CHECK((asked->exchange.body() == body));
    }
    CHECK(r.app->connections() == 1);
}

TEST_CASE("forwarder: identity that does not fit sends nothing")
{
    rig r{{scripted_upstream::always(hello)}};
    auto who = std::make_shared<identity>();
    who->subject = std::string(9000, 'x');
    r.permit = permit_for(who);
    auto* const asked = r.ask(get);
    CHECK(asked->outcome->error() == errc::forbidden);
    r.settle();
    CHECK(r.app->requests().empty());
    CHECK(r.app->leftovers().empty());
}
