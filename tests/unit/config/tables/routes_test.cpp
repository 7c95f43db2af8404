#include "section.hpp"

namespace yett::config {
namespace {

using namespace std::chrono_literals;
using namespace yett::tests;
using policies::cors_spec;
using policies::route_spec;
using kind = policies::access_spec::kind;
using arrives = arrival<route_spec>;
using texts = std::vector<std::string>;

constexpr auto base = "name: r\nmatch: { path: / }\naccess: public\nupstream: app\n";
constexpr auto without_access = "name: r\nmatch: { path: / }\nupstream: app\n";
constexpr auto without_match = "name: r\naccess: public\nupstream: app\n";
constexpr auto allowed =
    "public, optional, authenticated, or a mapping with one of roles, scopes, users, emails, networks, certificates, "
    "any_of, all_of, and recent_login\n";

} // namespace

TEST_CASE("route keys: what is written arrives in the rule")
{
    check_arrivals<route_spec>(
        route_keys(), base,
        {
            arrives{"limits: a", [](route_spec const& r) { return r.limits == texts{"a"}; }},
            arrives{"limits: [a, b]",
                    [](route_spec const& r) {
                        return r.limits == texts{"a", "b"};
                    }},
            arrives{"limits: []", [](route_spec const& r) { return r.limits.empty(); }},
            arrives{"body_bytes: 1KiB", [](route_spec const& r) { return r.body_bytes == 1024u; }},
            arrives{"body_bytes: 0", [](route_spec const& r) { return r.body_bytes == 0u; }},
            arrives{"stream: true", [](route_spec const& r) { return r.stream && !r.body_bytes; }},
            arrives{"encoded_slash: allow", [](route_spec const& r) { return r.encoded_slash_allowed; }},
            arrives{"encoded_slash: reject", [](route_spec const& r) { return !r.encoded_slash_allowed; }},
            arrives{"paths: lenient", [](route_spec const& r) { return r.lenient_paths; }},
            arrives{"paths: strict", [](route_spec const& r) { return !r.lenient_paths; }},
            arrives{"double_encoding: allow", [](route_spec const& r) { return r.double_encoding_allowed; }},
            arrives{"double_encoding: judge", [](route_spec const& r) { return !r.double_encoding_allowed; }},
            arrives{"websocket: {}", [](route_spec const& r) { return r.websocket && r.websocket->allowed_origins.empty(); }},
            arrives{"websocket: { allowed_origins: https://a.example }",
                    [](route_spec const& r) { return r.websocket->allowed_origins == texts{"https://a.example"}; }},
            arrives{"websocket: { allowed_origins: [\"*\", \"null\", \"file://\", \"capacitor://localhost\"] }",
                    [](route_spec const& r) { return r.websocket->allowed_origins.size() == 4; }},
            arrives{"websocket: { idle_timeout: 1h }", [](route_spec const& r) { return r.websocket->idle_timeout == 1h; }},
            arrives{"websocket: { token_by_protocol: true }", [](route_spec const& r) { return r.websocket->token_by_protocol; }},
            arrives{"request_headers: { pass: X-Method }",
                    [](route_spec const& r) { return r.request_headers.pass == texts{"X-Method"}; }},
            arrives{
                "request_headers: { set: { X-A: one, X-B: null } }",
                [](route_spec const& r) {
                    return r.request_headers.set == std::vector<std::pair<std::string, std::string>>{{"X-A", "one"}, {"X-B", ""}};
                }},
            arrives{"request_headers: { remove: [X-A, X-B] }",
                    [](route_spec const& r) {
                        return r.request_headers.remove == texts{"X-A", "X-B"};
                    }},
            arrives{"request_headers: {}", [](route_spec const& r) { return r.request_headers.empty(); }},
            arrives{"cors: {}", [](route_spec const& r) { return r.cors && r.cors->origins.empty(); }},
            arrives{"cors: null", [](route_spec const& r) { return !r.cors; }},
            arrives{"challenge: basic", [](route_spec const& r) { return r.challenge == policies::challenge::basic; }},
            arrives{"challenge: bearer", [](route_spec const& r) { return r.challenge == policies::challenge::bearer; }},
            arrives{"access_header: X-Token", [](route_spec const& r) { return r.access_header == "X-Token"; }},
            arrives{"access_header: null", [](route_spec const& r) { return r.access_header.empty(); }},
            arrives{"forward_credentials: true", [](route_spec const& r) { return r.forward_credentials; }},
            arrives{"mode: report_only", [](route_spec const& r) { return r.mode == policies::enforcement::report_only; }},
            arrives{"mode: enforce", [](route_spec const& r) { return r.mode == policies::enforcement::enforce; }},
        });
    check_arrivals<route_spec>(
        route_keys(), without_match,
        {
            arrives{"match: { path: /a }", [](route_spec const& r) { return r.match.path == "/a" && r.match.host.empty(); }},
            arrives{"match: { path: /a, host: a.example }", [](route_spec const& r) { return r.match.host == "a.example"; }},
            arrives{"match: { path: /a, host: null }", [](route_spec const& r) { return r.match.host.empty(); }},
            arrives{"match: { path: /a, methods: GET }", [](route_spec const& r) { return r.match.methods == texts{"GET"}; }},
            arrives{"match: { path: /a, methods: [GET, PUT] }", [](route_spec const& r) { return r.match.methods.size() == 2; }},
            arrives{"match: { path: /a, case: insensitive }", [](route_spec const& r) { return r.match.any_case; }},
            arrives{"match: { path: /a, case: sensitive }", [](route_spec const& r) { return !r.match.any_case; }},
        });
}

TEST_CASE("route keys: who may pass")
{
    check_arrivals<route_spec>(
        route_keys(), without_access,
        {
            arrives{"access: public", [](route_spec const& r) { return r.access.is == kind::public_; }},
            arrives{"access: optional", [](route_spec const& r) { return r.access.is == kind::optional; }},
            arrives{"access: authenticated", [](route_spec const& r) { return r.access.is == kind::authenticated; }},
            arrives{"access: { roles: admin }",
                    [](route_spec const& r) { return r.access.is == kind::roles && r.access.values == texts{"admin"}; }},
            arrives{"access: { roles: [admin, staff] }",
                    [](route_spec const& r) {
                        return r.access.values == texts{"admin", "staff"};
                    }},
            arrives{"access: { scopes: [read, write] }", [](route_spec const& r) { return r.access.is == kind::scopes; }},
            arrives{"access: { users: [u1] }", [](route_spec const& r) { return r.access.is == kind::users; }},
            arrives{"access: { emails: \"*@example.com\" }", [](route_spec const& r) { return r.access.is == kind::emails; }},
            arrives{
                "access: { certificates: [\"spiffe://example.org/**\", \"*.internal\"] }",
                [](route_spec const& r) {
                    return r.access.is == kind::certificates && r.access.values == texts{"spiffe://example.org/**", "*.internal"};
                }},
            arrives{"access: { networks: 10.0.0.0/8 }",
                    [](route_spec const& r) {
                        return r.access.is == kind::networks && r.access.networks == std::vector{*parse_ip_prefix("10.0.0.0/8")};
                    }},
            arrives{
                "access: { networks: [192.0.2.7, \"2001:db8::/32\"] }",
                [](route_spec const& r) {
                    return r.access.networks == std::vector{*parse_ip_prefix("192.0.2.7/32"), *parse_ip_prefix("2001:db8::/32")};
                }},
            arrives{"access: { any_of: [authenticated, { networks: \"fd00::/8\" }] }",
                    [](route_spec const& r) { return r.access.parts[1].networks[0] == *parse_ip_prefix("fd00::/8"); }},
            arrives{"access: { recent_login: 5m }",
                    [](route_spec const& r) { return r.access.is == kind::authenticated && r.access.recent_login == 5min; }},
            arrives{"access: { roles: admin, recent_login: 1h }",
                    [](route_spec const& r) { return r.access.is == kind::roles && r.access.recent_login == 1h; }},
            arrives{"access: { any_of: [authenticated, { roles: admin }] }",
                    [](route_spec const& r) { return r.access.is == kind::any_of && r.access.parts[1].is == kind::roles; }},
            arrives{"access: { all_of: [{ scopes: a }, { any_of: [{ users: u }, { emails: e@example.com }] }] }",
                    [](route_spec const& r) {
                        return r.access.is == kind::all_of && r.access.parts[1].parts[1].values == texts{"e@example.com"};
                    }},
        });
    check_bounds(route_keys(), without_access, {{"access: { recent_login: $ }", "1s", "0s", "365d", "366d", "1s to 365d"}});
    check_refusals(
        route_keys(), without_access,
        {
            {"access: private", std::string{"access: \"private\" is unknown; allowed: "} + allowed},
            {"access: [public]", std::string{"access: is no condition; allowed: "} + allowed},
            {"access: {}", std::string{"access: holds no condition; allowed: "} + allowed},
            {"access: { roles: a, users: b }",
             "access.users: stands beside another condition; all_of or any_of combines several\n"},
            {"access: { roles: a, any_of: [public] }",
             "access.any_of: stands beside another condition; all_of or any_of combines several\n"},
            {"access: { roles: [] }", "access.roles: is an empty list; at least one entry is wanted\n"},
            {"access: { certificates: [] }", "access.certificates: is an empty list; at least one entry is wanted\n"},
            {"access: { certificates: a.internal, emails: a@b.c }",
             "access.certificates: stands beside another condition; all_of or any_of combines several\n"},
            {"access: { networks: [] }", "access.networks: is an empty list; at least one entry is wanted\n"},
            {"access: { networks: [10.0.0.1/8, office] }",
             "access.networks[0]: \"10.0.0.1/8\" is not a range of addresses; allowed are an address or a CIDR block without bits "
             "behind its prefix, as in 10.0.0.0/8 or fd00::/8\n"
             "access.networks[1]: \"office\" is not a range of addresses; allowed are an address or a CIDR block without bits "
             "behind its prefix, as in 10.0.0.0/8 or fd00::/8\n"},
            {"access: { networks: 10.0.0.0/8, roles: a }",
             "access.networks: stands beside another condition; all_of or any_of combines several\n"},
            {"access: { any_of: [] }", "access.any_of: is an empty list; at least one entry is wanted\n"},
            {"access: { role: admin }", "access.role: is unknown; did you mean roles?\n"},
            {"access: { any_of: [nobody] }", std::string{"access.any_of[0]: \"nobody\" is unknown; allowed: "} + allowed},
            {"access: { roles: [\"\"] }", "access.roles[0]: \"\" is empty\n"},
            {"mode: enforce", "access: is missing and has no default\n"},
        });
}

TEST_CASE("route keys: bounds, and what cannot be")
{
    check_bounds(route_keys(), base,
                 {
                     {"body_bytes: $", "0", nullptr, "1024GiB", nullptr, "0 to 1024GiB"},
                     {"websocket: { idle_timeout: $ }", "1s", "0s", "7d", "8d", "1s to 7d"},
                     {"cors: { max_age: $ }", "0s", nullptr, "1d", "25h", "0s to 1d"},
                 });
    check_refusals(
        route_keys(), base,
        {
            {"stream: yes", "stream: \"yes\" is not a boolean; allowed: true, false\n"},
            {"encoded_slash: pass", "encoded_slash: \"pass\" is unknown; allowed: reject, allow\n"},
            {"paths: loose", "paths: \"loose\" is unknown; allowed: strict, lenient\n"},
            {"double_encoding: reject", "double_encoding: \"reject\" is unknown; allowed: judge, allow\n"},
            {"challenge: digest", "challenge: \"digest\" is unknown; allowed: bearer, basic\n"},
            {"mode: off", "mode: \"off\" is unknown; allowed: enforce, report_only\n"},
            {"access_header: Authorization",
             "access_header: \"Authorization\" is not a header that could bring an access token\n"},
            {"access_header: Cookie", "access_header: \"Cookie\" is not a header that could bring an access token\n"},
            {"access_header: X Token",
             "access_header: \"X Token\" is not the name of a header; letters, digits and - are allowed\n"},
            {"websocket: { allowed_origins: [] }", "websocket.allowed_origins: is an empty list; at least one entry is wanted\n"},
            {"request_headers: { set: one }", "request_headers.set: is not a mapping; keys and values are wanted\n"},
        });
    check_refusals(route_keys(), "",
                   {{"{}", "name: is missing and has no default\n"
                           "match: is missing and has no default\n"
                           "access: is missing and has no default\n"
                           "upstream: is missing; a rule has one of upstream, redirect and respond\n"}});
    check_refusals(route_keys(), without_match,
                   {
                       {"match: {}", "match.path: is missing and has no default\n"},
                       {"match: { path: / , methods: [] }", "match.methods: is an empty list; at least one entry is wanted\n"},
                       {"match: { path: /, case: any }", "match.case: \"any\" is unknown; allowed: sensitive, insensitive\n"},
                   });
}

TEST_CASE("cors keys: what is written arrives")
{
    using c = arrival<cors_spec>;
    for (auto const* keys : {&cors_keys(), &account_cors_keys()})
        check_arrivals<cors_spec>(
            *keys, "",
            {
                c{"origins: https://a.example", [](cors_spec const& s) { return s.origins == texts{"https://a.example"}; }},
                c{"origins: \"*\"", [](cors_spec const& s) { return s.origins == texts{"*"}; }},
                c{"origins: [\"null\", \"file://\"]",
                  [](cors_spec const& s) {
                      return s.origins == texts{"null", "file://"};
                  }},
                c{"methods: [DELETE, M-SEARCH]",
                  [](cors_spec const& s) {
                      return s.methods == texts{"DELETE", "M-SEARCH"};
                  }},
                c{"methods: \"*\"", [](cors_spec const& s) { return s.methods == texts{"*"}; }},
                c{"headers: [authorization, X_odd]", [](cors_spec const& s) { return s.headers.size() == 2; }},
                c{"expose: \"*\"", [](cors_spec const& s) { return s.expose == texts{"*"}; }},
                c{"origins: https://a.example\ncredentials: true", [](cors_spec const& s) { return s.credentials; }},
                c{"max_age: 0s", [](cors_spec const& s) { return s.max_age == 0s; }},
            });
    check_arrivals<cors_spec>(
        cors_keys(), "",
        {
            c{"preflight: forward", [](cors_spec const& s) { return s.preflights == cors_spec::preflight::forward; }},
            c{"preflight: answer", [](cors_spec const& s) { return s.preflights == cors_spec::preflight::answer; }},
        });
}

TEST_CASE("cors keys: what a cookie opens is read by pages that are listed, and by nobody else")
{
    auto const open = [](std::string const& at, std::string const& origin) {
        return at + ": \"" + origin +
               "\" names nobody in particular, and with credentials: true every such page could read what the cookies of its "
               "visitors open\n";
    };
    auto const star = ": \"*\" is a name like any other to browsers where credentials is true\n";
    check_refusals(cors_keys(), "",
                   {
                       {"credentials: true", "credentials: is true and no origin is listed that it could be for\n"},
                       {"credentials: true\norigins: [\"*\"]", open("origins[0]", "*")},
                       {"credentials: true\norigins: [https://a.example, \"null\"]", open("origins[1]", "null")},
                       {"credentials: true\norigins: [\"file://\"]", open("origins[0]", "file://")},
                       {"credentials: true\norigins: https://a.example\nmethods: \"*\"", "methods[0]" + std::string{star}},
                       {"credentials: true\norigins: https://a.example\nheaders: [a, \"*\"]", "headers[1]" + std::string{star}},
                       {"credentials: true\norigins: https://a.example\nexpose: \"*\"", "expose[0]" + std::string{star}},
                       {"methods: delete", "methods: \"delete\" is no method; capitals are allowed, as in DELETE, and \"*\"\n"},
                       {"headers: \"a b\"", "headers: \"a b\" is no header name\n"},
                       {"headers: \"\"", "headers: \"\" is no header name\n"},
                   });
    check_refusals(account_cors_keys(), "",
                   {{"preflight: answer",
                     "preflight: is unknown; allowed here: credentials, expose, headers, max_age, methods, origins\n"}});
}

} // namespace yett::config
