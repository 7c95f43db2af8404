#include "tests/unit/net/loopback.hpp"

#include "gateway/transport/listening_sockets.hpp"

#include <doctest/doctest.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <optional>
#include <vector>

using namespace yett;
using namespace yett::net;
using namespace yett::net::testing;

namespace {

std::string const request = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";

} // namespace

TEST_CASE("listener: several workers take connections on one port")
{
    telemetry::shard figures[2];
    auto settings = std::make_shared<listener_settings>();
    settings->name = "both";
    settings->admission = std::make_shared<admission>();
    settings->answers = test_answers();
    auto sockets = transport::listening_sockets::open("127.0.0.1:0", 2);
    REQUIRE(sockets.has_value());
    worker::options first, second;
    first.figures = &figures[0];
    second.figures = &figures[1];
    worker one{first}, two{second};
    one.listen(sockets->release(0), settings);
    two.listen(sockets->release(1), settings);
    one.start();
    two.start();
    std::vector<client> clients;
    for (int i = 0; i < 40; ++i) {
        clients.emplace_back(sockets->port());
        CHECK(body_of(clients.back().ask(request)) == "hello /a");
    }
    auto const a = figures[0].listeners[0].accepted.value(), b = figures[1].listeners[0].accepted.value();
    CHECK(a + b == 40);
    CHECK(a > 0);
    CHECK(b > 0);
    CHECK(settings->admission->open() == 40);
    one.stop();
    two.stop();
    one.join();
    two.join();
    CHECK(settings->admission->open() == 0);
    CHECK(figures[0].listeners[0].open.value() == 0);
}

TEST_CASE("listener: limits turn clients away and let them in again")
{
    client_limits limits;
    limits.connections_per_client = 2;
    server host{{.tls = nullptr, .limits = limits}};
    client a{host.port()};
    a.ask(request);
    {
        client b{host.port()};
        CHECK(body_of(b.ask(request)) == "hello /a");
        client c{host.port()};
        CHECK(c.receive().empty());
        CHECK(c.at_end());
        CHECK(host.figures().connections_refused[telemetry::refused_because::client_limit].value() == 1);
    }
    while (host.open() != 1) std::this_thread::yield();
    client d{host.port()};
    CHECK(body_of(d.ask(request)) == "hello /a");
}

TEST_CASE("listener: where there is no place left, those that nothing is running on make room")
{
    auto const silent = [](client&) {};
    auto const idle = [](client& c) { c.ask(request); };
    auto const half_a_head = [](client& c) { c.send("GET /a HT"); };
    auto const busy = [](client& c) { c.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n"); };
    using deed = std::function<void(client&)>;
    using telemetry::given_up;
    struct
    {
        char const* what;
        std::vector<deed> held; // in that order, three places in all
        int goes;               // whose connection ends; -1: the newcomer is refused
        std::optional<given_up> counted;
    } const cases[] = {
        {"the silent one", {busy, silent, idle}, 1, given_up::silent},
        {"the one silent the longest", {silent, silent, busy}, 0, given_up::silent},
        {"the idle one", {busy, half_a_head, idle}, 2, given_up::idle},
        {"all are busy", {busy, busy, busy}, -1, {}},
        {"sibling: the one idle the longest", {idle, busy, idle}, 0, given_up::idle},
        {"sibling: half a head is busy", {half_a_head, half_a_head, busy}, -1, {}},
    };
    for (auto const& c : cases)
        for (auto const asleep : {false, true}) {
            CAPTURE(c.what);
            CAPTURE(asleep);
            client_limits limits;
            limits.connections = 3;
            server host{{.tls = nullptr, .limits = limits}};
            std::vector<client> held;
            for (auto const& each : c.held) {
                held.emplace_back(host.port());
                each(held.back());
                while (host.open() != held.size()) std::this_thread::yield();
                host.advance(milliseconds{500}); // an idle one is at rest
            }
            if (asleep) host.advance(milliseconds{1500});
            client newcomer{host.port()};
            auto const reply = newcomer.ask(request);
            CHECK(reply.starts_with(c.goes < 0 ? "HTTP/1.1 503 Service Unavailable\r\n" : "HTTP/1.1 200"));
            if (c.goes < 0) {
                CHECK(reply.find("Retry-After: ") != reply.npos);
                CHECK(reply.find("overloaded") != reply.npos);
                CHECK(newcomer.receive().empty());
                CHECK_FALSE(newcomer.was_reset());
            }
            for (int i = 0; i < static_cast<int>(held.size()); ++i)
                CHECK(held[static_cast<std::size_t>(i)].readable() == (i == c.goes));
            if (c.counted) CHECK(host.figures().clients_given_up[*c.counted].value() == 1);
        }
}

TEST_CASE("listener: sibling: nobody makes room for a client that has enough")
{
    client_limits limits;
    limits.connections = limits.connections_per_client = 2;
    server host{{.tls = nullptr, .limits = limits}};
    client first{host.port()}, second{host.port()};
    first.ask(request);
    second.ask(request);
    host.advance(milliseconds{1500});
    client third{host.port()};
    CHECK(third.receive().empty());
    CHECK(third.at_end());
    CHECK(host.figures().connections_refused[telemetry::refused_because::client_limit].value() == 1);
    CHECK(body_of(first.ask(request)) == "hello /a");
    CHECK(body_of(second.ask(request)) == "hello /a");
}

TEST_CASE("listener: a newcomer that cannot be told without a handshake is closed")
{
    certificate const leaf{"one.example"};
    client_limits limits;
    limits.connections = 1;
    server host{{.tls = tls_for({&leaf}), .limits = limits}};
    client busy{host.port()};
    REQUIRE(busy.encrypt({}));
    busy.send("GET /wait HTTP/1.1\r\nHost: one.example\r\n\r\n");
    host.open();
    host.advance(milliseconds{500});
    client newcomer{host.port()};
    CHECK(newcomer.receive().empty());
    CHECK(newcomer.at_end());
}

TEST_CASE("listener: without descriptors it turns clients away and recovers")
{
    server host{{.tls = nullptr, .limits = {}}};
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    auto const lowest = ::dup(0);
    {
        client c{host.port()};
        c.ask(request);
        client late{host.port()};
        late.ask(request);
        // From here on nobody gets a descriptor; the client's own was taken before.
        auto const waiting = ::socket(AF_INET, SOCK_STREAM, 0);
        rlimit const none{static_cast<rlim_t>(lowest), before.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &none);
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(host.port());
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        REQUIRE(::connect(waiting, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
        while (host.figures().connections_refused[telemetry::refused_because::limit].value() == 0) std::this_thread::yield();
        CHECK(body_of(c.ask(request)) == "hello /a");
        ::setrlimit(RLIMIT_NOFILE, &before);
        ::close(waiting);
    }
    ::close(lowest);
    host.advance(milliseconds{1000});
    client after{host.port()};
    CHECK(body_of(after.ask(request)) == "hello /a");
}

TEST_CASE("listener: accepted sockets send at once and notice dead peers")
{
    auto sockets = transport::listening_sockets::open("127.0.0.1:0", 1);
    auto const fd = sockets->release(0);
    client c{sockets->port()};
    int taken = -1;
    while (taken < 0) taken = ::accept(fd, nullptr, nullptr);
    int value = 0;
    socklen_t size = sizeof value;
    ::getsockopt(taken, IPPROTO_TCP, TCP_NODELAY, &value, &size);
    CHECK(value == 1);
    ::getsockopt(taken, SOL_SOCKET, SO_KEEPALIVE, &value, &size);
    CHECK(value == 1);
    ::close(taken);
    ::close(fd);
}

TEST_CASE("admission: IPv4 counts by address, IPv6 by its upper half")
{
    admission door;
    client_limits limits;
    limits.connections_per_client = 1;
    limits.connections = 3;
    using enum admission::verdict;
    auto const from = [](char const* text) { return *parse_ip(text); };
    CHECK(door.admit(from("2001:db8:0:1::1"), limits) == admitted);
    CHECK(door.admit(from("2001:db8:0:1:ffff::2"), limits) == too_many_of_this_client);
    CHECK(door.admit(from("2001:db8:0:2::1"), limits) == admitted);
    CHECK(door.admit(from("10.0.0.1"), limits) == admitted);
    CHECK(door.admit(from("10.0.0.2"), limits) == too_many);
    CHECK(door.open() == 3);
    door.release(from("2001:db8:0:1::1"));
    CHECK(door.admit(from("10.0.0.1"), limits) == too_many_of_this_client);
    CHECK(door.admit(from("10.0.0.2"), limits) == admitted);
    CHECK(door.open() == 3);
}
