#include "gateway/pipeline/client_address.hpp"

#include "tests/unit/pipeline/head_of.hpp"

using namespace yett;
using pipeline::address_of;
using tests::read_head;

namespace {

pipeline::client ask(char const* peer_address, std::string const& fields, std::vector<ip_prefix> const& trusted)
{
    http::peer peer;
    peer.address = peer_address;
    read_head const head{fields};
    return address_of(peer, *head, trusted);
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

TEST_CASE("client_address: a malformed entry ends the walk at the hop that wrote it")
{
    CHECK(ask("10.0.0.1", "X-Forwarded-For: 192.0.2.1, unknown\r\n", proxies).text == "10.0.0.1");
    CHECK(ask("10.0.0.1", "X-Forwarded-For: 192.0.2.1, junk, 10.1.1.1\r\n", proxies).text == "10.1.1.1");
    CHECK(ask("10.0.0.1", "X-Forwarded-For: 192.0.2.1:80\r\n", proxies).text == "10.0.0.1");
    CHECK(ask("10.0.0.1", "X-Forwarded-For: 192.0.2.1,\r\n", proxies).text == "10.0.0.1");
}

TEST_CASE("client_address: a trusted proxy says how the client came")
{
    CHECK(ask("10.0.0.1", "X-Forwarded-Proto: https\r\n", proxies).https);
    CHECK(!ask("10.0.0.1", "X-Forwarded-Proto: http\r\n", proxies).https);
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
