#include "gateway/upstream/health/health_checks.hpp"

#include "tests/support/http2_upstream.hpp"
#include "tests/unit/upstream/rig.hpp"

using namespace yett;
using namespace yett::tests;
using upstream::standing;

namespace {

// One application whose health is asked for on the test's own loop; real time, for questions have timers.
struct checked
{
    explicit checked(script says, upstream::health_check how = quick())
        : app{std::make_unique<scripted_upstream>(io.get_executor(), std::vector{std::move(says)})}
    {
        options.servers.push_back({app->address(), {}, 1});
        options.balancing.health = std::move(how);
        using members = std::vector<upstream::balancer::member>;
        options.all = std::make_shared<upstream::server_set>(members{{options.servers.front().address.text, 1}},
                                                             options.balancing, 1, steady_now());
    }
    ~checked()
    {
        checks.reset();
        app.reset();
    }

    static upstream::health_check quick()
    {
        upstream::health_check how;
        how.interval = 20ms;
        how.timeout = 5s;
        how.unhealthy_after = 2;
        how.healthy_after = 2;
        return how;
    }
    void start()
    {
        checks = std::make_unique<upstream::health_checks>(options, upstream::dependencies{io.get_executor(), wheel, figures});
        checks->start();
    }
    upstream::server_view view() { return options.all->views(steady_now())[0]; }
    template<class Condition>
    bool until(Condition condition)
    {
        auto const give_up = steady_now() + 20s;
        while (!condition() && steady_now() < give_up) {
            io.restart();
            io.run_one_for(10ms);
            wheel.tick(steady_now());
        }
        return condition();
    }

    boost::asio::io_context io{1};
    deadlines wheel{steady_now()};
    telemetry::upstream_figures figures;
    upstream::forward_options options;
    std::unique_ptr<scripted_upstream> app;
    std::unique_ptr<upstream::health_checks> checks;
};

script answering(std::string const& status)
{
    return scripted_upstream::once("HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n\r\n");
}

} // namespace

TEST_CASE("health checks: a question is a GET over a connection of its own, again and again")
{
    checked c{answering("204 No Content")};
    c.start();
    REQUIRE(c.until([&] { return c.view().checks_good >= 3; }));
    CHECK(c.view().standing == standing::up);
    CHECK(c.app->connections() >= 3);
    auto const address = c.options.servers.front().address.text;
    CHECK(c.app->requests().front() == "GET /healthz HTTP/1.1\r\nHost: " + address +
                                           "\r\nUser-Agent: yett-health\r\nAccept: */*\r\nConnection: close\r\n\r\n");
}

TEST_CASE("health checks: what is no good answer takes the server away, with the cause")
{
    struct
    {
        script says;
        char const* cause;
    } const rows[] = {
        {answering("503 Service Unavailable"), "GET /healthz: status 503"},
        {answering("302 Found"), "GET /healthz: status 302"},
        {scripted_upstream::once("hello"), "upstream"},
        {scripted_upstream::once(""), "closed"},
    };
    for (auto const& row : rows) {
        checked c{row.says};
        c.start();
        REQUIRE(c.until([&] { return c.view().standing == standing::unhealthy; }));
        CAPTURE(c.view().cause);
        CHECK_FALSE(c.view().cause.empty());
        if (std::string_view{row.cause}.starts_with("GET")) CHECK(c.view().cause == row.cause);
    }
}

TEST_CASE("health checks: one that refuses connections, and is back")
{
    checked c{answering("200 OK")};
    auto const address = c.app->url();
    c.start();
    REQUIRE(c.until([&] { return c.view().checks_good >= 2; }));
    c.app->stop();
    REQUIRE(c.until([&] { return c.view().standing == standing::unhealthy; }));
    CHECK(c.view().cause.starts_with(c.view().name + " cannot be reached: "));
    CHECK(c.view().checks_bad >= 2);
}

TEST_CASE("health checks: one that says nothing in time is away, and the next question comes all the same")
{
    auto how = checked::quick();
    how.timeout = 50ms;
    checked c{[](line& l) -> task<void> {
                  co_await l.request();
                  co_await l.closed();
              },
              how};
    c.start();
    REQUIRE(c.until([&] { return c.view().checks_bad >= 2; }));
    CHECK(c.view().standing == standing::unhealthy);
}

TEST_CASE("health checks: a good head is not enough, the reply has to end, and in time")
{
    struct row
    {
        char const* what;
        std::string words;
        bool resets;
        bool well;
    };
    row const rows[] = {
        {"a reset behind the head", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", true, false},
        {"a reset within the body", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no", true, false},
        {"a reset behind the head of chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", true, false},
        {"a body that does not come", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", false, false},
        {"no chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", false, false},
        {"a body", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", false, true},
        {"chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", false, true},
        {"none", "HTTP/1.1 204 No Content\r\n\r\n", false, true},
    };
    for (auto const& row : rows) {
        CAPTURE(row.what);
        auto how = checked::quick();
        how.timeout = row.well ? 5s : 300ms;
        checked c{[&row](line& l) -> task<void> {
                      co_await l.request();
                      co_await l.send(row.words);
                      if (row.resets) co_return l.reset();
                      co_await l.closed();
                  },
                  how};
        c.start();
        REQUIRE(c.until([&] { return (row.well ? c.view().checks_good : c.view().checks_bad) >= 2; }));
        CHECK(c.view().standing == (row.well ? standing::up : standing::unhealthy));
        CHECK((row.well ? c.view().checks_bad : c.view().checks_good) == 0);
        CHECK(c.view().cause.empty() == row.well);
    }
}

TEST_CASE("health checks: other codes may be good, and a path may have a query")
{
    auto how = checked::quick();
    how.status = {{401, 401}, {500, 599}};
    how.path = "/up?deep=1";
    checked c{answering("401 Unauthorized"), how};
    c.options.servers.front().host = "app.internal";
    c.start();
    REQUIRE(c.until([&] { return c.view().checks_good >= 1; }));
    CHECK(c.app->requests().front().starts_with("GET /up?deep=1 HTTP/1.1\r\nHost: app.internal\r\n"));
}

TEST_CASE("health checks: a server that recovers is up again after as many good answers as are wanted")
{
    int answered = 0;
    checked c{[&answered](line& l) -> task<void> {
        co_await l.request();
        auto const status = ++answered <= 3 ? "500 Oh" : "200 OK";
        auto const text = std::string{"HTTP/1.1 "} + status + "\r\nContent-Length: 0\r\n\r\n";
        co_await l.send(text);
        l.close();
    }};
    c.start();
    REQUIRE(c.until([&] { return c.view().standing == standing::unhealthy; }));
    REQUIRE(c.until([&] { return c.view().standing == standing::up; }));
    CHECK(c.view().checks_bad == 3);
    CHECK(c.view().checks_good == 2);
}

TEST_CASE("health checks: the next question comes within an interval, and not before four fifths of it")
{
    constexpr steady_time at{100s};
    CHECK(upstream::next_question(at, 5s, 0) == at + 5s);
    CHECK(upstream::next_question(at, 5s, 1) == at + 4s);
    CHECK(upstream::next_question(at, 5s, 0.5) == at + 4500ms);
}

TEST_CASE("health checks: a server of HTTP/2 is asked in its own words, over a connection of its own each time")
{
    checked c{answering("204 No Content")};
    http2_upstream server{c.io.get_executor()};
    c.options.servers.front().address = server.address();
    c.start();
    REQUIRE(c.until([&] { return server.count() == 1; }));
    CHECK(server.request(0).field(":method") == "GET");
    CHECK(server.request(0).field(":path") == "/healthz");
    CHECK(server.request(0).field(":authority") == server.address().text);
    CHECK(server.request(0).field("user-agent") == "yett-health");
    server.reply(0, {{":status", "204"}});
    REQUIRE(c.until([&] { return server.count() == 2; }));
    CHECK(c.view().standing == standing::up);
    CHECK(server.request(1).connection == 1);
    server.reset(1, http2::error_code::internal_error);
    REQUIRE(c.until([&] { return server.count() == 3; }));
    server.reply(2, {{":status", "503"}});
    REQUIRE(c.until([&] { return c.view().standing != standing::up; }));
    CHECK(c.until([&] { return server.open_connections() <= 1; }));
    c.checks.reset();
}
