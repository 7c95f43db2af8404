#include "tests/unit/upstream/rig.hpp"

#include "tests/support/print.hpp"

// Which requests are sent again, where to, and what the client is told when that is over.

using namespace yett;
using namespace yett::tests;
using base::waiter;

namespace {

std::string const third_says = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nthird";

// Of three servers the first two do the same, and the third answers.
struct three_servers : rig
{
    explicit three_servers(script bad, upstream::forward_options wanted = {}) : rig{{bad}, std::move(wanted)}
    {
        add(bad);
        add(scripted_upstream::always(third_says));
    }
    ~three_servers()
    {
        forwarder.reset();
        others.clear();
    }
    void add(script does)
    {
        others.push_back(std::make_unique<scripted_upstream>(io.get_executor(), std::vector{std::move(does)}));
        options.servers.emplace_back().address = others.back()->address();
        options.balancing.balance = upstream::balance::round_robin;
        begin_anew();
    }
    scripted_upstream& second() { return *others[0]; }
    scripted_upstream& third() { return *others[1]; }
    std::size_t asked() const { return app->requests().size() + others[0]->requests().size() + others[1]->requests().size(); }
    std::string name(std::size_t which) const { return options.servers[which].address.text; }

    std::size_t connections() const { return app->connections() + others[0]->connections() + others[1]->connections(); }
    // Of a body that is not here as a whole the rest never comes.
    template<class Question>
    running* put(Question const& asks)
    {
        auto* const r = prepare(asks.head());
        if (*asks.body) r->exchange.arrive(asks.body);
        if (asks.is_here) r->exchange.finish_body();
        begin(*r);
        return r;
    }

    std::vector<std::unique_ptr<scripted_upstream>> others;
};

script answers(std::string reply)
{
    return scripted_upstream::always(std::move(reply));
}

script resets_after(std::string words)
{
    return [words = std::move(words)](line& l) -> task<void> {
        co_await l.request();
        if (!words.empty()) co_await l.send(words);
        l.reset();
    };
}

script silent_after(std::string words)
{
    return [words = std::move(words)](line& l) -> task<void> {
        co_await l.request();
        if (!words.empty()) co_await l.send(words);
        co_await l.closed();
    };
}

std::string failing(unsigned status, std::string_view fields = {})
{
    return "HTTP/1.1 " + std::to_string(status) + " Bad\r\nContent-Length: 3\r\n" + std::string{fields} + "\r\nbad";
}

// What is asked, and whether it may be asked twice: by its method, and by whether its body was kept.
struct question
{
    char const* method;
    char const* fields;
    char const* body;
    bool is_here; // all of its body
    bool repeated;

    std::string head() const { return std::string{method} + " /a HTTP/1.1\r\nHost: example.com\r\n" + fields + "\r\n"; }
};
constexpr auto five = "Content-Length: 5\r\n";
constexpr auto in_chunks = "Transfer-Encoding: chunked\r\n";
constexpr question questions[] = {
    {"GET", "", "", true, true},
    {"HEAD", "", "", true, true},
    {"OPTIONS", "", "", true, true},
    {"PROPFIND", five, "12345", true, true},
    {"PUT", five, "12345", true, true},
    {"PUT", in_chunks, "12345", true, true},
    {"PUT", five, "123", false, false},
    {"PUT", in_chunks, "123", false, false},
    {"DELETE", "", "", true, true},
    {"DELETE", five, "12345", true, true},
    {"DELETE", in_chunks, "123", false, false},
    {"MKCOL", "", "", true, true},
    {"POST", "", "", true, false},
    {"POST", five, "12345", true, false},
    {"POST", in_chunks, "123", false, false},
    {"PATCH", five, "12345", true, false},
    {"LOCK", five, "12345", true, false},
};

} // namespace

TEST_CASE("retries: two servers of three fail, an idempotent request is answered by the third, and any other is sent once")
{
    struct row
    {
        char const* what;
        script does;
        char const* said; // in the log, of each of the two
        unsigned told;    // what the client gets of a request that is not repeated; 0: an error
    };
    row const rows[] = {
        {"reset", resets_after(""), "broke off before its reply", 0},
        {"closed without a word", scripted_upstream::once(""), "broke off before its reply", 0},
        {"half a head", resets_after("HTTP/1.1 200 O"), "broke off in the head of its reply", 0},
        {"an interim reply, and a reset", resets_after("HTTP/1.1 103 Early Hints\r\n\r\n"), "broke off in the head of its reply",
         0},
        {"a head with a length, and a reset", resets_after("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"),
         "broke off in its reply", 200},
        {"a head of chunks, and a reset", resets_after("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
         "broke off in its reply", 200},
        {"a head without a length, and a reset", resets_after("HTTP/1.1 200 OK\r\n\r\n"), "broke off in its reply", 200},
        {"silence", silent_after(""), "was silent before its reply", 0},
        {"500", answers(failing(500)), "answered 500", 500},
        {"502", answers(failing(502)), "answered 502", 502},
        {"503", answers(failing(503)), "answered 503", 503},
        {"504", answers(failing(504)), "answered 504", 504},
        {"503 whose body does not come", silent_after("HTTP/1.1 503 Bad\r\nContent-Length: 3\r\n\r\n"), "answered 503", 503},
    };
    // A Unix socket knows no resets: it is closed, and that is how a body without a length ends.
    auto const resets = scripted_upstream::scheme_under_test() != upstream::server_scheme::unix_socket;
    for (auto const& each : rows)
        for (auto const& asks : questions) {
            if (!resets && each.what == std::string_view{"a head without a length, and a reset"}) continue;
            CAPTURE(each.what);
            CAPTURE(asks.head());
            CAPTURE(asks.is_here);
            auto const no_body = asks.method == std::string_view{"HEAD"};
            if (no_body && std::string_view{each.what}.starts_with("a head")) continue; // they are whole then
            if (!asks.is_here) continue;                                                // the servers wait for the rest
            upstream::forward_options quick;
            quick.reply_timeout = 1s;
            quick.idle_timeout = 1s;
            three_servers r{each.does, quick};
            auto* const asked = r.put(asks);
            for (int i = 0; i < 3 && !asked->outcome; ++i) r.pass(1s);
            r.finish(*asked);
            if (!asks.repeated) {
                CHECK(asked->exchange.status() == each.told);
                CHECK(r.asked() == 1);
                CHECK(asked->seen.retries == 0);
                continue;
            }
            CHECK(*asked->outcome);
            CHECK(asked->exchange.body() == (no_body ? "" : "third"));
            CHECK(asked->seen.server == r.name(2));
            CHECK(asked->seen.status == 200);
            CHECK(asked->seen.retries == 2);
            auto const& failed = asked->seen.failed;
            CHECK(failed.starts_with(r.name(0) + " " + each.said));
            CHECK(failed.find("; " + r.name(1) + " " + each.said) != failed.npos);
            CHECK(r.asked() == 3);
            CHECK(r.third().requests().front().ends_with(asks.body));
            CHECK(r.figures.retries.value() == 2);
            CHECK(r.figures.requests[telemetry::upstream_outcome::ok].value() == 1);
        }
}

TEST_CASE("retries: a body that was not kept is sent once, whatever the method")
{
    struct row
    {
        char const* what;
        std::string words; // behind the head of the request
        unsigned told;
    };
    row const rows[] = {{"reset", "", 0},
                        {"half a head", "HTTP/1.1 200 O", 0},
                        {"a head, and a reset", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", 200},
                        {"503", failing(503), 503}};
    for (auto const& each : rows)
        for (auto const& asks : questions) {
            if (asks.is_here) continue;
            CAPTURE(each.what);
            CAPTURE(asks.head());
            three_servers r{[&each](line& l) -> task<void> {
                co_await l.head();
                if (!each.words.empty()) co_await l.send(each.words);
                if (each.told != 503) co_return l.reset();
                co_await l.closed();
            }};
            auto* const asked = r.put(asks);
            r.settle();
            asked->exchange.finish_body(); // whoever reads it hears of its end alone
            r.finish(*asked);
            CHECK(asked->exchange.status() == each.told);
            CHECK(r.connections() == 1);
            CHECK(asked->seen.retries == 0);
        }
}

TEST_CASE("retries: two servers refuse connections, and everything goes to the third")
{
    three_servers r{answers(failing(500))};
    r.app->stop();
    r.second().stop();
    std::size_t asked_so_far = 0;
    for (auto const& asks : questions) {
        if (!asks.is_here) continue; // the rest of it never comes
        CAPTURE(asks.head());
        auto* const asked = r.put(asks);
        r.finish(*asked);
        CHECK(*asked->outcome);
        CHECK(asked->seen.server == r.name(2));
        CHECK(r.asked() == ++asked_so_far);
    }
    CHECK(r.figures.requests[telemetry::upstream_outcome::ok].value() == asked_so_far);
}

TEST_CASE("retries: when all fail the client gets what the last one said")
{
    three_servers r{answers(failing(503))};
    r.others.pop_back();
    r.options.servers.pop_back();
    r.add(answers(failing(500)));
    auto* const asked = r.ask(get);
    CHECK(*asked->outcome);
    CHECK(asked->exchange.status() == 500);
    CHECK(asked->exchange.body() == "bad");
    CHECK(asked->seen.retries == 2);
    CHECK(asked->seen.status == 500);

    three_servers dead{resets_after("")};
    dead.third().stop();
    auto* const nobody = dead.ask(get);
    REQUIRE_FALSE(*nobody->outcome);
    CHECK(nobody->outcome->error() == errc::upstream_unavailable);
    CHECK(nobody->seen.server == dead.name(2));
}

TEST_CASE("retries: as many as are allowed, and none where they are off")
{
    for (unsigned const allowed : {0u, 1u}) {
        CAPTURE(allowed);
        upstream::forward_options few;
        few.retries = allowed;
        three_servers r{answers(failing(503)), few};
        auto* const asked = r.ask(get);
        CHECK(asked->exchange.status() == 503);
        CHECK(asked->seen.retries == allowed);
        CHECK(r.asked() == 1 + allowed);
    }
}

TEST_CASE("retries: what says when to come again, or is about the client, is passed on as it is")
{
    struct row
    {
        unsigned status;
        char const* fields;
    };
    row const rows[] = {{503, "Retry-After: 7\r\n"},
                        {500, "retry-after: Wed, 21 Oct 2026 07:28:00 GMT\r\n"},
                        {429, "Retry-After: 7\r\n"},
                        {429, ""},
                        {501, ""},
                        {404, ""}};
    for (auto const& each : rows) {
        CAPTURE(each.status);
        three_servers r{answers(failing(each.status, each.fields))};
        auto* const asked = r.ask(get);
        CHECK(asked->exchange.status() == each.status);
        CHECK(asked->exchange.field("Retry-After").empty() == (*each.fields == 0));
        CHECK(r.asked() == 1);
    }
}

TEST_CASE("retries: an only server's failure is the client's at once")
{
    rig r{{answers(failing(503)), resets_after("")}};
    CHECK(r.ask(get)->exchange.status() == 503);
    CHECK(r.app->requests().size() == 1);
    CHECK(r.figures.retries_refused.value() == 0);
}

TEST_CASE("retries: all requests share a budget, and beyond it failures are passed on")
{
    upstream::forward_options tight;
    tight.retries = 1;
    tight.retry_budget = {0, 3, 10s};
    three_servers r{answers(failing(503)), tight};
    r.others.pop_back();
    r.options.servers.pop_back();
    r.begin_anew(); // two servers, both of which fail
    std::size_t sent = 0;
    for (int i = 0; i < 10; ++i) {
        CHECK(r.ask(get)->exchange.status() == 503);
        sent = r.app->requests().size() + r.second().requests().size();
    }
    CHECK(sent == 13);
    CHECK(r.figures.retries.value() == 3);
    CHECK(r.figures.retries_refused.value() == 7);
}

TEST_CASE("retries: a reply that was turned down as a whole leaves its connection for the next request")
{
    three_servers r{answers(failing(503))};
    for (int i = 0; i < 6; ++i) CHECK(r.ask(get)->exchange.body() == "third");
    CHECK(r.app->connections() == 1);
    CHECK(r.second().connections() == 1);
    CHECK(r.third().connections() == 1);
}

TEST_CASE("retries: a reply that was turned down while it comes costs its connection")
{
    three_servers r{silent_after("HTTP/1.1 503 Bad\r\nContent-Length: 30\r\n\r\npart")};
    CHECK(r.ask(get)->exchange.body() == "third");
    CHECK(r.forwarder->open_connections() == 1);
}

TEST_CASE("retries: a head waits for its body where another server may be asked, and only where one may come soon")
{
    struct row
    {
        char const* what;
        std::string head;
        char const* body;
        std::string_view asked;
        bool waits;
    };
    std::string const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n";
    std::string const sized = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    auto const remove = "DELETE / HTTP/1.1\r\nHost: a\r\n\r\n";
    row const rows[] = {
        {"a length", sized, "hello", get, true},
        {"a length, to DELETE", sized, "hello", remove, true},
        {"chunks", chunked + "\r\n", "5\r\nhello\r\n0\r\n\r\n", get, true},
        {"events", chunked + "Content-Type: text/event-stream\r\n\r\n", "", get, false},
        {"events, by other letters", chunked + "content-type: Text/Event-Stream;charset=utf-8\r\n\r\n", "", get, false},
        {"a method that is not repeated", sized, "", "POST / HTTP/1.1\r\nHost: a\r\n\r\n", false},
    };
    for (auto const& each : rows) {
        CAPTURE(each.what);
        waiter go;
        three_servers r{[&](line& l) -> task<void> {
            co_await l.request();
            co_await l.send(each.head);
            co_await go.wait();
            co_await l.send(each.body);
            co_await l.closed();
        }};
        auto* const asked = r.start(each.asked);
        REQUIRE(r.until([&] { return go.waiting(); }));
        r.settle();
        CHECK(asked->exchange.begun() == !each.waits);
        go.wake();
        if (each.waits) {
            r.finish(*asked);
            CHECK(asked->exchange.body() == "hello");
            CHECK(asked->exchange.parts() == 1);
            CHECK(r.asked() == 1);
        } else asked->exchange.leave();
        r.settle();
    }
}

TEST_CASE("retries: a body of unknown length is waited for a moment only, and what breaks off later is the client's to see")
{
    for (bool const comes : {true, false}) {
        CAPTURE(comes);
        waiter go;
        three_servers r{[&](line& l) -> task<void> {
            co_await l.request();
            co_await l.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            co_await go.wait();
            if (!comes) co_return l.reset();
            co_await l.send("5\r\nhello\r\n0\r\n\r\n");
            co_await l.closed();
        }};
        auto* const asked = r.start(get);
        REQUIRE(r.until([&] { return go.waiting(); }));
        r.settle();
        CHECK_FALSE(asked->exchange.begun());
        r.pass(2 * deadlines::step);
        CHECK(asked->exchange.begun());
        go.wake();
        r.finish(*asked);
        CHECK(asked->outcome->has_value() == comes);
        CHECK(asked->exchange.body() == (comes ? "hello" : ""));
        CHECK(r.asked() == 1);
        CHECK(asked->seen.retries == 0);
    }
}

TEST_CASE("retries: a body that ends with its connection may be empty")
{
    three_servers r{scripted_upstream::once("HTTP/1.1 200 OK\r\n\r\n")};
    auto* const asked = r.ask(get);
    CHECK(*asked->outcome);
    CHECK(asked->exchange.body().empty());
    CHECK(r.asked() == 1);
}

TEST_CASE("retries: an empty body, and none, are waited for by nobody")
{
    for (auto const* reply : {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n",
                              "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"}) {
        three_servers r{answers(reply)};
        CHECK(*r.ask(get)->outcome);
        CHECK(*r.ask("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")->outcome);
        CHECK(r.asked() == 2);
    }
}

TEST_CASE("retries: nothing is sent again for a client that has gone")
{
    for (auto const* words : {"", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"}) {
        CAPTURE(words);
        three_servers r{silent_after(words)};
        auto* const asked = r.start(get);
        REQUIRE(r.until([&] { return r.app->requests().size() == 1; }));
        r.settle();
        asked->exchange.leave();
        r.finish(*asked);
        CHECK(asked->outcome->error() == errc::peer_broke_off);
        r.settle();
        CHECK(r.asked() == 1);
        CHECK(r.figures.requests[telemetry::upstream_outcome::abandoned].value() == 1);
    }
}

TEST_CASE("retries: a reply that is no HTTP is not asked for again")
{
    three_servers r{answers("SSH-2.0-x\r\n\r\n")};
    CHECK(r.ask(get)->outcome->error() == errc::upstream_broken);
    CHECK(r.asked() == 1);
}

TEST_CASE("retries: a kept connection that died leads to the same server, and from there to the others")
{
    int accepted = 0;
    script const dies = [&accepted](line& l) -> task<void> {
        ++accepted;
        if (accepted == 1) {
            co_await l.request();
            co_await l.send(third_says);
        }
        co_await l.request();
        l.reset();
    };
    three_servers r{dies};
    CHECK(r.ask(get)->exchange.body() == "third"); // the first server's, once
    accepted = 10;                                 // from now on each connection dies at its first request
    r.ask(get);
    r.ask(get);
    auto* const asked = r.ask(get);
    CHECK(*asked->outcome);
    CHECK(asked->seen.server == r.name(2));
    CHECK(asked->seen.retries == 3);
}
