#include "config/values/access_header.hpp"
#include "config/values/issuer_name.hpp"
#include "world.hpp"

#include <doctest/doctest.h>

using namespace yett::tests;
namespace config = yett::config;

namespace {

// Issuers whose keys are in a file, and what is said of them.
std::string issuers_with(std::string const& first, std::string const& second = {})
{
    auto const keys = std::string{", audience: a, algorithms: ES256, jwks_file: good }"};
    return "version: 1\ntokens: { issuers: [{ " + first + keys + (second.empty() ? "" : ", { " + second + keys) + "] }\n";
}

std::string route(std::string const& more, std::string const& access = "authenticated")
{
    return "version: 1\nupstreams: { app: { servers: [\"http://127.0.0.1:9\"] } }\nroutes:\n  - { name: r, match: { path: /r }, upstream: app, access: " +
           access + ", " + more + " }\n";
}

bool complains(std::string const& text, std::string const& about)
{
    auto const said = complaints_about(text);
    CAPTURE(said);
    return said.find(about) != std::string::npos;
}

} // namespace

TEST_CASE("config: an issuer's name is its host when none is given")
{
    CHECK(config::default_issuer_name("https://IDP.example:8443/realms/shop") == "idp.example");
    CHECK(config::default_issuer_name("https://idp.example") == "idp.example");
    CHECK(config::default_issuer_name("https://127.0.0.1:1/") == "127.0.0.1");
    CHECK(config::default_issuer_name("accounts.google.com") == "accounts.google.com");
    CHECK(config::default_issuer_name("idp") == "idp");
    for (auto const* iss :
         {"urn:example:idp", "https://[::1]:8443/", "https://", "user@host", "a b", "https://user@idp.example/"})
        CHECK_MESSAGE(config::default_issuer_name(iss).empty(), iss);
}

TEST_CASE("config: names of issuers are unique, and none is service")
{
    CHECK(complaints_about(issuers_with("issuer: \"https://a.test\"", "issuer: \"https://b.test\"")).find("name") ==
          std::string::npos);
    CHECK(complains(issuers_with("issuer: \"https://a.test/one\"", "issuer: \"https://a.test/two\""),
                    "tokens.issuers[1].name: is a.test like that of an earlier issuer; each is wanted only once"));
    CHECK(complains(issuers_with("issuer: \"https://a.test\", name: idp", "issuer: \"https://b.test\", name: idp"),
                    "issuers[1].name: is idp"));
    CHECK(complains(issuers_with("issuer: \"https://a.test\", name: service"), "is what service accounts begin with"));
}

TEST_CASE("config, sibling: names that differ in case alone are one name")
{
    CHECK(complains(issuers_with("issuer: \"https://a.test\", name: Idp", "issuer: \"https://b.test\", name: idP"),
                    "issuers[1].name: is idP"));
    CHECK(complains(issuers_with("issuer: \"https://a.test\", name: Service"), "is what service accounts begin with"));
}

TEST_CASE("config, sibling: a name that could not be told from what follows is none")
{
    for (auto const* name : {"\"a:b\"", "\"a b\"", "\"a/b\"", "\"\u00e4\""})
        CHECK_MESSAGE(
            complains(issuers_with("issuer: \"https://a.test\", name: " + std::string{name}), "is no name of an issuer"), name);
    CHECK(complains(issuers_with("issuer: \"urn:example:idp\""),
                    "issuers[0].name: is missing; `issuer` has no host that could be it"));
}

TEST_CASE("config: bare subjects need a closed registration, and a warning stays")
{
    auto const bare = issuers_with("issuer: \"https://a.test\", bare_subjects: true");
    CHECK(complains(bare, "tokens.issuers[0].bare_subjects: needs accounts.registration: closed"));
    CHECK(complains(bare + "accounts: { registration: invite }\n", "bare_subjects: needs accounts.registration: closed"));
    auto const closed = complaints_about(bare + "accounts: { registration: closed }\n");
    CHECK(closed.find("warning") != std::string::npos);
    CHECK(closed.find("needs accounts.registration") == std::string::npos);
    CHECK(closed.find("lets this issuer speak for every user here") != std::string::npos);
}

TEST_CASE("config, sibling: a rule about addresses that nobody proves is worth a warning")
{
    auto const emails = route("limits: []", "{ emails: [\"*@corp.test\"] }");
    CHECK(complains(emails + "accounts: { require_verified_email: false }\n", "asks for addresses that nobody proves"));
    CHECK_FALSE(complains(emails + "accounts: { require_verified_email: false, registration: closed }\n", "nobody proves"));
    CHECK_FALSE(complains(emails, "nobody proves"));
}

TEST_CASE("config: a rule for networks is worth a warning where every client would be a proxy")
{
    auto const at = [](std::string const& networks) { return route("limits: []", "{ networks: " + networks + " }"); };
    std::string const outside = "listeners: [{ address: 0.0.0.0:80 }]\n";
    std::string const here = "listeners: [{ address: 127.0.0.1:80 }, { address: \"[::1]:80\" }]\n";
    struct
    {
        char const* situation;
        std::string text;
        char const* said; // empty: nothing
    } const rows[] = {
        {"the default listener, and nobody to name clients", at("10.0.0.0/8"), "listeners are for this machine alone"},
        {"loopback of both families", at("10.0.0.0/8") + here, "listeners are for this machine alone"},
        {"inside a list", route("limits: []", "{ any_of: [authenticated, { networks: 127.0.0.1 }] }"),
         "listeners are for this machine alone"},
        {"a proxy that is listed", at("10.0.0.0/8") + "trusted_proxies: 127.0.0.1\n", ""},
        {"reached from elsewhere", at("10.0.0.0/8") + outside, ""},
        {"a range of proxies", at("10.0.0.0/8") + outside + "trusted_proxies: 10.0.0.0/8\n", "asks for 10.0.0.0/8, where every"},
        {"part of one", at("[192.0.2.7, 10.1.0.0/16]") + outside + "trusted_proxies: 10.0.0.0/8\n",
         "asks for 10.1.0.0/16, where every"},
        {"part of one, inside a list",
         route("limits: []", "{ all_of: [authenticated, { networks: \"fd00:1::/32\" }] }") + outside +
             "trusted_proxies: \"fd00::/8\"\n",
         "asks for fd00:1::/32, where every"},
        {"everybody is believed", at("10.0.0.0/8") + outside + "trusted_proxies: 0.0.0.0/0\n",
         "asks for 10.0.0.0/8, where every"},
        {"more than the proxies", at("10.0.0.0/8") + outside + "trusted_proxies: 10.0.0.0/24\n", ""},
        {"no such rule", route("limits: []"), ""},
    };
    for (auto const& row : rows) {
        CAPTURE(row.situation);
        auto const warned = std::string_view{row.said};
        CHECK(complains(row.text, "would be a proxy") == !warned.empty());
        if (!warned.empty()) CHECK(complains(row.text, std::string{warned}));
    }
}

TEST_CASE("config: what looks at a credential has no place on a public rule")
{
    for (auto const* more :
         {"forward_credentials: true", "access_header: X-Access", "challenge: basic", "websocket: { token_by_protocol: true }"}) {
        CHECK_MESSAGE(complains(route(more, "public"), "has no effect with access: public"), more);
        CHECK_MESSAGE(!complains(route(more), "has no effect"), more);
        CHECK_MESSAGE(!complains(route(more, "optional"), "has no effect"), more);
        CHECK_MESSAGE(complains(route(more, "{ networks: 192.0.2.0/24 }"), "has no effect with access: networks"), more);
        CHECK_MESSAGE(complains(route(more, "{ all_of: [{ networks: 192.0.2.0/24 }] }"), "has no effect with access: networks"),
                      more);
        CHECK_MESSAGE(!complains(route(more, "{ any_of: [authenticated, { networks: 192.0.2.0/24 }] }"), "has no effect"), more);
    }
    CHECK(complains(route("access_header: X-Access, forward_credentials: true"), "stands beside access_header"));
}

TEST_CASE("config, sibling: with tokens from cookies alone no header and no subprotocol brings one")
{
    for (auto const* more : {"access_header: X-Access", "forward_credentials: true", "websocket: { token_by_protocol: true }"})
        CHECK_MESSAGE(
            complains(route(more) + "tokens: { access_transport: cookie }\n", "has no effect with tokens.access_transport"),
            more);
    CHECK_FALSE(complains(route("challenge: basic") + "tokens: { access_transport: cookie }\n", "has no effect"));
}

TEST_CASE("config, sibling: a header that means something already brings no token")
{
    for (auto const* name : {"Authorization", "Cookie", "Host", "X-Api-Key", "X-Forwarded-For", "x_yett_user", "Remote-User",
                             "Sec-Fetch-Mode", "Content-Type", "Origin", "Proxy-Authorization"}) {
        CHECK_MESSAGE(!config::may_bring_token(name), name);
        CHECK_MESSAGE(complains(route("access_header: " + std::string{name}), "is not a header that could bring an access token"),
                      name);
    }
    for (auto const* name : {"X-Access", "X-Auth-Token", "Private-Token", "Token"})
        CHECK_MESSAGE(config::may_bring_token(name), name);
}

TEST_CASE("config: types of tokens, limits and patterns are what they can be")
{
    CHECK_FALSE(complains(
        issuers_with("issuer: \"https://a.test\", types: [none, at+jwt, application/vnd.x+jwt], most_depth: 64, emails: trusted"),
        "tokens.issuers"));
    CHECK(complains(issuers_with("issuer: \"https://a.test\", types: []"), "types: is an empty list"));
    CHECK(complains(issuers_with("issuer: \"https://a.test\", types: [\"a b\"]"), "is no type of a token"));
    CHECK(complains(issuers_with("issuer: \"https://a.test\", most_depth: 65"), "most_depth"));
    CHECK(complains("version: 1\ntokens: { most_bytes: 1MiB }\n", "tokens.most_bytes"));
    CHECK(complains("version: 1\nidentity_headers: { too_long: cut }\n", "identity_headers.too_long"));
    CHECK(complains("version: 1\nidentity_headers: { roles: { only: [\"\"] } }\n", "identity_headers.roles.only[0]"));
}

TEST_CASE("config: names in certificates that nobody is asked for are a warning, where rules or headers want them")
{
    auto const asking = [](std::string const& clients) {
        return "listeners: [{ address: 127.0.0.1:1, tls: { certificates: [{ chain_file: good, key_file: good }]" + clients +
               " } }]\n";
    };
    auto const wanted = ", client_certificates: optional, client_ca_file: good";
    auto const by_rule = route("limits: []", "{ any_of: [authenticated, { certificates: \"*.internal\" }] }");
    auto const by_header = route("limits: []") + "identity_headers: { set: { X-Cert: cert_uri } }\n";
    constexpr auto about_rule = "warning: routes[0].access: asks for names of a certificate, and no listener";
    constexpr auto about_header = "warning: identity_headers.set.X-Cert: tells of a certificate, and no listener";
    CHECK(complains(by_rule, about_rule));
    CHECK(complains(by_rule + asking(""), about_rule));
    CHECK_FALSE(complains(by_rule + asking(wanted), about_rule));
    CHECK(complains(by_header, about_header));
    CHECK_FALSE(complains(by_header + asking(wanted), about_header));
}
