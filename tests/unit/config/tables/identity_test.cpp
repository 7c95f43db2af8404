#include "section.hpp"

namespace yett::config {
namespace {

using namespace std::chrono_literals;
using namespace yett::tests;
using arrives = arrival<settings>;
using texts = std::vector<std::string>;

section<settings> const& keys()
{
    static auto const all = alone(identity_headers_key());
    return all;
}

std::string in(std::string const& rest)
{
    return "identity_headers: { " + rest + " }";
}

identity_headers const& of(settings const& s)
{
    return s.identity_headers;
}

} // namespace

TEST_CASE("identity header keys: what is written arrives")
{
    check_arrivals<settings>(
        keys(), "",
        {
            arrives{in("preset: yett"), [](settings const& s) { return of(s).preset == identity_preset::yett; }},
            arrives{in("preset: oauth2-proxy"), [](settings const& s) { return of(s).preset == identity_preset::oauth2_proxy; }},
            arrives{in("preset: remote-user"), [](settings const& s) { return of(s).preset == identity_preset::remote_user; }},
            arrives{in("preset: none"), [](settings const& s) { return of(s).preset == identity_preset::none; }},
            arrives{in("set: { X-User: sub }"), [](settings const& s) { return of(s).set.at("X-User") == "sub"; }},
            arrives{in("set: { X-A: email, X-B: roles }"), [](settings const& s) { return of(s).set.size() == 2; }},
            arrives{in("too_long: refuse"), [](settings const& s) { return of(s).too_long == too_long::refuse; }},
            arrives{in("too_long: omit"), [](settings const& s) { return of(s).too_long == too_long::omit; }},
            arrives{in("most_bytes: 1KiB"), [](settings const& s) { return of(s).most_bytes == 1u << 10; }},
            arrives{in("roles: { only: \"app-*\" }"), [](settings const& s) { return of(s).roles.only == texts{"app-*"}; }},
            arrives{in("roles: { only: [] }"), [](settings const& s) { return of(s).roles.only.empty(); }},
            arrives{in("assertion: null"), [](settings const& s) { return !of(s).assertion; }},
            arrives{in("assertion: {}"), [](settings const& s) { return of(s).assertion->header == "X-Yett-Assertion"; }},
            arrives{in("assertion: { header: X-Proof }"), [](settings const& s) { return of(s).assertion->header == "X-Proof"; }},
            arrives{in("assertion: { ttl: 5m }"), [](settings const& s) { return of(s).assertion->ttl == 5min; }},
            arrives{in("assertion: { audience: app }"), [](settings const& s) { return of(s).assertion->audience == "app"; }},
            arrives{in("assertion: {}"), [](settings const& s) { return of(s).assertion->audience == route_host; }},
        });
}

TEST_CASE("identity header keys: every claim that an identity is made of can be set, and no other")
{
    for (auto const* claim : {"sub", "user_id", "email", "roles", "groups", "scope", "iss", "sid", "jti", "iat", "auth_time",
                              "exp", "cert_uri", "cert_dns", "cert_email", "cert_sha256"}) {
        CAPTURE(claim);
        auto const out = read_as(keys(), in("set: { X-A: " + std::string{claim} + " }") + "\n");
        CHECK(out.complaints.empty());
        CHECK(of(out.value).set.at("X-A") == claim);
    }
    for (auto const* claim : {"aud", "nbf", "name", "Sub", "\"\"", "cert_cn", "cert_"}) {
        CAPTURE(claim);
        auto const out = read_as(keys(), in("set: { X-A: " + std::string{claim} + " }") + "\n");
        CHECK(out.complaints.find("is no claim of an identity; allowed: sub, user_id, email") != std::string::npos);
        CHECK(of(out.value).set.empty());
    }
}

TEST_CASE("identity header keys: what frames a message and leads to the next hop carries no identity")
{
    for (auto const* name : {"Connection", "content-length", "HOST", "Keep-Alive", "TE", "Trailer", "Transfer-Encoding",
                             "Upgrade", "Expect", "Proxy-Connection", "\"X A\"", "\"\""}) {
        CAPTURE(name);
        auto const set = read_as(keys(), in("set: { " + std::string{name} + ": sub }") + "\n");
        CHECK(set.complaints.find("is not a header an identity can travel in") != std::string::npos);
        CHECK(of(set.value).set.empty());
        auto const assertion = read_as(keys(), in("assertion: { header: " + std::string{name} + " }") + "\n");
        CHECK(assertion.complaints.find("is not a header an identity can travel in") != std::string::npos);
    }
}

TEST_CASE("identity header keys: bounds, and what cannot be")
{
    auto const most = in("most_bytes: $");
    auto const ttl = in("assertion: { ttl: $ }");
    check_bounds(keys(), "",
                 {
                     {most, "256B", "255B", "32KiB", "33KiB", "256B to 32KiB"},
                     {ttl, "5s", "4s", "1h", "61m", "5s to 1h"},
                 });
    check_refusals(keys(), "",
                   {
                       {in("preset: keycloak"),
                        "identity_headers.preset: \"keycloak\" is unknown; allowed: yett, oauth2-proxy, remote-user, none\n"},
                       {in("too_long: cut"), "identity_headers.too_long: \"cut\" is unknown; allowed: refuse, omit\n"},
                       {in("roles: { only: \"\" }"),
                        "identity_headers.roles.only: \"\" is empty; a pattern is a role, `*` in it stands for any text\n"},
                       {in("set: [a]"), "identity_headers.set: is not a mapping; keys and values are wanted\n"},
                       {in("assertion: { audience: \"\" }"), "identity_headers.assertion.audience: \"\" is empty\n"},
                   });
}

} // namespace yett::config
