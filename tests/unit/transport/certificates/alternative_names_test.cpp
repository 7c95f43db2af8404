#include "gateway/transport/certificates/alternative_names.hpp"

#include "gateway/base/random.hpp"
#include "gateway/base/text/base64url.hpp"
#include "tests/support/client_authority.hpp"
#include "tests/support/print.hpp"

#include <doctest/doctest.h>

#include <openssl/x509.h>

#include <memory>

using namespace yett;
using namespace yett::transport;
using tests::client_authority;
using words = std::vector<std::string>;

namespace {

// As it comes over the wire.
std::unique_ptr<X509, decltype(&X509_free)> read(client_authority::issued const& one)
{
    auto const* bytes = reinterpret_cast<unsigned char const*>(one.der.data());
    return {d2i_X509(nullptr, &bytes, static_cast<long>(one.der.size())), X509_free};
}

client_certificate facts_in(client_authority::issued const& one)
{
    return facts_of(*read(one));
}

} // namespace

TEST_CASE("alternative_names: each kind by itself, and the common name is none")
{
    client_authority ca;
    auto const one = ca.issue(
        "URI:spiffe://Example.org/ns/a,URI:urn:x:y,DNS:Billing.Internal,DNS:*.apps.internal,email:Ada@Example.com,IP:192.0.2."
        "7,IP:2001:db8::1,RID:1.2.3.4");
    auto const names = names_in(*read(one));
    CHECK(names.uris == words{"spiffe://Example.org/ns/a", "urn:x:y"});
    CHECK(names.dns == words{"billing.internal", "*.apps.internal"});
    CHECK(names.emails == words{"Ada@Example.com"});
    CHECK(names.addresses == words{"192.0.2.7", "2001:db8::1"});
    auto const bare = names_in(*read(ca.issue("")));
    CHECK(bare.uris.empty());
    CHECK(bare.dns.empty());
    CHECK(bare.emails.empty());
    CHECK(bare.addresses.empty());
}

TEST_CASE("alternative_names: what is not what it looks like is no name")
{
    client_authority ca;
    using namespace std::string_literals;
    for (auto const& bytes :
         {"admin.internal\0.evil.test"s, "admin.internal "s, "admin.internal\n"s, "admin.\x7f"s, "\xc3\xa4.internal"s}) {
        auto const names = names_in(*read(ca.issue("", {.raw_dns_name = bytes})));
        CHECK_MESSAGE(names.dns.empty(), hex_encode(bytes));
    }
    CHECK(names_in(*read(ca.issue("", {.raw_dns_name = "admin.internal"}))).dns == words{"admin.internal"});
}

TEST_CASE("alternative_names: a client is known by its names, its thumbprint and its end")
{
    client_authority ca;
    auto const one = ca.issue("URI:spiffe://example.org/ns/a,DNS:a.internal,email:ada@example.com", {.ends = seconds{600}});
    auto const before = wall_now();
    auto const facts = facts_in(one);
    CHECK(facts.uris == words{"spiffe://example.org/ns/a"});
    CHECK(facts.dns == words{"a.internal"});
    CHECK(facts.emails == words{"ada@example.com"});
    CHECK(facts.sha256 == hex_encode(sha256(one.der)));
    CHECK(facts.thumbprint == base64url_encode(sha256(one.der)));
    CHECK(facts.thumbprint.size() == 43);
    CHECK(facts.expires_at <= before + seconds{600});
    CHECK(facts.expires_at > before + seconds{590});
}
