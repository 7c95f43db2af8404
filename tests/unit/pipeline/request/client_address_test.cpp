#include "gateway/pipeline/request/client_address.hpp"

#include "tests/unit/pipeline/request/head_of.hpp"

using namespace yett;
using pipeline::address_of;
using pipeline::forwarding_family;
using tests::read_head;

namespace {

struct answer : pipeline::client
{
    std::string host; // outlives the head
};

answer ask(char const* peer_address, std::string const& fields, std::vector<ip_prefix> const& trusted,
           forwarding_family believed = forwarding_family::x_forwarded, bool tls = false)
{
    http::peer peer;
    peer.ip = *parse_ip(peer_address);
    peer.address = peer_address;
    peer.tls = tls;
    read_head const head{fields};
    auto const found = address_of(peer, *head, trusted, believed);
    return {found, std::string{found.host}};
}

std::vector<ip_prefix> const proxies{*parse_ip_prefix("10.0.0.0/8"), *parse_ip_prefix("fd00::/8")};

} // namespace

TEST_CASE("client_address: with nobody trusted the peer is the client, whatever it claims")
{
    for (auto const* claim : {"X-Forwarded-For: 192.0.2.1\r\n", "X-Real-IP: 192.0.2.1\r\n", "Forwarded: for=192.0.2.1\r\n"}) {
        auto const who = ask("10.0.0.1", claim, {});
        CHECK(who.text == "10.0.0.1");
        CHECK(!who.behind_proxy);
    }
}

TEST_CASE("client_address: a peer that is not trusted is the client")
{
    auto const who = ask("198.51.100.7", "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n", proxies);
    CHECK(who.text == "198.51.100.7");
    CHECK(!who.behind_proxy);
    CHECK(!who.https);
}

TEST_CASE("client_address: behind trusted proxies the first stranger from the right is the client")
{
    struct
    {
        char const *peer, *fields, *client;
    } const cases[] = {
        {"10.0.0.1", "X-Forwarded-For: 192.0.2.1\r\n", "192.0.2.1"},
        {"10.0.0.1", "X-Forwarded-For: 203.0.113.9, 192.0.2.1\r\n", "192.0.2.1"},
        {"10.0.0.1", "X-Forwarded-For: 192.0.2.1, 10.1.1.1\r\n", "192.0.2.1"},
        {"10.0.0.1", "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 10.1.1.1\r\n", "192.0.2.1"},
        {"10.0.0.1", "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-For: 192.0.2.1\r\n", "192.0.2.1"},
        {"::ffff:10.0.0.1", "X-Forwarded-For: 2001:db8::1\r\n", "2001:db8::1"},
        {"fd00::1", "X-Forwarded-For: 192.0.2.1\r\n", "192.0.2.1"},
        {"10.0.0.1", "", "10.0.0.1"},
        {"10.0.0.1", "X-Forwarded-For: 10.2.2.2, 10.1.1.1\r\n", "10.2.2.2"},
    };
    for (auto const& each : cases) {
        auto const who = ask(each.peer, each.fields, proxies);
        CHECK_MESSAGE(who.text == each.client, each.fields);
        CHECK(who.behind_proxy);
    }
}

TEST_CASE("client_address: an address counts however the proxy spells it")
{
    for (auto const* fields : {"X-Forwarded-For: 6.6.6.6:4000\r\n", "X-Forwarded-For: \"6.6.6.6\"\r\n",
                               "X-Forwarded-For: 6.6.6.6,\r\n", "X-Forwarded-For: \"6.6.6.6:80\", 10.1.1.1:443\r\n",
                               "X-Forwarded-For: , 6.6.6.6 ,,\r\n", "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For:\r\n",
                               // A quote that a client leaves open hides nothing that a proxy adds.
                               "X-Forwarded-For: \"7.7.7.7, 6.6.6.6\r\n"}) {
        auto const who = ask("10.0.0.1", fields, proxies);
        CHECK_MESSAGE(who.text == "6.6.6.6", fields);
        CHECK(!who.unreadable);
    }
    for (auto const* fields : {"X-Forwarded-For: [2001:db8::1]\r\n", "X-Forwarded-For: [2001:db8::1]:443\r\n",
                               "X-Forwarded-For: \"[2001:db8::1]:443\", [fd00::7]:1\r\n"})
        CHECK_MESSAGE(ask("fd00::1", fields, proxies).text == "2001:db8::1", fields);
}

TEST_CASE("client_address: an element that is no address ends the walk at the last trusted hop and is counted")
{
    struct
    {
        char const *fields, *client;
    } const cases[] = {
        {"X-Forwarded-For: 192.0.2.1, unknown\r\n", "10.0.0.1"},
        {"X-Forwarded-For: 192.0.2.1, junk, 10.1.1.1\r\n", "10.1.1.1"},
        {"X-Forwarded-For: 192.0.2.1, _hidden, 10.2.2.2, 10.1.1.1\r\n", "10.2.2.2"},
        {"X-Forwarded-For: 192.0.2.1, 10.0.0.999\r\n", "10.0.0.1"},
        {"X-Forwarded-For: unix:\r\n", "10.0.0.1"},
    };
    for (auto const& each : cases) {
        auto const who = ask("10.0.0.1", each.fields, proxies);
        CHECK_MESSAGE(who.text == each.client, each.fields);
        CHECK(who.unreadable);
    }
    // What stands left of the client was written by strangers and is nobody's fault here.
    CHECK(!ask("10.0.0.1", "X-Forwarded-For: junk, 192.0.2.1\r\n", proxies).unreadable);
    CHECK(!ask("198.51.100.7", "X-Forwarded-For: junk\r\n", proxies).unreadable);
}

TEST_CASE("client_address: Forwarded is read as X-Forwarded-For is, where it is the one to be believed")
{
    struct
    {
        char const *fields, *client;
        bool https, unreadable;
    } const cases[] = {
        {"Forwarded: for=\"[2001:db8::1]:1\";proto=https\r\n", "2001:db8::1", true, false},
        {"Forwarded: for=192.0.2.1;proto=wss, for=10.1.1.1;proto=http\r\n", "192.0.2.1", true, false},
        {"Forwarded: for=192.0.2.1;proto=http\r\nForwarded: for=10.1.1.1;proto=https\r\n", "192.0.2.1", false, false},
        {"Forwarded: for=203.0.113.9;proto=https, for=192.0.2.1;proto=http\r\n", "192.0.2.1", false, false},
        // The hop that named the client says nothing of the protocol, the one behind it does.
        {"Forwarded: for=192.0.2.1, for=10.1.1.1;proto=HTTPS\r\n", "192.0.2.1", true, false},
        {"Forwarded: for=203.0.113.9;proto=https, for=192.0.2.1\r\n", "192.0.2.1", false, false},
        {"Forwarded: for=_hidden;proto=https\r\n", "10.0.0.1", true, true},
        {"Forwarded: for=192.0.2.1, for=unknown, for=10.1.1.1\r\n", "10.1.1.1", false, true},
        {"Forwarded: proto=https\r\n", "10.0.0.1", true, true},
        {"Forwarded: for=192.0.2.1, for=\"\r\n", "10.0.0.1", false, true},
        {"Forwarded: for=\"\r\nForwarded: for=192.0.2.1\r\n", "192.0.2.1", false, false},
        {"Forwarded: for=\"\r\nForwarded: for=10.1.1.1\r\n", "10.1.1.1", false, true},
        {"Forwarded: for=192.0.2.1;ext=\", for=6.6.6.6;proto=https\"\r\n", "192.0.2.1", false, false},
        {"X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n", "10.0.0.1", false, false},
        {"", "10.0.0.1", false, false},
    };
    for (auto const& each : cases) {
        auto const who = ask("10.0.0.1", each.fields, proxies, forwarding_family::forwarded);
        CHECK_MESSAGE(who.text == each.client, each.fields);
        CHECK_MESSAGE(who.https == each.https, each.fields);
        CHECK_MESSAGE(who.unreadable == each.unreadable, each.fields);
    }
    CHECK(ask("10.0.0.1", "Forwarded: for=192.0.2.1;proto=https\r\n", proxies).text == "10.0.0.1");
    CHECK(ask("198.51.100.7", "Forwarded: for=192.0.2.1\r\n", proxies, forwarding_family::forwarded).text == "198.51.100.7");
}

TEST_CASE("client_address: a trusted proxy says how the client came")
{
    for (auto const* proto : {"https", "HTTPS", "Https", "wss", "WSS", "https, https", "https,", "\thttps "})
        CHECK_MESSAGE(ask("10.0.0.1", "X-Forwarded-Proto: " + std::string{proto} + "\r\n", proxies).https, proto);
    for (auto const* proto : {"http", "HTTP", "ws", "https, http", "httpss", "on", "443", "\"https\""})
        CHECK_MESSAGE(!ask("10.0.0.1", "X-Forwarded-Proto: " + std::string{proto} + "\r\n", proxies).https, proto);
    CHECK(ask("10.0.0.1", "X-Forwarded-Proto: http\r\nX-Forwarded-Proto: https\r\n", proxies).https);
    CHECK(!ask("10.0.0.1", "X-Forwarded-Proto: https\r\nX-Forwarded-Proto: http\r\n", proxies).https);
}

TEST_CASE("client_address: the protocol is read where the client is named, else at the right end")
{
    struct
    {
        char const *fields, *client;
        bool https;
    } const cases[] = {
        {"X-Forwarded-For: 192.0.2.1, 10.1.1.1\r\nX-Forwarded-Proto: https, http\r\n", "192.0.2.1", true},
        {"X-Forwarded-For: 192.0.2.1, 10.1.1.1\r\nX-Forwarded-Proto: http, https\r\n", "192.0.2.1", false},
        {"X-Forwarded-For: 203.0.113.9, 192.0.2.1, 10.1.1.1\r\nX-Forwarded-Proto: http, https, http\r\n", "192.0.2.1", true},
        {"X-Forwarded-For: 203.0.113.9, 192.0.2.1\r\nX-Forwarded-Proto: https, http\r\n", "192.0.2.1", false},
        // Two fields of each are one list each.
        {"X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-For: 10.1.1.1\r\nX-Forwarded-Proto: http\r\n",
         "192.0.2.1", true},
        // Lists of another length.
        {"X-Forwarded-For: 192.0.2.1, 10.1.1.1\r\nX-Forwarded-Proto: https\r\n", "192.0.2.1", true},
        {"X-Forwarded-For: 192.0.2.1, 10.1.1.1\r\nX-Forwarded-Proto: https, https, http\r\n", "192.0.2.1", false},
        {"X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: http, https\r\n", "192.0.2.1", true},
        // The walk ended before the left end.
        {"X-Forwarded-For: 192.0.2.1, junk, 10.1.1.1\r\nX-Forwarded-Proto: http, http, https\r\n", "10.1.1.1", true},
        {"X-Forwarded-For: 10.2.2.2, 10.1.1.1\r\nX-Forwarded-Proto: https, http\r\n", "10.2.2.2", true},
    };
    for (auto const& each : cases) {
        auto const who = ask("10.0.0.1", each.fields, proxies);
        CHECK_MESSAGE(who.text == each.client, each.fields);
        CHECK_MESSAGE(who.https == each.https, each.fields);
    }
}

TEST_CASE("client_address: where nothing is said of the protocol it is how the peer came")
{
    for (auto const* fields : {"", "X-Forwarded-Proto:\r\n", "X-Forwarded-Proto: ,\r\n", "X-Forwarded-For: 192.0.2.1\r\n"}) {
        CHECK_MESSAGE(!ask("10.0.0.1", fields, proxies).https, fields);
        CHECK_MESSAGE(ask("10.0.0.1", fields, proxies, forwarding_family::x_forwarded, true).https, fields);
    }
    CHECK(!ask("10.0.0.1", "X-Forwarded-Proto: http\r\n", proxies, forwarding_family::x_forwarded, true).https);
}

TEST_CASE("client_address: a trusted proxy says which host was asked, and strangers do not")
{
    CHECK(ask("10.0.0.1", "X-Forwarded-Host: app.test:8443\r\n", proxies).host == "app.test:8443");
    CHECK(ask("10.0.0.1", "X-Forwarded-For: 192.0.2.1, 10.1.1.1\r\nX-Forwarded-Host: app.test, inner.test\r\n", proxies).host ==
          "app.test");
    CHECK(ask("10.0.0.1", "Forwarded: for=192.0.2.1;host=\"app.test:8443\"\r\n", proxies, forwarding_family::forwarded).host ==
          "app.test:8443");
    CHECK(ask("10.0.0.1", "X-Forwarded-Host: a b\r\n", proxies).host.empty());
    CHECK(ask("198.51.100.7", "X-Forwarded-Host: app.test\r\n", proxies).host.empty());
}

TEST_CASE("client_address: whoever speaks like a proxy from a private address and is not trusted is noticed")
{
    std::string const claim = "X-Forwarded-For: 192.0.2.1\r\n";
    for (auto const* peer : {"192.168.1.1", "127.0.0.1", "172.17.0.1", "::1", "fe80::1"})
        CHECK_MESSAGE(ask(peer, claim, proxies).unlisted, peer);
    CHECK(ask("10.0.0.1", claim, {}).unlisted);
    CHECK(!ask("10.0.0.1", claim, proxies).unlisted);
    CHECK(!ask("198.51.100.7", claim, proxies).unlisted);
    CHECK(!ask("2001:db8::1", claim, proxies).unlisted);
    CHECK(!ask("192.168.1.1", "", proxies).unlisted);
    CHECK(!ask("192.168.1.1", "X-Forwarded-Proto: https\r\n", proxies).unlisted);
    CHECK(!ask("192.168.1.1", claim, proxies, forwarding_family::forwarded).unlisted);
    CHECK(ask("192.168.1.1", "Forwarded: for=192.0.2.1\r\n", proxies, forwarding_family::forwarded).unlisted);
}

TEST_CASE("client_address: the proxies between the client and the peer are kept for those behind")
{
    auto const none = ask("10.0.0.1", "", proxies);
    CHECK(!none.named);
    CHECK(none.hops.empty());
    auto const one = ask("10.0.0.1", "X-Forwarded-For: 203.0.113.9, 192.0.2.1:80\r\n", proxies);
    CHECK(one.named);
    CHECK(one.hops.empty());
    CHECK(ask("10.0.0.1", "X-Forwarded-For: 192.0.2.1, 10.2.2.2, [fd00::7]:1, 10.1.1.1\r\n", proxies).hops ==
          ", 10.2.2.2, fd00::7, 10.1.1.1");
    auto const broken = ask("10.0.0.1", "X-Forwarded-For: 192.0.2.1, junk, 10.2.2.2, 10.1.1.1\r\n", proxies);
    CHECK(broken.text == "10.2.2.2");
    CHECK(broken.hops == ", 10.1.1.1");
    auto const rfc =
        ask("10.0.0.1", "Forwarded: for=192.0.2.1, for=10.2.2.2, for=10.1.1.1\r\n", proxies, forwarding_family::forwarded);
    CHECK(rfc.hops == ", 10.2.2.2, 10.1.1.1");
    CHECK(!ask("198.51.100.7", "X-Forwarded-For: 192.0.2.1\r\n", proxies).named);
}

TEST_CASE("client_address: the proxies between the client and the peer are told in their order")
{
    struct
    {
        char const* fields;
        bool named;
        char const* hops;
    } const cases[] = {
        {"", false, ""},
        {"X-Forwarded-For: 192.0.2.1\r\n", true, ""},
        {"X-Forwarded-For: 192.0.2.1, 10.1.1.1\r\n", true, ", 10.1.1.1"},
        {"X-Forwarded-For: 6.6.6.6, 192.0.2.1, fd00::2, 10.1.1.1\r\n", true, ", fd00::2, 10.1.1.1"},
        {"X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 10.1.1.1\r\n", true, ", 10.1.1.1"},
        {"X-Forwarded-For: unknown\r\n", false, ""},
        {"X-Forwarded-For: unknown, 10.1.1.1\r\n", true, ""},
    };
    for (auto const& each : cases) {
        auto const who = ask("10.0.0.1", each.fields, proxies);
        CAPTURE(each.fields);
        CHECK(who.named == each.named);
        CHECK(who.hops == each.hops);
    }
    auto const stranger = ask("198.51.100.7", "X-Forwarded-For: 192.0.2.1, 10.1.1.1\r\n", proxies);
    CHECK(!stranger.named);
    CHECK(stranger.hops.empty());
}

TEST_CASE("client_address: the certificate of a connection is the client's, and a proxy's is nobody's")
{
    auto const shown = std::make_shared<client_certificate const>();
    auto const knows = [&](char const* peer_address, std::string const& fields, std::vector<ip_prefix> const& trusted,
                           forwarding_family believed = forwarding_family::x_forwarded) {
        http::peer peer;
        peer.ip = *parse_ip(peer_address);
        peer.address = peer_address;
        peer.certificate = shown;
        read_head const head{fields};
        return address_of(peer, *head, trusted, believed).certificate == shown.get();
    };
    CHECK(knows("198.51.100.7", "", {}));
    CHECK(knows("198.51.100.7", "X-Forwarded-For: 192.0.2.1\r\n", proxies));
    // One of the addresses of proxies that speaks for itself.
    CHECK(knows("10.0.0.1", "", proxies));
    CHECK_FALSE(knows("10.0.0.1", "X-Forwarded-For: 192.0.2.1\r\n", proxies));
    CHECK_FALSE(knows("10.0.0.1", "X-Forwarded-For: 10.0.0.2\r\n", proxies));
    CHECK_FALSE(knows("10.0.0.1", "X-Forwarded-For: somebody\r\n", proxies));
    CHECK_FALSE(knows("10.0.0.1", "Forwarded: for=192.0.2.1\r\n", proxies, forwarding_family::forwarded));
    CHECK_FALSE(knows("10.0.0.1", "Forwarded: for=\"\r\n", proxies, forwarding_family::forwarded));
}
