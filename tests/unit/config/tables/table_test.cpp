#include "section.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace yett::config {
namespace {

using namespace yett::tests;
using row_of = arrival<settings>;

constexpr auto base = R"(version: 1
upstreams: { app: { servers: http://127.0.0.1:9000 } }
routes: [{ name: all, match: { path: /** }, access: public, upstream: app }]
)";

std::map<std::string, row> described()
{
    std::vector<row> rows;
    describe_section({}, "", root_keys(), rows);
    std::map<std::string, row> all;
    for (auto& each : rows) all.emplace(each.path, each);
    return all;
}

std::set<std::string> required_of(std::map<std::string, row> const& all)
{
    std::set<std::string> paths;
    for (auto const& [path, each] : all)
        if (each.default_value.empty()) paths.insert(path);
    return paths;
}

} // namespace

TEST_CASE("root keys: what is written arrives")
{
    check_arrivals<settings>(
        root_keys(), base,
        {
            row_of{"workers: 3", [](settings const& s) { return s.workers == 3; }},
            row_of{"workers: auto", [](settings const& s) { return s.workers == 0; }},
            row_of{"trusted_proxies: 10.0.0.0/8", [](settings const& s) { return s.trusted_proxies.size() == 1; }},
            row_of{"trusted_proxies: [10.0.0.1, \"fd00::/8\"]",
                   [](settings const& s) { return s.trusted_proxies[0] == *parse_ip_prefix("10.0.0.1/32"); }},
            row_of{"trusted_proxies: []", [](settings const& s) { return s.trusted_proxies.empty(); }},
            row_of{"trusted_proxies_send: forwarded",
                   [](settings const& s) { return s.trusted_proxies_send == forwarding_family::forwarded; }},
            row_of{"trusted_proxies_send: x-forwarded",
                   [](settings const& s) { return s.trusted_proxies_send == forwarding_family::x_forwarded; }},
            row_of{"listeners: [{ address: 127.0.0.1:1 }, { address: 127.0.0.1:2 }]",
                   [](settings const& s) { return s.listeners.size() == 2 && s.listeners[1].address.port == 2; }},
            row_of{"limits: { mine: { rate: 1/s } }", [](settings const& s) { return s.limits.size() == 14; }},
            row_of{"limits: { login: { rate: 9/h } }",
                   [](settings const& s) { return s.limits.size() == 13 && s.limits.at("login").amount == 9; }},
        });
    check_bounds(root_keys(), base, {{"workers: $", "1", "0", "1024", "1025", "1 to 1024"}});
}

TEST_CASE("root keys: access tokens travel as those need who sign in")
{
    struct
    {
        char const* yaml;
        transport way;
    } const rows[] = {
        {"accounts: { pages: { enabled: true } }", transport::both},
        {"accounts: { pages: { enabled: false } }", transport::header},
        {"tokens: { refresh_transport: body }", transport::header},
        {"tokens: { refresh_transport: both }", transport::both},
        {"tokens: { access_transport: header }", transport::header},
        {"tokens: { access_transport: cookie }", transport::cookie},
        {"tokens: { access_transport: both }\naccounts: { pages: { enabled: false } }", transport::both},
    };
    for (auto const& row : rows) {
        CAPTURE(row.yaml);
        auto const out = read_as(root_keys(), std::string{base} + row.yaml + "\n");
        CHECK(out.complaints.empty());
        CHECK(out.value.tokens.access_transport == row.way);
    }
}

TEST_CASE("root keys: what has no default is what nobody could guess")
{
    CHECK(required_of(described()) ==
          std::set<std::string>{"limits.NAME.rate", "listeners[].address", "listeners[].tls.certificates",
                                "listeners[].tls.certificates[].chain_file", "listeners[].tls.certificates[].key_file", "routes",
                                "routes[].access", "routes[].match.path", "routes[].name", "routes[].redirect.to",
                                "routes[].rewrite.replace.from", "routes[].rewrite.replace.to",
                                "tokens.issuers[].algorithms", "tokens.issuers[].audience", "tokens.issuers[].issuer",
                                "upstreams", "upstreams.NAME.servers", "upstreams.NAME.servers[].url", "version"});
}

TEST_CASE("root keys: secrets come from files as well, and their default shows nothing")
{
    auto const all = described();
    for (auto const* path : {"tokens.secret", "tokens.keys.secret", "storage.listen_url"}) {
        CAPTURE(path);
        CHECK(all.at(path).type == "secret");
        CHECK(all.at(path).default_value == "null");
        CHECK(all.at(std::string{path} + "_file").type == "path");
    }
    for (auto const* path : {"storage.url", "shared_state.url", "mail.url"}) {
        CAPTURE(path);
        CHECK(all.at(path).type == "URL");
        CHECK(all.contains(std::string{path} + "_file"));
    }
}

TEST_CASE("root keys: what stands in the file is shown as it was read")
{
    struct
    {
        char const* path;
        char const* type;
        char const* shown;
        char const* allowed;
    } const rows[] = {
        {"workers", "number", "auto", "auto, 1 to 1024"},
        {"client_limits.body_bytes", "size", "10MiB", "0 to 1024GiB"},
        {"client_limits.least_rate", "size a second", "256B/s", "0 to 1GiB/s"},
        {"client_limits.target_bytes", "size", "null", "128B to 1MiB"},
        {"upstreams.NAME.connections_per_client", "number or percentage", "25%",
         "1 and more, 1% to 100% of `upstreams.NAME.connections`"},
        {"upstreams.NAME.host.as", "host", "null", ""},
        {"upstreams.NAME.servers[].weight", "number", "1", "1 to 1000"},
        {"upstreams.NAME.health.status", "list of codes", "[200-299]", "100 to 599, alone or as 200-299"},
        {"upstreams.NAME.ejection.most", "number or percentage", "50%", "1 and more, 1% to 100% of `upstreams.NAME.servers`"},
        {"routes[].limits", "list of texts", "[]", ""},
        {"tokens.issuers[].types", "list of words", "[none, JWT, at+jwt, okta-internal-at+jwt]", ""},
        {"limits.NAME.burst", "number", "amount of the rate", "1 to 1000000000"},
        {"tokens.session_ttl", "duration", "30d, or refresh_ttl when that is longer", "1m to 3650d"},
        {"accounts.pages.color", "colour", "\"#2f5d50\"", ""},
        {"logging.access", "path", "stdout", "off, stdout, stderr, or a path"},
        {"management.address", "address", "127.0.0.1:4090", "IP:PORT, [IPv6]:PORT"},
        {"tracing.sample", "fraction", "0.01", "0 to 1"},
    };
    auto const all = described();
    for (auto const& row : rows) {
        CAPTURE(row.path);
        CHECK(all.at(row.path).type == row.type);
        CHECK(all.at(row.path).default_value == row.shown);
        CHECK(all.at(row.path).allowed == row.allowed);
    }
}

} // namespace yett::config
