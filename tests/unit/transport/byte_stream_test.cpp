#include "gateway/transport/plain_stream.hpp"
#include "gateway/transport/tls_stream.hpp"
#include "tests/support/certificate.hpp"
#include "tests/unit/transport/ends.hpp"

#include <boost/asio/write.hpp>
#include <doctest/doctest.h>

#include <unistd.h>

#include <array>

using namespace yett;
using namespace yett::transport;
using namespace yett::transport::testing;

namespace asio = boost::asio;

namespace {

tests::certificate const& shop()
{
    static tests::certificate const made{"shop.example"};
    return made;
}

std::shared_ptr<tls_context> serving(std::vector<std::string> protocols = {"http/1.1"}, tests::certificate const& by = shop())
{
    tls_options options;
    options.certificates = {by.files()};
    options.protocols = std::move(protocols);
    auto made = tls_context::make(options, std::make_shared<ticket_keys>());
    REQUIRE(made.has_value());
    return *made;
}

// Believes the shop's own certificate, unless another is named.
std::shared_ptr<tls_client_context> calling(tls_client_options options = {})
{
    if (options.ca_file.empty()) options.ca_file = shop().files().chain_file;
    auto made = tls_client_context::make(options);
    REQUIRE(made.has_value());
    return *made;
}

// A connection with a stream of ours at both ends: who came to us, and whom we called.
struct both
{
    loop on;
    buffer_pool small{4096}, large{32768};
    std::unique_ptr<byte_stream> server; // what the client that came is spoken to with
    std::unique_ptr<byte_stream> client; // what the server that was called is spoken to with

    void in_clear()
    {
        auto [came, called] = on.connected();
        server = std::make_unique<plain_stream>(std::move(came), origin::client, small, large);
        client = std::make_unique<plain_stream>(std::move(called), origin::upstream, small, large);
    }

    struct shaken
    {
        result<void> server, client;
    };
    shaken with_tls(std::shared_ptr<tls_context> here, std::shared_ptr<tls_client_context> there,
                    std::string const& name = "shop.example")
    {
        auto [came, called] = on.connected();
        auto a = std::make_unique<tls_stream>(std::move(came), small, large, std::move(here));
        auto b = std::make_unique<tls_stream>(std::move(called), small, large, std::move(there), name);
        auto const first = on.start(hands_of(*a));
        auto const second = on.start(hands_of(*b));
        auto client_shaken = on.finish(second);
        auto server_shaken = on.finish(first);
        server = std::move(a);
        client = std::move(b);
        return {std::move(server_shaken), std::move(client_shaken)};
    }
    // One that fails says goodbye to the other, who waits for it.
    static task<result<void>> hands_of(tls_stream& of)
    {
        auto shaken = co_await of.handshake();
        if (!shaken) of.socket().close();
        co_return shaken;
    }

    // Reads until so much has come, or the end.
    static task<result<std::string>> read(byte_stream& from, std::size_t bytes)
    {
        std::string text(bytes, '\0');
        std::size_t have = 0;
        while (have < bytes) {
            auto const got = from.read_now(std::span{text}.subspan(have));
            if (!got) co_return got.error();
            have += *got;
            if (*got != 0) continue;
            auto const filled = co_await from.socket().fill();
            if (!filled) co_return filled.error();
        }
        co_return text;
    }
    std::string heard(byte_stream& by, std::size_t bytes) { return *on.run(read(by, bytes)); }
    error end_heard(byte_stream& by) { return on.run(read(by, 1)).error(); }

    tls_stream& tls_server() { return static_cast<tls_stream&>(*server); }
    tls_stream& tls_client() { return static_cast<tls_stream&>(*client); }
};

// Each case holds in clear and with TLS, for the end that is a server and the one that is a client.
template<bool tls, bool server>
struct end_of : both
{
    end_of()
    {
        if (tls) {
            auto const hands = with_tls(serving(), calling());
            REQUIRE(hands.server.has_value());
            REQUIRE(hands.client.has_value());
        } else {
            in_clear();
        }
    }
    byte_stream& one() { return server ? *this->both::server : *this->both::client; }
    byte_stream& other() { return server ? *this->both::client : *this->both::server; }
    origin peer() const { return server ? origin::client : origin::upstream; }
};
using clear_server = end_of<false, true>;
using clear_client = end_of<false, false>;
using tls_server_end = end_of<true, true>;
using tls_client_end = end_of<true, false>;

} // namespace

TEST_CASE_TEMPLATE("byte_stream: what one end says the other hears", end, clear_server, clear_client, tls_server_end,
                   tls_client_end)
{
    end b;
    auto& one = b.one();
    auto& other = b.other();
    CHECK(one.write_now("hello").empty());
    CHECK(one.settled());
    CHECK(b.heard(other, 5) == "hello");
    CHECK(other.write_now("and you").empty());
    CHECK(b.heard(one, 7) == "and you");
    CHECK(b.small.lent() == 0);
    CHECK(b.large.lent() == 0);
}

TEST_CASE_TEMPLATE("byte_stream: nothing at hand is no failure", end, clear_server, clear_client, tls_server_end, tls_client_end)
{
    end b;
    auto& one = b.one();
    std::array<char, 8> room;
    auto const got = one.read_now(room);
    REQUIRE(got.has_value());
    CHECK(*got == 0);
}

TEST_CASE_TEMPLATE("byte_stream: what the other end does not take yet is waited for, and arrives whole", end, clear_server,
                   clear_client, tls_server_end, tls_client_end)
{
    end b;
    auto& one = b.one();
    auto& other = b.other();
    std::string const flood(std::size_t{4} << 20, 'x');
    auto const written = b.on.start(one.write(flood));
    auto const heard = b.on.run(both::read(other, flood.size()));
    REQUIRE(heard.has_value());
    CHECK(*heard == flood);
    CHECK(b.on.finish(written).has_value());
    CHECK(one.settled());
}

TEST_CASE_TEMPLATE("byte_stream: an end is the peer's, by whichever side it is heard", end, clear_server, clear_client,
                   tls_server_end, tls_client_end)
{
    end b;
    auto& one = b.one();
    auto& other = b.other();
    other.say_goodbye();
    other.socket().finish_sending();
    auto const said = b.end_heard(one);
    CHECK(said == errc::peer_closed);
    CHECK(said.from() == b.peer());
}

TEST_CASE_TEMPLATE("byte_stream: so is a reset", end, clear_server, clear_client, tls_server_end, tls_client_end)
{
    end b;
    b.other().socket().reset();
    auto const said = b.end_heard(b.one());
    CHECK(said == errc::peer_broke_off);
    CHECK(said.from() == b.peer());
    CHECK_FALSE(b.one().settled());
}

TEST_CASE_TEMPLATE("byte_stream: what was said before the end is heard before it", end, clear_server, clear_client,
                   tls_server_end, tls_client_end)
{
    end b;
    auto& one = b.one();
    auto& other = b.other();
    CHECK(other.write_now("last words").empty());
    other.say_goodbye();
    other.socket().finish_sending();
    CHECK(b.heard(one, 10) == "last words");
    CHECK(b.end_heard(one) == errc::peer_closed);
}

TEST_CASE_TEMPLATE("byte_stream: a peer is overheard without anything being taken from who reads next", end, clear_server,
                   clear_client, tls_server_end, tls_client_end)
{
    end b;
    auto& one = b.one();
    auto& other = b.other();
    CHECK(one.overhear() == peer_says::nothing);
    CHECK(other.write_now("hello").empty());
    for (int i = 0; i < 1000 && one.overhear() == peer_says::nothing; ++i) ::usleep(1000);
    CHECK(one.overhear() == peer_says::more);
    CHECK(b.heard(one, 5) == "hello");
}

TEST_CASE("byte_stream: a goodbye in TLS is overheard as gone, a bare FIN as finished")
{
    both b;
    REQUIRE(b.with_tls(serving(), calling()).server.has_value());
    auto const wait_for = [&](peer_says what) {
        auto heard = peer_says::nothing; // a goodbye is heard once
        for (int i = 0; i < 1000 && heard == peer_says::nothing; ++i) {
            ::usleep(1000);
            heard = b.server->overhear();
        }
        CHECK(heard == what);
    };
    SUBCASE("goodbye")
    {
        b.client->say_goodbye();
        wait_for(peer_says::gone);
    }
    SUBCASE("FIN")
    {
        b.client->socket().finish_sending();
        wait_for(peer_says::finished);
    }
}

TEST_CASE("tls_stream: both ends agree on a version, a protocol and a name")
{
    both b;
    auto const shaken = b.with_tls(serving({"http/1.1"}), calling({.ca_file = {}, .protocols = {"h2", "http/1.1"}}));
    REQUIRE(shaken.client.has_value());
    CHECK(b.tls_server().version() == "TLSv1.3");
    CHECK(b.tls_client().version() == "TLSv1.3");
    CHECK(b.tls_server().protocol() == "http/1.1");
    CHECK(b.tls_client().protocol() == "http/1.1");
    CHECK(b.tls_server().server_name() == "shop.example");
    CHECK_FALSE(b.tls_client().resumed());
}

TEST_CASE("tls_stream: a server has to be whom it was called, on somebody's word")
{
    both b;
    tests::certificate const other{"other.example"};
    auto const refused = [&](both::shaken const& shaken) {
        REQUIRE_FALSE(shaken.client.has_value());
        CHECK(shaken.client.error() == errc::upstream_broken);
        CHECK(shaken.client.error().from() == origin::upstream);
        REQUIRE_FALSE(shaken.server.has_value());
        CHECK(shaken.server.error().from() == origin::client);
    };
    SUBCASE("another name")
    {
        refused(b.with_tls(serving(), calling(), "bank.example"));
    }
    SUBCASE("an address that the certificate does not name")
    {
        refused(b.with_tls(serving(), calling(), "127.0.0.1"));
    }
    SUBCASE("no name at all")
    {
        refused(b.with_tls(serving(), calling(), ""));
    }
    SUBCASE("an authority that nobody believes")
    {
        refused(b.with_tls(serving(), calling({.ca_file = other.files().chain_file})));
    }
    SUBCASE("nothing in common to speak")
    {
        refused(b.with_tls(serving(), calling({.ca_file = {}, .protocols = {"h2"}})));
    }
}

TEST_CASE("tls_stream: a refused certificate is refused with the reason, and by address where it was called so")
{
    both b;
    auto const said = [&](tests::certificate const& shown, tls_client_options options, std::string const& name) {
        if (options.ca_file.empty()) options.ca_file = shown.files().chain_file;
        auto const shaken = b.with_tls(serving({"http/1.1"}, shown), calling(std::move(options)), name);
        return shaken.client ? std::string{"fine"} : shaken.client.error().note();
    };
    tests::certificate const ended{"shop.example", -60}, address{"127.0.0.1"}, v6{"::1"};
    std::string const refused = "TLS: certificate verify failed: ";
    CHECK(said(ended, {}, "shop.example") == refused + "certificate has expired");
    CHECK(said(shop(), {}, "bank.example") == refused + "hostname mismatch");
    CHECK(said(shop(), {}, "127.0.0.1") == refused + "IP address mismatch");
    CHECK(said(shop(), {.ca_file = address.files().chain_file}, "shop.example") == refused + "self-signed certificate");
    CHECK(said(address, {}, "127.0.0.1") == "fine");
    CHECK(b.tls_server().server_name().empty());
    CHECK(said(v6, {}, "::1") == "fine");
    CHECK(said(ended, {.ca_file = {}, .verify = false}, "bank.example") == "fine");
}

TEST_CASE("tls_client_context: a session is offered for as long as the certificate it stands for is believed")
{
    auto const here = serving();
    auto const there = calling();
    auto& session = there->session_with("shop.example");
    loop on;
    buffer_pool small{4096}, large{32768};
    // Whether the handshake went on with it, offered that long after the certificate was checked.
    auto const resumes = [&](seconds later) {
        auto [came, called] = on.connected();
        tls_stream server{std::move(came), small, large, here};
        buffered_socket socket{std::move(called), origin::upstream, 16384, &large};
        tls_engine client{socket, there, "shop.example"};
        client.resume(session, steady_now() + later);
        auto const first = on.start(server.handshake());
        CHECK(on.run(client.handshake()).has_value());
        CHECK(on.finish(first).has_value());
        CHECK(server.write_now("x").empty());
        std::array<char, 8> room;
        for (std::size_t got = 0; got == 0;) {
            REQUIRE(on.run(socket.fill()).has_value());
            got = *client.read_now(room);
        }
        client.say_goodbye();
        return client.resumed();
    };
    CHECK_FALSE(resumes(seconds{0}));
    CHECK(resumes(seconds{0}));
    CHECK(resumes(seconds{3500}));
    CHECK_FALSE(resumes(seconds{3700}));
}

TEST_CASE("tls_stream: an older version than the floor is refused by either end")
{
    both b;
    auto const strict = calling({.ca_file = {}, .min_version = tls_floor::tls13});
    CHECK(b.with_tls(serving(), strict).client.has_value());
    CHECK(b.tls_client().version() == "TLSv1.3");
}

TEST_CASE("tls_stream: authorities that cannot be read are named")
{
    auto const made = tls_client_context::make({.ca_file = "/nowhere/ca.pem"});
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().note().find("/nowhere/ca.pem") != std::string::npos);
}

TEST_CASE("tls_stream: a client in clear is heard as such, a server in clear is broken")
{
    both b;
    auto [came, called] = b.on.connected();
    std::string_view const words = "GET / HTTP/1.1\r\n\r\n";
    SUBCASE("a client")
    {
        tls_stream ours{std::move(came), b.small, b.large, serving()};
        asio::write(called, asio::buffer(words));
        auto const shaken = b.on.run(ours.handshake());
        REQUIRE_FALSE(shaken.has_value());
        CHECK(shaken.error() == errc::bad_request);
        CHECK(ours.met_cleartext());
        CHECK(*b.on.run(both::read(ours, words.size())) == words);
    }
    SUBCASE("a server")
    {
        tls_stream ours{std::move(called), b.small, b.large, calling(), "shop.example"};
        asio::write(came, asio::buffer(words));
        auto const shaken = b.on.run(ours.handshake());
        REQUIRE_FALSE(shaken.has_value());
        CHECK(shaken.error() == errc::upstream_broken);
        CHECK_FALSE(ours.met_cleartext());
    }
}
