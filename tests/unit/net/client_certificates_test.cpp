#include "tests/support/client_authority.hpp"
#include "tests/unit/net/loopback.hpp"

#include <doctest/doctest.h>

#include <openssl/ssl.h>

using namespace yett;
using namespace yett::net;
using namespace yett::net::testing;
using telemetry::certificate_refusal;
using tests::client_authority;

namespace {

std::string const request = "GET /certificate HTTP/1.1\r\nHost: a\r\n\r\n";
std::vector const versions{TLS1_2_VERSION, TLS1_3_VERSION};

std::shared_ptr<transport::tls_context> context_for(
    certificate const& shown, transport::client_trust_options const& clients,
    std::shared_ptr<transport::ticket_keys> keys = std::make_shared<transport::ticket_keys>())
{
    transport::tls_options options;
    options.certificates = {shown.files()};
    options.clients = clients;
    auto made = transport::tls_context::make(options, std::move(keys));
    REQUIRE(made.has_value());
    return *made;
}

// What the server knows of the client by its certificate; empty when the handshake or the request failed.
// With TLS 1.3 a client learns of its failure when it reads.
std::string known_as(server& host, client::tls_wish const& wish)
{
    client c{host.port()};
    return c.encrypt(wish) ? body_of(c.ask(request)) : std::string{};
}

// Counted by the time the worker does something else.
std::uint64_t refused(server& host, certificate_refusal why)
{
    return host.ask<std::uint64_t>([&] { return host.figures().certificates_refused[why].value(); });
}

} // namespace

TEST_CASE("client certificates: optional takes one that verifies or none, required wants one")
{
    certificate const one{"one.example"};
    client_authority ca, stranger;
    auto const good = ca.issue("URI:spiffe://example.org/ns/a,DNS:a.internal");
    auto const foreign = stranger.issue("URI:spiffe://example.org/ns/a");
    for (auto const version : versions) {
        CAPTURE(version);
        server optional{{.tls = context_for(one, ca.trusted()), .limits = {}}};
        server required{{.tls = context_for(one, ca.trusted(true)), .limits = {}}};
        server none{{.tls = context_for(one, {}), .limits = {}}};
        client::tls_wish const without{.version = version};
        client::tls_wish const with{.version = version, .certificate = good};
        client::tls_wish const untrusted{.version = version, .certificate = foreign};
        CHECK(known_as(optional, without) == "nobody");
        CHECK(known_as(required, without).empty());
        CHECK(known_as(none, with) == "nobody");
        CHECK(known_as(optional, with) == "spiffe://example.org/ns/a");
        CHECK(known_as(required, with) == "spiffe://example.org/ns/a");
        CHECK(known_as(optional, untrusted).empty());
        CHECK(known_as(required, untrusted).empty());
        CHECK(refused(required, certificate_refusal::missing) == 1);
        CHECK(refused(required, certificate_refusal::untrusted) == 1);
        CHECK(refused(optional, certificate_refusal::untrusted) == 1);
        CHECK(refused(optional, certificate_refusal::missing) == 0);
    }
}

TEST_CASE("client certificates: what is out of date, revoked or not for clients is refused, each counted as what it is")
{
    certificate const one{"one.example"};
    client_authority ca;
    auto const good = ca.issue("DNS:a.internal");
    auto const gone = ca.issue("DNS:b.internal");
    auto const old = ca.issue("DNS:c.internal", {.begins = seconds{-7200}, .ends = seconds{-60}});
    auto const early = ca.issue("DNS:d.internal", {.begins = seconds{600}});
    auto const of_server = ca.issue("DNS:e.internal", {.usage = "serverAuth"});
    auto const of_client = ca.issue("DNS:f.internal", {.usage = "clientAuth"});
    ca.revoke({gone});
    server host{{.tls = context_for(one, ca.trusted_with_list()), .limits = {}}};
    CHECK(known_as(host, {.certificate = good}) == "a.internal");
    CHECK(known_as(host, {.certificate = of_client}) == "f.internal");
    CHECK(known_as(host, {.certificate = gone}).empty());
    CHECK(refused(host, certificate_refusal::revoked) == 1);
    CHECK(known_as(host, {.certificate = old}).empty());
    CHECK(known_as(host, {.certificate = early}).empty());
    CHECK(refused(host, certificate_refusal::expired) == 2);
    CHECK(known_as(host, {.certificate = of_server}).empty());
    CHECK(refused(host, certificate_refusal::other) == 1);
}

TEST_CASE("client certificates: a list that is out of date or of another authority refuses everybody who shows one")
{
    certificate const one{"one.example"};
    client_authority ca, stranger;
    auto const good = ca.issue("DNS:a.internal");
    ca.revoke({}, seconds{-60});
    server late{{.tls = context_for(one, ca.trusted_with_list()), .limits = {}}};
    CHECK(known_as(late, {.certificate = good}).empty());
    CHECK(refused(late, certificate_refusal::crl_expired) == 1);
    CHECK(known_as(late, {}) == "nobody");
    stranger.revoke({});
    server odd{{.tls = context_for(one, {ca.ca_file(), stranger.crl_file(), false}), .limits = {}}};
    CHECK(known_as(odd, {.certificate = good}).empty());
    CHECK(refused(odd, certificate_refusal::crl_missing) == 1);
}

TEST_CASE("client certificates: a session that is resumed still knows who the client was")
{
    certificate const one{"one.example"};
    client_authority ca;
    auto const good = ca.issue("DNS:a.internal");
    for (auto const version : versions) {
        CAPTURE(version);
        server host{{.tls = context_for(one, ca.trusted(true)), .limits = {}}};
        client first{host.port()};
        REQUIRE(first.encrypt({.version = version, .certificate = good}));
        CHECK(body_of(first.ask(request)) == "a.internal");
        session_of const known{first};
        client again{host.port()};
        REQUIRE(again.encrypt({.version = version, .session = known.session, .certificate = good}));
        CHECK(again.resumed());
        CHECK(body_of(again.ask(request)) == "a.internal");
    }
}

TEST_CASE("client certificates: a session ends with the trust that it was begun under")
{
    certificate const one{"one.example"};
    client_authority ca, other;
    auto const good = ca.issue("DNS:a.internal");
    ca.revoke({});
    for (auto const version : versions) {
        CAPTURE(version);
        auto const keys = std::make_shared<transport::ticket_keys>();
        server open{{.tls = context_for(one, {}, keys), .limits = {}}};
        server optional{{.tls = context_for(one, ca.trusted(), keys), .limits = {}}};
        server required{{.tls = context_for(one, ca.trusted(true), keys), .limits = {}}};
        server listed{{.tls = context_for(one, ca.trusted_with_list(), keys), .limits = {}}};
        server elsewhere{{.tls = context_for(one, other.trusted(), keys), .limits = {}}};
        auto const session_at = [&](server& host, client::tls_wish wish) {
            client c{host.port()};
            wish.version = version;
            REQUIRE(c.encrypt(wish));
            CHECK_FALSE(body_of(c.ask(request)).empty());
            return std::make_unique<session_of>(c);
        };
        // Whether it goes on there, and as whom: without a certificate to show in a new handshake.
        auto const goes_on = [&](server& host, session_of const& with) {
            client c{host.port()};
            auto const shaken = c.encrypt({.version = version, .session = with.session});
            auto const body = shaken ? body_of(c.ask(request)) : std::string{};
            return std::make_pair(shaken && c.resumed() && !body.empty(), body);
        };
        auto const named = session_at(optional, {.certificate = good});
        auto const unnamed = session_at(open, {});
        CHECK(goes_on(optional, *named) == std::make_pair(true, std::string{"a.internal"}));
        CHECK_FALSE(goes_on(open, *named).first);
        CHECK_FALSE(goes_on(required, *named).first);
        CHECK_FALSE(goes_on(elsewhere, *named).first);
        CHECK(goes_on(open, *unnamed).first);
        CHECK_FALSE(goes_on(optional, *unnamed).first);
        CHECK_FALSE(goes_on(required, *unnamed).first);
        // What is revoked meanwhile comes with another list.
        auto const believed = session_at(listed, {.certificate = good});
        CHECK(goes_on(listed, *believed).first);
        ca.revoke({good});
        server renewed{{.tls = context_for(one, ca.trusted_with_list(), keys), .limits = {}}};
        CHECK_FALSE(goes_on(renewed, *believed).first);
        CHECK(known_as(renewed, {.version = version, .certificate = good}).empty());
        ca.revoke({});
    }
}

TEST_CASE("client certificates: a name that a client asks for cannot stand for the trust of another listener")
{
    certificate const one{"one.example"};
    client_authority ca;
    auto const keys = std::make_shared<transport::ticket_keys>();
    server open{{.tls = context_for(one, {}, keys), .limits = {}}};
    server required{{.tls = context_for(one, ca.trusted(true), keys), .limits = {}}};
    auto const trust = transport::client_trust::read(ca.trusted(true));
    REQUIRE(trust.has_value());
    for (auto const& before : {std::string{}, std::string{" of a client\n"}, std::string{"\n"}}) {
        client c{open.port()};
        // OpenSSL's own client sends no byte of zero in a name; the others are its own affair.
        auto name = before + (*trust)->name() + "one.example";
        if (name.find('\0') != name.npos) continue;
        REQUIRE(c.encrypt({.server_name = name}));
        CHECK_FALSE(body_of(c.ask(request)).empty());
        session_of const known{c};
        CHECK(known_as(required, {.server_name = "one.example", .session = known.session}).empty());
    }
}

TEST_CASE("client certificates: files that cannot be used are named when the context is made")
{
    certificate const one{"one.example"};
    transport::tls_options options;
    options.certificates = {one.files()};
    options.clients.ca_file = "/nowhere/ca.crt";
    auto const made = transport::tls_context::make(options, std::make_shared<transport::ticket_keys>());
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().note().find("/nowhere/ca.crt") != std::string::npos);
}

TEST_CASE("client certificates: a context tells when its lists are out of date")
{
    certificate const one{"one.example"};
    client_authority ca;
    CHECK_FALSE(context_for(one, {})->crl_end());
    CHECK_FALSE(context_for(one, ca.trusted())->crl_end());
    ca.revoke({}, seconds{600});
    auto const end = context_for(one, ca.trusted_with_list())->crl_end();
    REQUIRE(end);
    CHECK(*end <= wall_now() + seconds{600});
}
