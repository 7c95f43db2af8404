#include "section.hpp"

namespace yett::config {
namespace {

using namespace std::chrono_literals;
using namespace yett::tests;
using std::chrono::days;
using arrives = arrival<tokens>;
using texts = std::vector<std::string>;

// One other issuer with what a test says beside what it needs.
std::string other(std::string const& rest, std::string const& keys = "jwks_file: k")
{
    return "issuers: [{ issuer: https://idp.example, audience: api, algorithms: RS256" + (keys.empty() ? "" : ", " + keys) +
           (rest.empty() ? "" : ", " + rest) + " }]";
}

} // namespace

TEST_CASE("token keys: what is written arrives")
{
    check_arrivals<tokens>(
        token_keys(), "",
        {
            arrives{"issuer: https://a.example", [](tokens const& t) { return t.issuer == "https://a.example"; }},
            arrives{"audience: web", [](tokens const& t) { return t.audience == texts{"web"}; }},
            arrives{"audience: [web, api]",
                    [](tokens const& t) {
                        return t.audience == texts{"web", "api"};
                    }},
            arrives{"algorithm: ES256", [](tokens const& t) { return t.algorithm == signature_algorithm::es256; }},
            arrives{"algorithm: EdDSA", [](tokens const& t) { return t.algorithm == signature_algorithm::eddsa; }},
            arrives{"algorithm: RS256", [](tokens const& t) { return t.algorithm == signature_algorithm::rs256; }},
            arrives{"algorithm: HS256", [](tokens const& t) { return t.algorithm == signature_algorithm::hs256; }},
            arrives{"secret: abc", [](tokens const& t) { return t.secret.reveal() == "abc"; }},
            arrives{"secret_file: good", [](tokens const& t) { return t.secret.reveal() == good_secret; }},
            arrives{"keys: { directory: k }", [](tokens const& t) { return t.keys.directory == "k"; }},
            arrives{"keys: { directory: null }", [](tokens const& t) { return t.keys.directory.empty(); }},
            arrives{"keys: { secret: sixteen-bytes-it-is }", [](tokens const& t) { return !t.keys.secret.empty(); }},
            arrives{"keys: { secret_file: good }", [](tokens const& t) { return t.keys.secret.reveal() == good_secret; }},
            arrives{"keys: { rotate_every: 60d }", [](tokens const& t) { return t.keys.rotate_every == days{60}; }},
            arrives{"keys: { publish_before: 2d }", [](tokens const& t) { return t.keys.publish_before == days{2}; }},
            arrives{"keys: { keep_for: 10d }", [](tokens const& t) { return t.keys.keep_for == days{10}; }},
            arrives{"access_ttl: 5m", [](tokens const& t) { return t.access_ttl == 5min; }},
            arrives{"refresh_ttl: 1d", [](tokens const& t) { return t.refresh_ttl == days{1}; }},
            arrives{"session_ttl: 90d", [](tokens const& t) { return t.session_ttl == days{90}; }},
            arrives{"refresh_transport: cookie", [](tokens const& t) { return t.refresh_transport == transport::cookie; }},
            arrives{"refresh_transport: body", [](tokens const& t) { return t.refresh_transport == transport::body; }},
            arrives{"refresh_transport: both", [](tokens const& t) { return t.refresh_transport == transport::both; }},
            arrives{"access_transport: auto", [](tokens const& t) { return t.access_transport == transport::automatic; }},
            arrives{"access_transport: header", [](tokens const& t) { return t.access_transport == transport::header; }},
            arrives{"access_transport: cookie", [](tokens const& t) { return t.access_transport == transport::cookie; }},
            arrives{"access_transport: both", [](tokens const& t) { return t.access_transport == transport::both; }},
            arrives{"refresh_grace: 0s", [](tokens const& t) { return t.refresh_grace == 0s; }},
            arrives{"clock_skew: 1m", [](tokens const& t) { return t.clock_skew == 1min; }},
            arrives{"most_bytes: 8KiB", [](tokens const& t) { return t.most_bytes == 8u << 10; }},
            arrives{"cache: { ttl: 1m }", [](tokens const& t) { return t.cache.ttl == 1min; }},
            arrives{"cache: { bytes: 1GiB }", [](tokens const& t) { return t.cache.bytes == 1u << 30; }},
        });
}

TEST_CASE("token keys: what is written of other issuers arrives")
{
    check_arrivals<tokens>(
        token_keys(), "",
        {
            arrives{other(""), [](tokens const& t) { return t.issuers[0].iss == "https://idp.example"; }},
            arrives{other(""), [](tokens const& t) { return t.issuers[0].name == "idp.example" && !t.issuers[0].bare_subjects; }},
            arrives{other(""),
                    [](tokens const& t) { return t.issuers[0].jwks_file == "k" && t.issuers[0].audience == texts{"api"}; }},
            arrives{other("name: shop"), [](tokens const& t) { return t.issuers[0].name == "shop"; }},
            arrives{other("bare_subjects: true"), [](tokens const& t) { return t.issuers[0].bare_subjects; }},
            arrives{other("emails: trusted"), [](tokens const& t) { return t.issuers[0].emails == believed_emails::trusted; }},
            arrives{other("emails: verified"), [](tokens const& t) { return t.issuers[0].emails == believed_emails::verified; }},
            arrives{other("types: [none, at+jwt]"),
                    [](tokens const& t) {
                        return t.issuers[0].types == texts{"none", "at+jwt"};
                    }},
            arrives{other("most_depth: 8"), [](tokens const& t) { return t.issuers[0].most_depth == 8; }},
            arrives{other("", "jwks_url: https://idp.example/keys"),
                    [](tokens const& t) { return t.issuers[0].jwks_url == "https://idp.example/keys"; }},
            arrives{other("", "jwks_url: http://127.0.0.1:8080/keys, private_addresses: true"),
                    [](tokens const& t) { return t.issuers[0].private_addresses; }},
            arrives{other("", "discovery: true"), [](tokens const& t) { return t.issuers[0].discovery; }},
            arrives{other("ca_file: ca"), [](tokens const& t) { return t.issuers[0].ca_file == "ca"; }},
            arrives{other("redirects: true"), [](tokens const& t) { return t.issuers[0].redirects; }},
            arrives{other("timeout: 3s"), [](tokens const& t) { return t.issuers[0].timeout == 3s; }},
            arrives{other("refresh: { least: 5m }"), [](tokens const& t) { return t.issuers[0].refresh.least == 5min; }},
            arrives{other("refresh: { most: 12h }"), [](tokens const& t) { return t.issuers[0].refresh.most == 12h; }},
            arrives{other("claims: { user: uid }"), [](tokens const& t) { return t.issuers[0].claims.user == "uid"; }},
            arrives{other("claims: { email: mail }"), [](tokens const& t) { return t.issuers[0].claims.email == "mail"; }},
            arrives{other("claims: { roles: realm.roles }"),
                    [](tokens const& t) { return t.issuers[0].claims.roles == "realm.roles"; }},
            arrives{other("claims: { scopes: scp }"), [](tokens const& t) { return t.issuers[0].claims.scopes == "scp"; }},
        });
}

TEST_CASE("token keys: every algorithm that another may sign with has its word")
{
    using enum signature_algorithm;
    struct
    {
        char const* word;
        signature_algorithm is;
    } const rows[] = {
        {"ES256", es256}, {"ES384", es384}, {"ES512", es512}, {"EdDSA", eddsa}, {"Ed25519", eddsa}, {"RS256", rs256},
        {"RS384", rs384}, {"RS512", rs512}, {"PS256", ps256}, {"PS384", ps384}, {"PS512", ps512},   {"HS256", hs256},
    };
    for (auto const& row : rows) {
        CAPTURE(row.word);
        auto const yaml =
            std::string{"issuers: [{ issuer: https://i.example, audience: a, jwks_file: k, algorithms: "} + row.word;
        auto const out = read_as(token_keys(), yaml + " }]\n");
        CHECK(out.complaints.empty());
        CHECK(out.value.issuers.at(0).algorithms == std::vector{row.is});
    }
}

TEST_CASE("token keys: their bounds")
{
    auto const issuer = other("most_depth: $");
    auto const timeout = other("timeout: $");
    auto const least = other("refresh: { least: $, most: 1d }");
    auto const most = other("refresh: { least: 1s, most: $ }");
    check_bounds(token_keys(), "",
                 {
                     {"keys: { publish_before: 1s, rotate_every: $ }", "2s", "1s", "3650d", "3651d", "2s to 3650d"},
                     {"keys: { rotate_every: 31d, publish_before: $ }", "1s", "0s", "30d", "31d", "1s to 30d"},
                     {"access_ttl: 10s\nclock_skew: 0s\nkeys: { keep_for: $ }", "10s", "9s", "365d", "366d", "10s to 365d"},
                     {"access_ttl: $", "10s", "9s", "1d", "25h", "10s to 1d"},
                     {"session_ttl: 3650d\naccess_ttl: 10s\nrefresh_ttl: $", "1m", "59s", "3650d", "3651d", "1m to 3650d"},
                     {"refresh_ttl: 1m\naccess_ttl: 10s\nsession_ttl: $", "1m", "59s", "3650d", "3651d", "1m to 3650d"},
                     {"refresh_grace: $", "0s", nullptr, "5m", "301s", "0s to 5m"},
                     {"clock_skew: $", "0s", nullptr, "5m", "301s", "0s to 5m"},
                     {"most_bytes: $", "1KiB", "1023B", "48KiB", "49KiB", "1KiB to 48KiB"},
                     {"cache: { ttl: $ }", "0s", nullptr, "5m", "301s", "0s to 5m"},
                     {"cache: { bytes: $ }", "1MiB", "1023KiB", "64GiB", "65GiB", "1MiB to 64GiB"},
                     {issuer, "2", "1", "64", "65", "2 to 64"},
                     {timeout, "100ms", "99ms", "1m", "61s", "100ms to 1m"},
                     {least, "1s", "0s", "1h", "61m", "1s to 1h"},
                     {most, "1s", "0s", "1d", "25h", "1s to 1d"},
                 });
}

TEST_CASE("token keys: what could never work")
{
    check_refusals(
        token_keys(), "",
        {
            {"keys: { secret: fifteen-bytes-- }",
             "keys.secret: is shorter than 16 bytes; whoever has the files could guess it\n"},
            {"keys: { rotate_every: 1d, publish_before: 1d }",
             "keys.publish_before: is not shorter than rotate_every; a key would never be the youngest\n"},
            {"session_ttl: 1d", "session_ttl: is shorter than refresh_ttl, which could never be reached\n"},
            {"access_ttl: 1d\nrefresh_ttl: 1h", "refresh_ttl: is shorter than access_ttl; refreshing would never be possible\n"},
            {"access_ttl: 1h\nkeys: { keep_for: 1h }",
             "keys.keep_for: is shorter than access_ttl and clock_skew; good tokens would be refused\n"},
            {"access_ttl: 1h\nclock_skew: 0s\nkeys: { keep_for: 1h }", ""},
            {"algorithm: ES384", "algorithm: \"ES384\" is unknown; allowed: ES256, EdDSA, RS256, HS256\n"},
            {"refresh_transport: header", "refresh_transport: \"header\" is unknown; allowed: cookie, body, both\n"},
            {"access_transport: body", "access_transport: \"body\" is unknown; allowed: auto, header, cookie, both\n"},
            {"audience: []", "audience: is an empty list; at least one entry is wanted\n"},
        });
}

TEST_CASE("token keys: an issuer has one source of keys, and keys come over TLS")
{
    auto const clear = [](std::string const& path, std::string const& url) {
        return "issuers[0]." + path + ": \"" + url +
               "\" is not an https URL; keys come over nothing else, but for those of this machine with private_addresses: "
               "true\n";
    };
    auto const exactly = [](std::string const& given) { return "issuers[0]: " + given + " given; exactly one is wanted\n"; };
    check_refusals(
        token_keys(), "",
        {
            {other("", ""), exactly("none of jwks_file, jwks_url and discovery: true is")},
            {other("discovery: true"), exactly("several of jwks_file, jwks_url and discovery: true are")},
            {other("jwks_url: https://idp.example/k"), exactly("several of jwks_file, jwks_url and discovery: true are")},
            {other("", "jwks_url: http://idp.example/k"), clear("jwks_url", "http://idp.example/k")},
            {other("", "jwks_url: http://127.0.0.1/k"), clear("jwks_url", "http://127.0.0.1/k")},
            {other("", "jwks_url: http://idp.example/k, private_addresses: true"), clear("jwks_url", "http://idp.example/k")},
            {"issuers: [{ issuer: http://idp.example, audience: a, algorithms: RS256, discovery: true }]",
             clear("issuer", "http://idp.example")},
            {"issuers: [{ issuer: https://idp.example, audience: a, algorithms: HS256, discovery: true }]",
             "issuers[0].algorithms: HS256 needs a shared secret, which only jwks_file can hold\n"},
            {other("refresh: { least: 1h, most: 30m }"), "issuers[0].refresh.most: is shorter than least\n"},
            {"issuers: [{ issuer: \"urn:idp\", audience: a, algorithms: RS256, jwks_file: k }]",
             "issuers[0].name: is missing; `issuer` has no host that could be it\n"},
            {"issuers: [{ issuer: \"urn:idp\", name: shop, audience: a, algorithms: RS256, jwks_file: k }]", ""},
        });
}

TEST_CASE("token keys: no two issuers share what their tokens or subjects are told apart by")
{
    auto const two = [](std::string const& first, std::string const& second) {
        auto const rest = ", audience: a, algorithms: RS256, jwks_file: k }";
        return "issuers: [{ " + first + rest + ", { " + second + rest + "]";
    };
    check_refusals(token_keys(), "issuer: https://ours.example\n",
                   {
                       {two("issuer: https://a.example", "issuer: https://b.example"), ""},
                       {two("issuer: https://a.example", "issuer: https://a.example"),
                        "issuers[1].issuer: is an issuer that is configured already\n"},
                       {two("issuer: https://ours.example", "issuer: https://b.example"),
                        "issuers[0].issuer: is an issuer that is configured already\n"},
                       {two("issuer: https://a.example/one", "issuer: https://a.example/two"),
                        "issuers[1].name: is a.example like that of an earlier issuer; each is wanted only once\n"},
                       {two("issuer: https://a.example, name: Shop", "issuer: https://b.example, name: shop"),
                        "issuers[1].name: is shop like that of an earlier issuer; each is wanted only once\n"},
                       {two("issuer: https://a.example, name: Service", "issuer: https://b.example"),
                        "issuers[0].name: is what service accounts begin with; another is wanted\n"},
                   });
}

} // namespace yett::config
