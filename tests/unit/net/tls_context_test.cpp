#include "tests/unit/net/loopback.hpp"

#include <doctest/doctest.h>

#include <openssl/ssl.h>

#include <algorithm>
#include <fstream>

using namespace yett;
using namespace yett::net;
using namespace yett::net::testing;

namespace {

std::string const request = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";

} // namespace

TEST_CASE("tls: a file that cannot be used is named")
{
    certificate const one{"one.example"}, two{"two.example"};
    auto const keys = std::make_shared<transport::ticket_keys>();
    auto const note_of = [&](transport::certificate_files const& files) {
        transport::tls_options options;
        options.certificates = {one.files(), files};
        auto const made = transport::tls_context::make(options, keys);
        return made ? std::string{} : made.error().note();
    };
    CHECK(note_of(two.files()).empty());
    CHECK(note_of({"/nowhere/leaf.crt", one.files().key_file}).find("certificate /nowhere/leaf.crt") != std::string::npos);
    CHECK(note_of({one.files().chain_file, "/nowhere/leaf.key"}).find("key /nowhere/leaf.key") != std::string::npos);
    // Another certificate's key, and a file that holds no key at all.
    CHECK(note_of({one.files().chain_file, two.files().key_file}).find("key " + two.files().key_file) != std::string::npos);
    CHECK(note_of({one.files().chain_file, one.files().chain_file}).find("key ") != std::string::npos);
    CHECK_FALSE(transport::tls_context::make({}, keys).has_value());
}

TEST_CASE("tls: the server name picks the certificate")
{
    certificate const one{"one.example"}, wild{"*.two.example"};
    server host{{.tls = tls_for({&one, &wild}), .limits = {}}};
    auto const shown_for = [&](std::string const& name) {
        client c{host.port()};
        CHECK(c.encrypt({.server_name = name}));
        return c.certificate_name();
    };
    CHECK(shown_for("one.example") == "one.example");
    CHECK(shown_for("a.two.example") == "*.two.example");
    CHECK(shown_for("A.Two.Example") == "*.two.example");
    CHECK(shown_for("a.b.two.example") == "one.example");
    CHECK(shown_for("other.example") == "one.example");
    CHECK(shown_for("") == "one.example");
}

TEST_CASE("tls: a context knows which of the names that clients ask for the whole world knows")
{
    certificate const one{"www.example.com"}, wild{"*.shop.example.co.uk"}, lan{"app.internal"}, suffix{"*.github.io"};
    auto const tls = tls_for({&one, &wild, &lan, &suffix});
    for (auto const* name : {"www.example.com", "WWW.Example.COM", "a.shop.example.co.uk", "me.github.io"})
        CHECK_MESSAGE(tls->has_public(name), name);
    for (auto const* name : {"", "example.com", "other.example.com", "a.b.shop.example.co.uk", "app.internal", "localhost",
                             "127.0.0.1", "github.io", "www.example.com.evil.com"})
        CHECK_MESSAGE(!tls->has_public(name), name);
    CHECK(std::ranges::find(tls->names(), "*.shop.example.co.uk") != tls->names().end());
}

TEST_CASE("tls: a context knows which names the certificate is for that a client was shown")
{
    certificate const one{"one.example"}, wild{"*.two.example"};
    auto const several = tls_for({&one, &wild});
    struct
    {
        char const* asked;
        char const* host;
        bool covered;
    } const rows[] = {
        {"one.example", "one.example", true},
        {"One.Example", "ONE.example", true},
        {"", "one.example", true},
        {"other.example", "one.example", true},
        {"a.two.example", "b.two.example", true},
        {"A.two.example", "b.Two.example", true},
        {"one.example", "a.two.example", false},
        {"a.two.example", "one.example", false},
        {"", "a.two.example", false},
        {"one.example", "other.example", false},
        {"a.two.example", "two.example", false},
        {"a.two.example", "a.b.two.example", false},
        {"one.example", "127.0.0.1", false},
        {"one.example", "", false},
    };
    for (auto const& row : rows) {
        CAPTURE(row.asked);
        CAPTURE(row.host);
        CHECK(several->covers(row.asked, row.host) == row.covered);
    }
}

TEST_CASE("tls: a session resumes under its own server name and no other")
{
    certificate const one{"one.example"}, two{"two.example"};
    auto const keys = std::make_shared<transport::ticket_keys>();
    server host{{.tls = tls_for({&one, &two}, transport::tls_floor::tls12, keys), .limits = {}}};
    server elsewhere{{.tls = tls_for({&one, &two}, transport::tls_floor::tls12, keys), .limits = {}}};
    server stranger{{.tls = tls_for({&one, &two}), .limits = {}}};
    for (auto const version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        CAPTURE(version);
        client first{host.port()};
        REQUIRE(first.encrypt({.server_name = "one.example", .version = version}));
        CHECK_FALSE(first.resumed());
        CHECK(body_of(first.ask(request)) == "hello /a");
        session_of const known{first};
        auto const resumes = [&](server const& at, std::string const& name) {
            client again{at.port()};
            CHECK(again.encrypt({.server_name = name, .version = version, .session = known.session}));
            CHECK(body_of(again.ask(request)) == "hello /a");
            return again.resumed();
        };
        CHECK(resumes(host, "one.example"));
        // Any worker opens what another sealed.
        CHECK(resumes(elsewhere, "one.example"));
        CHECK_FALSE(resumes(host, "two.example"));
        CHECK_FALSE(resumes(stranger, "one.example"));
    }
    auto const& counts = host.figures().tls_handshakes;
    CHECK(counts[telemetry::tls_version::tls12][telemetry::handshake::resumed].value() == 1);
    CHECK(counts[telemetry::tls_version::tls13][telemetry::handshake::resumed].value() == 1);
    CHECK(counts[telemetry::tls_version::tls13][telemetry::handshake::full].value() == 2);
}

TEST_CASE("tls: old versions, other protocols and weak suites are refused")
{
    certificate const one{"one.example"};
    server host{{.tls = tls_for({&one}), .limits = {}}};
    server strict{{.tls = tls_for({&one}, transport::tls_floor::tls13), .limits = {}}};
    auto const shakes = [](server const& at, client::tls_wish const& wish) {
        client c{at.port()};
        return c.encrypt(wish);
    };
    CHECK_FALSE(shakes(host, {.version = TLS1_VERSION}));
    CHECK_FALSE(shakes(host, {.version = TLS1_1_VERSION}));
    CHECK(shakes(host, {.version = TLS1_2_VERSION}));
    CHECK_FALSE(shakes(strict, {.version = TLS1_2_VERSION}));
    CHECK(shakes(strict, {.version = TLS1_3_VERSION}));
    CHECK(shakes(host, {.alpn = "http/1.1"}));
    CHECK_FALSE(shakes(host, {.alpn = "spdy/3"}));
    CHECK_FALSE(shakes(host, {.version = TLS1_2_VERSION, .suites = "ECDHE-ECDSA-AES128-SHA256"}));
    CHECK_FALSE(shakes(host, {.version = TLS1_2_VERSION, .suites = "ECDHE-ECDSA-AES256-SHA"}));
    CHECK(shakes(host, {.version = TLS1_2_VERSION, .suites = "ECDHE-ECDSA-AES256-GCM-SHA384"}));
}

TEST_CASE("tls: a client that speaks http/1.0 alone is served; siblings: 1.1 alone, names that only look alike")
{
    certificate const one{"one.example"};
    server host{{.tls = tls_for({&one}), .limits = {}}};
    for (auto const* offered : {"http/1.0", "http/1.1"}) {
        client c{host.port()};
        REQUIRE_MESSAGE(c.encrypt({.alpn = offered}), offered);
        CHECK(c.agreed_protocol() == offered);
    }
    for (auto const* offered : {"HTTP/1.0", "http/0.9", "http/1.", "http/1.00"}) {
        client c{host.port()};
        CHECK_MESSAGE(!c.encrypt({.alpn = offered}), offered);
    }
}

TEST_CASE("tls: renegotiation is refused")
{
    certificate const one{"one.example"};
    server host{{.tls = tls_for({&one}), .limits = {}}};
    client c{host.port()};
    REQUIRE(c.encrypt({.version = TLS1_2_VERSION}));
    CHECK_FALSE(c.renegotiate());
}

TEST_CASE("tls: a key update in the middle of a connection goes unnoticed")
{
    certificate const one{"one.example"};
    server host{{.tls = tls_for({&one}), .limits = {}}};
    client c{host.port()};
    REQUIRE(c.encrypt({.version = TLS1_3_VERSION}));
    for (int i = 0; i < 3; ++i) {
        CHECK(body_of(c.ask(request)) == "hello /a");
        c.update_keys();
    }
}

TEST_CASE("ticket keys: they rotate, and old ones still open for a while")
{
    transport::ticket_keys keys;
    auto const start = steady_now();
    auto const first = keys.current(start);
    CHECK(keys.current(start + transport::ticket_keys::rotation - seconds{1}).name == first.name);
    auto const second = keys.current(start + transport::ticket_keys::rotation);
    CHECK(second.name != first.name);
    CHECK(second.cipher != first.cipher);
    auto const old = keys.named(first.name.data(), start + transport::ticket_keys::rotation);
    REQUIRE(old.has_value());
    CHECK_FALSE(old->newest);
    CHECK(old->key.cipher == first.cipher);
    CHECK(keys.named(second.name.data(), start + transport::ticket_keys::rotation)->newest);
    CHECK(keys.named(first.name.data(), start + transport::ticket_keys::rotation * 2).has_value());
    CHECK_FALSE(keys.named(first.name.data(), start + transport::ticket_keys::rotation * 3).has_value());
    // After a long silence nothing old is left.
    auto const third = keys.current(start + transport::ticket_keys::rotation * 4);
    keys.current(start + transport::ticket_keys::rotation * 40);
    CHECK_FALSE(keys.named(third.name.data(), start + transport::ticket_keys::rotation * 40).has_value());
}
