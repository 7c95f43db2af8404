#include "policies/certificate_pattern.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace yett;
using namespace yett::policies;

namespace {

// Of one name, of the kind that it looks like.
client_certificate naming(std::string name)
{
    client_certificate shown;
    auto& kind = name.find(':') != name.npos ? shown.uris : name.find('@') != name.npos ? shown.emails : shown.dns;
    kind.push_back(std::move(name));
    return shown;
}

bool fits(std::string_view pattern, std::string name)
{
    auto const made = certificate_pattern::from(pattern);
    REQUIRE_MESSAGE(made.has_value(), pattern);
    return made->matches(naming(std::move(name)));
}

struct row
{
    char const* pattern;
    std::vector<std::string> take;
    std::vector<std::string> leave;
};

void check(std::vector<row> const& rows)
{
    for (auto const& [pattern, take, leave] : rows) {
        CAPTURE(pattern);
        for (auto const& name : take) CHECK_MESSAGE(fits(pattern, name), name);
        for (auto const& name : leave) CHECK_MESSAGE(!fits(pattern, name), name);
    }
}

} // namespace

TEST_CASE("certificate_pattern: a URI is matched as a whole, or segment by segment of its path")
{
    check({
        {"spiffe://example.org/ns/prod/sa/web",
         {"spiffe://example.org/ns/prod/sa/web", "SPIFFE://Example.ORG/ns/prod/sa/web"},
         {"spiffe://example.org/ns/prod/sa/web2", "spiffe://example.org/ns/prod/sa", "spiffe://example.org/ns/prod/sa/Web",
          "spiffe://example.org/ns/prod/sa/web/", "spiffe://example.org.evil.test/ns/prod/sa/web",
          "http://example.org/ns/prod/sa/web", "spiffe://example.org/ns/prod/sa/web?x",
          "spiffe://evil.test/spiffe://example.org/ns/prod/sa/web"}},
        {"spiffe://example.org/ns/*/sa/web",
         {"spiffe://example.org/ns/prod/sa/web", "spiffe://example.org/ns/x-1/sa/web"},
         {"spiffe://example.org/ns/a/b/sa/web", "spiffe://example.org/ns//sa/web", "spiffe://example.org/ns/../sa/web",
          "spiffe://example.org/ns/./sa/web", "spiffe://example.org/ns/prod/sa/web/x", "spiffe://example.org/ns/sa/web",
          "spiffe://other.org/ns/prod/sa/web"}},
        {"spiffe://example.org/**",
         {"spiffe://example.org/a", "spiffe://example.org/a/b/c"},
         {"spiffe://example.org", "spiffe://example.org/", "spiffe://example.org/a/../b", "spiffe://example.org/a/",
          "spiffe://example.org//a", "spiffe://example.org.evil.test/a", "spiffe://example.orgx/a", "spiffe://user@example.org/a",
          "spiffe://example.org:1/a", "spiffe://example.org/a?b", "spiffe://example.org/a#b", "spiffe://example.org?/a"}},
        {"spiffe://example.org/ns/prod/**",
         {"spiffe://example.org/ns/prod/sa/web", "spiffe://example.org/ns/prod/x"},
         {"spiffe://example.org/ns/prod", "spiffe://example.org/ns/production/x", "spiffe://example.org/ns/prod/../dev/x"}},
        {"urn:uuid:6f8c", {"urn:uuid:6f8c", "URN:uuid:6f8c"}, {"urn:uuid:6f8d", "urn:uuid:6F8C", "urn:uuid"}},
    });
}

TEST_CASE("certificate_pattern: a DNS name is matched without case, with a star at its front")
{
    check({
        {"billing.internal", {"billing.internal"}, {"x.billing.internal", "billing.internal.evil.test", "xbilling.internal"}},
        {"Billing.Internal.", {"billing.internal"}, {"billing"}},
        {"*.internal",
         {"a.internal", "a.b.internal"},
         {"internal", "xinternal", "a.internal.evil.test", "*.internal", "*.a.internal"}},
    });
}

TEST_CASE("certificate_pattern: an address is matched without case, or by its domain")
{
    check({
        {"ada@example.com",
         {"ada@example.com", "Ada@Example.COM"},
         {"bob@example.com", "ada@example.com.evil.test", "x@ada@example.com"}},
        {"*@example.com",
         {"ada@example.com", "Bob@EXAMPLE.com"},
         {"ada@sub.example.com", "@example.com", "ada@evil.test@example.com", "ada@example.com@evil.test", "ada@xexample.com"}},
    });
}

TEST_CASE("certificate_pattern: kinds do not stand for each other")
{
    check({
        {"example.com", {}, {"ada@example.com", "https://example.com", "spiffe://example.com/a"}},
        {"*@example.com", {}, {"example.com", "mailto:ada@example.com"}},
        {"spiffe://example.com/**", {}, {"example.com", "a@example.com"}},
    });
}

TEST_CASE("certificate_pattern: one name of several is enough, and a star takes a certificate without any")
{
    client_certificate shown;
    auto const star = certificate_pattern::from("*");
    auto const below = certificate_pattern::from("*.internal");
    REQUIRE(star.has_value());
    REQUIRE(below.has_value());
    CHECK(star->matches(shown));
    CHECK_FALSE(below->matches(shown));
    shown.dns = {"a.example.com", "b.internal"};
    CHECK(below->matches(shown));
}

TEST_CASE("certificate_pattern: what could never match, or more than it seems, is told")
{
    struct
    {
        char const* text;
        char const* note; // a part of it
    } const rows[] = {
        {"", "no certificate has such a name"},
        {"a b", "no certificate has such a name"},
        {"\xc3\xa4.example", "no certificate has such a name"},
        {"spiffe://*/ns", "only in the path"},
        {"spiffe://*.example.org/ns", "only in the path"},
        {"spiffe*://example.org/ns", "no URI"},
        {"spiffe://example.org/ns*", "a whole segment"},
        {"spiffe://example.org/a*b/c", "a whole segment"},
        {"spiffe://example.org/**/c", "a whole segment"},
        {"spiffe://example.org/a/**/", "a whole segment"},
        {"spiffe://example.org/a/***", "a whole segment"},
        {"urn:*", "a whole segment"},
        {"billing.internal:443", "without a port"},
        {"2001:db8::1", "no URI"},
        {"a*.internal", "only at the front"},
        {"*.*.internal", "only at the front"},
        {"**.internal", "only at the front"},
        {"*@", "neither an address"},
        {"@example.com", "neither an address"},
        {"a*@example.com", "neither an address"},
        {"*@*.example.com", "neither an address"},
        {"a@b@c", "neither an address"},
        {"a/b", "not a host name"},
    };
    for (auto const& [text, note] : rows) {
        CAPTURE(text);
        auto const made = certificate_pattern::from(text);
        REQUIRE_FALSE(made.has_value());
        CHECK_MESSAGE(made.error().note().find(note) != std::string::npos, made.error().note());
    }
    CHECK_FALSE(certificate_pattern::from("spiffe://example.org/" + std::string(2048, 'a')).has_value());
}
