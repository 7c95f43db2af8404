#include "tests/unit/upstream/rig.hpp"

#include "gateway/upstream/cluster/server_tls.hpp"
#include "tests/support/certificate.hpp"

// What holds for one way to reach an application alone. What holds for all of them is in the other files, whose
// tests run once for each.

using namespace yett;
using namespace yett::tests;
using upstream::server_scheme;

namespace {

std::string const hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
std::string const until_close = "HTTP/1.0 200 OK\r\n\r\nhello";

std::shared_ptr<transport::tls_client_context> trusting(certificate const& authority)
{
    return *transport::tls_client_context::make({.ca_file = authority.files().chain_file});
}

// An application with TLS, and what it is called with.
struct secure_rig : rig
{
    explicit secure_rig(script what, upstream::forward_options wanted = {})
        : rig{{std::move(what)}, std::move(wanted), server_scheme::https}
    {
    }
    upstream::server_address& address() { return options.servers.front().address; }
    error failure()
    {
        auto* const asked = ask(get);
        REQUIRE_FALSE(*asked->outcome);
        CHECK(app->requests().empty());
        CHECK(forwarder->open_connections() == 0);
        return asked->outcome->error();
    }
};

// One that is called with TLS and does not speak it.
struct clear_rig : rig
{
    explicit clear_rig(script what) : rig{{std::move(what)}, {}, server_scheme::http}
    {
        scripted_upstream::expect_tls(options.servers.front().address);
        begin_anew();
    }
};

} // namespace

TEST_CASE("https: a server that is not whom it was called is told apart by the reason, and hears nothing of the request")
{
    secure_rig r{scripted_upstream::always(hello)};
    certificate const other{"other.example"};
    std::string reason;
    SUBCASE("another name")
    {
        r.address().server_name = "bank.example";
        reason = "ostname mismatch";
    }
    SUBCASE("an address that the certificate does not name")
    {
        r.address().server_name = "127.0.0.1";
        reason = "IP address mismatch";
    }
    SUBCASE("nobody we believe vouches for it")
    {
        r.address().tls->use(trusting(other));
        reason = "self-signed certificate";
    }
    r.begin_anew();
    auto const why = r.failure();
    CHECK(why == errc::upstream_unavailable);
    CHECK(why.from() == origin::upstream);
    CHECK(why.retryable());
    CHECK_MESSAGE(why.note().find(reason) != std::string::npos, why.note());
    CHECK(why.note().starts_with(r.address().text + ": TLS: "));
}

TEST_CASE("https: what need not be proved is not, where that is wanted")
{
    secure_rig r{scripted_upstream::always(hello)};
    r.address().server_name = "bank.example";
    r.address().tls->use(*transport::tls_client_context::make({.ca_file = {}, .verify = false}));
    r.begin_anew();
    CHECK(r.ask(get)->exchange.body() == "hello");
}

TEST_CASE("https: other authorities hold for new connections, and those that are open go on")
{
    secure_rig r{scripted_upstream::always(hello)};
    CHECK(r.ask(get)->exchange.body() == "hello");
    certificate const other{"other.example"};
    r.address().tls->use(trusting(other));
    CHECK(r.ask(get)->exchange.body() == "hello");
    CHECK(r.app->connections() == 1);
    r.forwarder->drain();
    r.begin_anew();
    CHECK(r.ask(get)->outcome->error() == errc::upstream_unavailable);
}

TEST_CASE("https: a server in clear is one that cannot be reached")
{
    script const answers = [](line& l) -> task<void> {
        co_await l.some();
        co_await l.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        co_await l.closed();
    };
    clear_rig speaks{answers};
    auto* const asked = speaks.ask(get);
    CHECK(asked->outcome->error() == errc::upstream_unavailable);
    CHECK_MESSAGE(asked->outcome->error().note().find("wrong version number") != std::string::npos,
                  asked->outcome->error().note());
    script const leaves = [](line& l) -> task<void> { co_await l.some(); };
    clear_rig gone{leaves};
    auto* const alone = gone.ask(get);
    CHECK(alone->outcome->error() == errc::upstream_unavailable);
    CHECK(alone->outcome->error().note().find("broke off in the TLS handshake") != std::string::npos);
}

TEST_CASE("https: hands are shaken within the time for a connection")
{
    script const silent = [](line& l) -> task<void> { co_await l.closed(); };
    clear_rig r{silent};
    auto* const asked = r.start(get);
    r.pass(1s);
    CHECK_FALSE(asked->outcome);
    r.pass(2s);
    REQUIRE(asked->outcome);
    CHECK(asked->outcome->error() == errc::upstream_timeout);
    CHECK(asked->outcome->error().retryable());
    CHECK(r.forwarder->open_connections() == 0);
}

TEST_CASE("https: a forwarder that goes takes a handshake along")
{
    script const silent = [](line& l) -> task<void> { co_await l.closed(); };
    clear_rig r{silent};
    auto* const asked = r.start(get);
    r.settle();
    r.forwarder.reset();
    r.settle();
    CHECK_FALSE(asked->outcome);
}

TEST_CASE("https: a reply that only the connection's end ends is whole when TLS says so, and broken when it does not")
{
    for (auto const cuts : {false, true}) {
        CAPTURE(cuts);
        script const ends = [cuts](line& l) -> task<void> {
            co_await l.request();
            co_await l.send(until_close);
            if (cuts) l.cut();
        };
        secure_rig r{ends};
        auto* const asked = r.ask(get);
        CHECK(asked->exchange.body() == "hello");
        CHECK(asked->outcome->has_value() != cuts);
        CHECK(asked->exchange.aborted() == cuts);
        if (cuts) CHECK(asked->outcome->error() == errc::upstream_broken);
    }
}

TEST_CASE("https: what has a length is whole without a goodbye")
{
    script const ends = [](line& l) -> task<void> {
        co_await l.request();
        co_await l.send(hello);
        l.cut();
    };
    secure_rig r{ends};
    auto* const asked = r.ask(get);
    CHECK(*asked->outcome);
    CHECK(asked->exchange.body() == "hello");
}

TEST_CASE("https: a session is resumed by later connections, and not by those that want to know more")
{
    std::vector<bool> resumed;
    script const once = [&resumed](line& l) -> task<void> {
        resumed.push_back(l.resumed());
        co_await l.request();
        co_await l.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
    };
    secure_rig r{once};
    for (int i = 0; i < 3; ++i) CHECK(r.ask(get)->exchange.body() == "hello");
    CHECK(resumed == std::vector{false, true, true});
    scripted_upstream::expect_tls(r.address()); // read anew
    r.begin_anew();
    CHECK(r.ask(get)->exchange.body() == "hello");
    CHECK_FALSE(resumed.back());
}

TEST_CASE("https: bodies of many records pass both ways")
{
    std::string const large(std::size_t{3} << 20, 'x');
    std::string heard;
    script const echo = [&heard, &large](line& l) -> task<void> {
        auto const asked = co_await l.request();
        heard = asked.substr(asked.find("\r\n\r\n") + 4);
        auto const head = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(large.size()) + "\r\n\r\n";
        co_await l.send(head);
        co_await l.send(large);
    };
    secure_rig r{echo};
    auto const head = "POST /a HTTP/1.1\r\nHost: example.com\r\nContent-Length: " + std::to_string(large.size()) + "\r\n\r\n";
    auto* const asked = r.prepare(head);
    asked->exchange.arrive(large);
    asked->exchange.finish_body();
    r.begin(*asked);
    r.finish(*asked);
    CHECK(*asked->outcome);
    CHECK(heard == large);
    CHECK(asked->exchange.body() == large);
}

TEST_CASE("unix: a socket that is not there says why")
{
    rig r{{scripted_upstream::always(hello)}, {}, server_scheme::unix_socket};
    r.options.servers.front().address = *upstream::server_address::from("unix:/nowhere/app.sock");
    r.begin_anew();
    auto const why = r.ask(get)->outcome->error();
    CHECK(why == errc::upstream_unavailable);
    CHECK(why.note() == "unix:/nowhere/app.sock cannot be reached");
    CHECK(why.cause() == std::errc::no_such_file_or_directory);
    CHECK(why.retryable());
}

TEST_CASE("unix: who named no host is passed on with one that needs no address")
{
    rig r{{scripted_upstream::always(hello)}, {}, server_scheme::unix_socket};
    CHECK(r.ask("GET /a HTTP/1.0\r\n\r\n")->exchange.body() == "hello");
    CHECK(r.app->requests().back().starts_with("GET /a HTTP/1.1\r\nHost: localhost\r\n"));
}

TEST_CASE("proxy_protocol: a connection begins with the client's address, and serves its connection alone")
{
    std::vector<std::string> began;
    script const reads_header = [&began](line& l) -> task<void> {
        while (l.received().find("\r\n") == std::string::npos) {
            auto const some = co_await l.some();
            l.received() = some;
            if (some.empty()) co_return;
        }
        auto const end = l.received().find("\r\n") + 2;
        began.push_back(l.received().substr(0, end));
        l.received().erase(0, end);
        for (;;) {
            auto const asked = co_await l.request();
            if (asked.empty()) co_return;
            co_await l.send(hello);
        }
    };
    upstream::forward_options options;
    options.connections.proxy_protocol = upstream::proxy_header_version::v1;
    rig r{{reads_header}, options, server_scheme::http};
    auto const ask_from = [&r](std::uint64_t connection, char const* address) {
        auto* const asked = r.prepare_on(connection, get);
        asked->client = *parse_ip(address);
        r.begin(*asked);
        r.finish(*asked);
        return asked->exchange.body();
    };
    CHECK(ask_from(1, "192.0.2.1") == "hello");
    CHECK(ask_from(2, "192.0.2.2") == "hello");
    CHECK(ask_from(1, "192.0.2.1") == "hello");
    REQUIRE(began.size() == 2);
    CHECK(began[0].starts_with("PROXY TCP4 192.0.2.1 "));
    CHECK(began[1].starts_with("PROXY TCP4 192.0.2.2 "));
    r.behind_proxy = true;
    for (int i = 0; i < 2; ++i) CHECK(ask_from(3, "192.0.2.3") == "hello");
    CHECK(began.size() == 4);
    CHECK(r.forwarder->open_connections() == 2);
}
