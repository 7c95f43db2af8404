#include "tests/unit/net/loopback.hpp"

#include <doctest/doctest.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <string>
#include <thread>
#include <vector>

using namespace yett;
using namespace yett::net;
using namespace yett::net::testing;
using namespace std::string_literals;
using telemetry::refused_because;

// A connection that a proxy brings: whose it is, what that changes, and how it ends when the proxy
// does not say so. What a header may look like is tested beside its reader.

namespace {

std::string const request = "GET /peer HTTP/1.1\r\nHost: one.example\r\n\r\n";
std::string const v1 = "PROXY TCP4 192.0.2.7 198.51.100.1 51234 443\r\n";
std::string const v2 = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x07\xc6\x33\x64\x01\xc8\x22\x01\xbb"s;
std::string const v2_of_v6 = "\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x24\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07"s +
                             std::string(16, '\x01') + "\xc8\x22\x01\xbb"s;
std::string const local = "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"s;

std::vector<ip_prefix> const loopback{*parse_ip_prefix("127.0.0.0/8")};

struct proxied
{
    explicit proxied(bool tls = false, client_limits const& limits = {}, std::vector<ip_prefix> const& by = loopback)
        : host{server::options{.tls = tls ? tls_for({&leaf}) : nullptr, .limits = limits, .proxies = by, .admission = door}}
    {
    }

    std::uint64_t refused(refused_because why) const { return host.figures().connections_refused[why].value(); }
    std::uint64_t refused() const { return refused(refused_because::proxy_protocol) + refused(refused_because::client_limit); }
    void wait_for(std::size_t open)
    {
        while (host.open() != open) std::this_thread::yield();
    }
    // Whose a connection is that begins with this header.
    std::string peer_behind(std::string const& header)
    {
        client c{host.port()};
        c.send(header + request);
        return body_of(c.ask(""));
    }
    // Whether one that begins so ends without a word.
    bool ends(std::string const& begin)
    {
        client c{host.port()};
        c.send(begin);
        auto const silent = c.receive().empty();
        return silent && c.at_end();
    }

    certificate leaf{"one.example"};
    std::shared_ptr<admission> door = std::make_shared<admission>();
    server host;
};

// Header and hello leave in one segment.
void cork(client& c)
{
    int const on = 1;
    ::setsockopt(c.descriptor(), IPPROTO_TCP, TCP_CORK, &on, sizeof on);
}

} // namespace

TEST_CASE("proxied: the connection is whose the header says")
{
    proxied p;
    CHECK(p.peer_behind(v1) == "192.0.2.7||");
    CHECK(p.peer_behind(v2) == "192.0.2.7||");
    CHECK(p.peer_behind(v2_of_v6) == "2001:db8::7||");
    CHECK(p.peer_behind("PROXY TCP6 ::ffff:192.0.2.8 ::1 1 2\r\n") == "192.0.2.8||");
    CHECK(p.refused() == 0);
}

TEST_CASE("proxied: health checks, and clients that the proxy cannot name, are the proxy's own")
{
    proxied p;
    CHECK(p.peer_behind(local) == "127.0.0.1||");
    CHECK(p.peer_behind("PROXY UNKNOWN\r\n") == "127.0.0.1||");
    CHECK(p.refused() == 0);
}

TEST_CASE("proxied: a header may come in pieces, and with what follows")
{
    proxied p;
    for (auto const& header : {v1, v2}) {
        client c{p.host.port()};
        for (auto const byte : header + request) {
            c.send({&byte, 1});
            p.host.open(); // a turn of the loop
        }
        CHECK(body_of(c.ask("")) == "192.0.2.7||");
        CHECK(body_of(c.ask(request)) == "192.0.2.7||"); // and so does what is asked later
    }
}

TEST_CASE("proxied: the header stands before TLS")
{
    proxied p{true};
    for (auto const at_once : {false, true}) {
        client c{p.host.port()};
        if (at_once) cork(c);
        c.send(v2);
        REQUIRE(c.encrypt({}));
        CHECK(body_of(c.ask(request)) == "192.0.2.7|TLSv1.3|one.example");
    }
    CHECK(p.refused() == 0);
    CHECK(p.host.figures().tls_handshakes[telemetry::tls_version::tls13][telemetry::handshake::full].value() == 2);
}

TEST_CASE("proxied: a client that does not speak TLS where it should is told so behind the header, too")
{
    proxied p{true};
    for (auto const at_once : {false, true}) {
        client c{p.host.port()};
        c.send(at_once ? v1 + request : v1);
        if (!at_once) p.wait_for(1);
        auto const reply = c.ask(at_once ? "" : request);
        CHECK(reply.starts_with("HTTP/1.1 308"));
        CHECK(body_of(reply) == "https://one.example:4443/peer");
    }
}

TEST_CASE("proxied: who is none of the proxies is closed unheard, whatever it says")
{
    proxied p{false, {}, {*parse_ip_prefix("192.0.2.0/24"), *parse_ip_prefix("::1")}};
    for (auto const& begin : {v1 + request, request, ""s}) CHECK(p.ends(begin));
    CHECK(p.refused(refused_because::proxy_protocol) == 3);
    CHECK(p.refused() == 3);
    CHECK(p.host.figures().listeners[0].accepted.value() == 0);
    CHECK(p.door->open() == 0);
    proxied nobody{false, {}, {}};
    CHECK(nobody.ends(v1 + request));
}

TEST_CASE("proxied: a connection without a header, or with a bad one, is closed and counted")
{
    proxied p;
    for (auto const& begin :
         {request, "PROXY TCP4 192.0.2.7\r\n"s + request, v2.substr(0, 12) + "\x31\x11\0\0"s, v1.substr(0, 40) + "\n"})
        CHECK(p.ends(begin));
    CHECK(p.refused(refused_because::proxy_protocol) == 4);
    p.wait_for(0);
    CHECK(p.door->open() == 0);
}

TEST_CASE("proxied: leaving without a word is a health check, leaving within the header is not")
{
    proxied p;
    for (auto const& begin : {""s, v1.substr(0, 9)}) {
        client c{p.host.port()};
        c.send(begin);
        p.wait_for(1);
        c.finish_sending();
        p.wait_for(0);
    }
    CHECK(p.refused(refused_because::proxy_protocol) == 1);
    CHECK(p.refused() == 1);
}

TEST_CASE("proxied: a header has as long as a handshake")
{
    for (auto const tls : {false, true})
        for (auto const& begin : {""s, v2.substr(0, 20)}) {
            client_limits limits;
            limits.handshake_timeout = milliseconds{5000};
            proxied p{tls, limits};
            client c{p.host.port()};
            c.send(begin);
            p.wait_for(1);
            p.host.advance(milliseconds{4500});
            CHECK(p.host.open() == 1);
            p.host.advance(milliseconds{1000});
            p.wait_for(0);
            CHECK(c.receive().empty());
            CHECK(p.refused(refused_because::proxy_protocol) == 1);
        }
}

TEST_CASE("proxied: connections are counted for the client, and not for the proxy")
{
    client_limits limits;
    limits.connections_per_client = 2;
    proxied p{false, limits};
    std::vector<client> held;
    for (auto const* who : {"192.0.2.7", "192.0.2.8", "192.0.2.9"})
        for (int i = 0; i < 2; ++i) {
            held.emplace_back(p.host.port());
            held.back().send("PROXY TCP4 "s + who + " 198.51.100.1 1 443\r\n" + request);
            CHECK(body_of(held.back().ask("")) == who + "||"s);
        }
    CHECK(p.ends(v1 + request));
    CHECK(p.refused(refused_because::client_limit) == 1);
    CHECK(p.peer_behind("PROXY TCP4 192.0.2.10 198.51.100.1 1 443\r\n") == "192.0.2.10||");
    p.wait_for(6);
    CHECK(p.door->open() == 6);
    held.erase(held.begin()); // one of 192.0.2.7
    p.wait_for(5);
    CHECK(p.peer_behind(v1) == "192.0.2.7||");
    held.clear();
    p.wait_for(0);
    CHECK(p.door->open() == 0);
}

TEST_CASE("proxied: all of them together have the usual bound, and who has said nothing makes room")
{
    client_limits limits;
    limits.connections = 2;
    proxied p{false, limits};
    client busy{p.host.port()};
    busy.send(v1 + "GET /wait HTTP/1.1\r\nHost: one.example\r\n\r\n");
    p.wait_for(1);
    client silent{p.host.port()};
    p.wait_for(2);
    CHECK(p.peer_behind(v2) == "192.0.2.7||");
    CHECK(silent.receive().empty());
    CHECK(silent.at_end());
    CHECK(p.refused() == 0); // nothing was wrong with it
    CHECK(p.host.figures().clients_given_up[telemetry::given_up::silent].value() == 1);
}
