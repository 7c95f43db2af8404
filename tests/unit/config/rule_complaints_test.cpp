#include "world.hpp"

#include <doctest/doctest.h>

using namespace yett::tests;

namespace {

constexpr char const* rules_of_app = R"(routes:
  - { name: all, match: { path: "/**" }, access: authenticated, upstream: app }
)";
constexpr char const* app_and_routes = R"(upstreams:
  app: { servers: ["http://127.0.0.1:9000"] }
routes:
  - )";

} // namespace

TEST_CASE("config: upstreams")
{
    check(
        {
            {"{ servers: [] }\n", R"(
yett.yaml:4:19: upstreams.app.servers: is an empty list; at least one entry is wanted
)"},
            {"{}\n", R"(
yett.yaml:4:8: upstreams.app.servers: is missing and has no default
)"},
            {R"({ servers: "http://a" }
)",
             R"(
)"},
            {R"({ servers: [ "127.0.0.1:9000", "ftp://a", "http://", "http://a/b", "http://a:0", "http://[::1", "http://[::1]", "http://a..b", "http://1.2.3" ] }
)",
             R"(
yett.yaml:4:21: upstreams.app.servers[0]: "127.0.0.1:9000" is not the URL of a server; allowed: http://HOST:PORT, https://HOST:PORT, h2c://HOST:PORT, unix:/PATH
yett.yaml:4:39: upstreams.app.servers[1]: "ftp://a" is not the URL of a server; allowed: http://HOST:PORT, https://HOST:PORT, h2c://HOST:PORT, unix:/PATH
yett.yaml:4:50: upstreams.app.servers[2]: "http://" is not the URL of a server; a host and a port are allowed behind the scheme and nothing else, as in http://127.0.0.1:9000
yett.yaml:4:61: upstreams.app.servers[3]: "http://a/b" is not the URL of a server; a host and a port are allowed behind the scheme and nothing else, as in http://127.0.0.1:9000
yett.yaml:4:75: upstreams.app.servers[4]: "http://a:0" is not the URL of a server; a host and a port are allowed behind the scheme and nothing else, as in http://127.0.0.1:9000
yett.yaml:4:89: upstreams.app.servers[5]: "http://[::1" is not the URL of a server; a host and a port are allowed behind the scheme and nothing else, as in http://127.0.0.1:9000
yett.yaml:4:120: upstreams.app.servers[7]: "http://a..b" is not the URL of a server; a host and a port are allowed behind the scheme and nothing else, as in http://127.0.0.1:9000
yett.yaml:4:135: upstreams.app.servers[8]: "http://1.2.3" is not the URL of a server; a host and a port are allowed behind the scheme and nothing else, as in http://127.0.0.1:9000
)"},
            {R"({ servers: "http://a", tls: { ca_file: gone, key_file: open } }
)",
             R"(
yett.yaml:4:36: upstreams.app.tls: certificate_file and key_file belong together; one is missing
yett.yaml:4:36: upstreams.app.tls: is for https servers, and there is none
yett.yaml:4:47: upstreams.app.tls.ca_file: gone cannot be read: No such file or directory
yett.yaml:4:63: warning: upstreams.app.tls.key_file: open is a private key that others can read; its mode should be 0600, or 0640 when root owns it
)"},
            {R"({ servers: "http://a", balance: random, retries: 11, connect_timeout: 1ms }
)",
             R"(
yett.yaml:4:40: upstreams.app.balance: "random" is unknown; allowed: round_robin, least_requests, consistent_hash
yett.yaml:4:57: upstreams.app.retries: "11" is out of range; 0 to 10 is allowed
yett.yaml:4:78: upstreams.app.connect_timeout: "1ms" is out of range; 10ms to 5m is allowed
)"},
            {R"({ servers: "unix:app.sock" }
)",
             R"(
yett.yaml:4:19: upstreams.app.servers: "unix:app.sock" is not the URL of a server; an absolute path of at most 107 bytes is allowed, as in unix:/run/app.sock
)"},
            {R"({ servers: "http://a", host: { send: client }, reply_header_bytes: 100B, reply_header_fields: 5000 }
)",
             R"(
yett.yaml:4:45: upstreams.app.host.send: "client" is unknown; allowed: pass, server
yett.yaml:4:75: upstreams.app.reply_header_bytes: "100B" is out of range; 1KiB to 1MiB is allowed
yett.yaml:4:102: upstreams.app.reply_header_fields: "5000" is out of range; 10 to 2000 is allowed
)"},
            {R"({ servers: "http://a", host: { as: "a/b" } }
)",
             R"(
yett.yaml:4:43: upstreams.app.host.as: "a/b" is not a host, with a port perhaps, as in app.internal:8080
)"},
            {R"({ servers: "http://a", host: { as: "http://a" } }
)",
             R"(
yett.yaml:4:43: upstreams.app.host.as: "http://a" is not a host, with a port perhaps, as in app.internal:8080
)"},
            {R"({ servers: "http://a", host: { send: pass, as: b } }
)",
             R"(
yett.yaml:4:55: upstreams.app.host.as: stands beside send: pass; one of the two is meant
)"},
            {R"({ servers: "http://a", host: { send: server, as: "[::1]:80" } }
)",
             R"(
)"},
            {R"({ servers: "http://localhost:4080" }
)",
             R"(
yett.yaml:4:19: upstreams.app.servers[0]: is a listener of this gateway; requests would go round in circles
)"},
            {R"({ servers: "http://a", health: null, ejection: ~, tls: null }
)",
             R"(
)"},
        },
        std::string{version} + unverified + "upstreams:\n  app: ", rules_of_app);
}

TEST_CASE("config: routes")
{
    check(
        {
            {"{ name: all }\n", R"(
yett.yaml:6:5: routes[0].match: is missing and has no default
yett.yaml:6:5: routes[0].access: is missing and has no default
yett.yaml:6:5: routes[0].upstream: is missing; a rule has one of upstream, redirect and respond
)"},
            {"{ name: all, match: {}, access: yes, upstream: app }\n", R"(
yett.yaml:6:25: routes[0].match.path: is missing and has no default
yett.yaml:6:37: routes[0].access: "yes" is unknown; allowed: public, optional, authenticated, or a mapping with one of roles, scopes, users, emails, networks, certificates, any_of, all_of, and recent_login
)"},
            {R"({ name: all, match: { path: "/**" }, access: { roles: [a], users: [b] }, upstream: app }
)",
             R"(
yett.yaml:6:64: routes[0].access.users: stands beside another condition; all_of or any_of combines several
)"},
            {R"({ name: all, match: { path: "/**" }, access: {}, upstream: app }
)",
             R"(
yett.yaml:6:50: routes[0].access: holds no condition; allowed: public, optional, authenticated, or a mapping with one of roles, scopes, users, emails, networks, certificates, any_of, all_of, and recent_login
)"},
            {R"({ name: all, match: { path: "/**" }, access: [a], upstream: app }
)",
             R"(
yett.yaml:6:50: routes[0].access: is no condition; allowed: public, optional, authenticated, or a mapping with one of roles, scopes, users, emails, networks, certificates, any_of, all_of, and recent_login
)"},
            {R"({ name: all, match: { path: "/**" }, access: { role: [a] }, upstream: app }
)",
             R"(
yett.yaml:6:52: routes[0].access.role: is unknown; did you mean roles?
)"},
            {R"({ name: all, match: { path: "/**" }, access: { roles: [] }, upstream: app }
)",
             R"(
yett.yaml:6:59: routes[0].access.roles: is an empty list; at least one entry is wanted
)"},
            {R"({ name: all, match: { path: "/**" }, access: { any_of: [] }, upstream: app }
)",
             R"(
yett.yaml:6:60: routes[0].access.any_of: is an empty list; at least one entry is wanted
)"},
            {R"({ name: all, match: { path: "/**" }, access: { any_of: [authenticated, nobody, { scopes: [x], recent_login: 1ms }] }, upstream: app }
)",
             R"(
yett.yaml:6:76: routes[0].access.any_of[1]: "nobody" is unknown; allowed: public, optional, authenticated, or a mapping with one of roles, scopes, users, emails, networks, certificates, any_of, all_of, and recent_login
yett.yaml:6:113: routes[0].access.any_of[2].recent_login: "1ms" is not in whole seconds; allowed units: s, m, h, d
)"},
            {R"({ name: all, match: { path: "/**" }, access: { recent_login: 5m }, upstream: app }
)",
             R"(
)"},
            {R"({ name: all, match: { path: "/**" }, access: public, upstream: app, rewrite: { replace: { from: "(", to: /a } } }
)",
             R"(
yett.yaml:6:101: routes[0].rewrite.replace.from: "(" is no regular expression of RE2: missing ): (
)"},
            {R"({ name: all, match: { path: "/**" }, access: public, upstream: app, rewrite: { strip_prefix: /api } }
)",
             R"(
yett.yaml:6:98: warning: routes[0].rewrite.strip_prefix: is not the begin of match.path: a path without it stays as it is
)"},
            {R"({ name: all, match: { path: "/api/**" }, access: public, upstream: app, rewrite: { strip_prefix: /api } }
)",
             R"(
)"},
            {R"({ name: all, match: { path: "/**" }, access: public, upstream: ap }
)",
             R"(
yett.yaml:6:68: routes[0].upstream: names an upstream that does not exist; did you mean app?
)"},
            {R"({ name: all, match: { path: "/**" }, access: public, upstream: other }
  - { name: all, match: { path: /x }, access: public, upstream: app }
)",
             R"(
yett.yaml:6:68: routes[0].upstream: names an upstream that does not exist
yett.yaml:7:13: routes[1].name: is the name of an earlier route; each is wanted only once
)"},
            {R"({ name: all, match: { path: "/**" }, access: public, upstream: app, limits: [logn, x] }
)",
             R"(
yett.yaml:6:82: routes[0].limits[0]: names a limit that does not exist; did you mean login?
yett.yaml:6:88: routes[0].limits[1]: names a limit that does not exist
)"},
            {R"({ name: all, match: { path: "/**" }, access: public, upstream: app, websocket: { allowed_origins: ["example.com"], origins: 1, idle_timeout: 0s } }
)",
             R"(
yett.yaml:6:104: routes[0].websocket.allowed_origins[0]: "example.com" is not the origin of a page; allowed: https://HOST, https://HOST:PORT, SCHEME://HOST without path, and "null", "file://", "*"
yett.yaml:6:120: routes[0].websocket.origins: is unknown; allowed here: allowed_origins, idle_timeout, token_by_protocol
yett.yaml:6:146: routes[0].websocket.idle_timeout: "0s" is out of range; 1s to 7d is allowed
)"},
            {R"({ name: all, match: { path: "/**" }, access: public, upstream: app, websocket: { allowed_origins: [] } }
)",
             R"(
yett.yaml:6:103: routes[0].websocket.allowed_origins: is an empty list; at least one entry is wanted
)"},
            {R"({ name: all, match: { path: "/**" }, access: public, upstream: app, websocket: { allowed_origins: ["null", "file://", "capacitor://localhost", "*"] } }
)",
             R"(
yett.yaml:6:104: warning: routes[0].websocket.allowed_origins[0]: "null" names nobody in particular: WebSockets that it alone admits are never authenticated by a cookie or by Basic, but refused (csrf_rejected)
yett.yaml:6:112: warning: routes[0].websocket.allowed_origins[1]: "file://" names nobody in particular: WebSockets that it alone admits are never authenticated by a cookie or by Basic, but refused (csrf_rejected)
yett.yaml:6:148: warning: routes[0].websocket.allowed_origins[3]: "*" names nobody in particular: WebSockets that it alone admits are never authenticated by a cookie or by Basic, but refused (csrf_rejected)
)"},
            {R"({ name: all, match: { path: "/**" }, access: public, upstream: app, websocket: { allowed_origins: ["ionic://localhost", "moz-extension://2c127fa4", "https://[::1]:8443"] } }
)",
             R"(
)"},
            {R"({ name: all, match: { path: "/**" }, access: public, upstream: app, websocket: {} }
)",
             R"(
)"},
            {R"({ name: all, match: { path: "/**" }, access: public, upstream: app, cors: { origins: ["*", "null", "https://a.example"], credentials: true } }
)",
             R"(
yett.yaml:6:91: routes[0].cors.origins[0]: "*" names nobody in particular, and with credentials: true every such page could read what the cookies of its visitors open
yett.yaml:6:96: routes[0].cors.origins[1]: "null" names nobody in particular, and with credentials: true every such page could read what the cookies of its visitors open
)"},
            {R"({ name: all, match: { path: "/**" }, access: public, upstream: app, cors: { credentials: true } }
)",
             R"(
yett.yaml:6:94: routes[0].cors.credentials: is true and no origin is listed that it could be for
)"},
            {R"({ name: all, match: { path: "/**" }, access: public, upstream: app, cors: { origins: [], credentials: true } }
)",
             R"(
yett.yaml:6:107: routes[0].cors.credentials: is true and no origin is listed that it could be for
)"},
            {R"({ name: all, match: { path: "/**" }, access: public, upstream: app, cors: { origins: ["file://"], credentials: true } }
)",
             R"(
yett.yaml:6:91: routes[0].cors.origins[0]: "file://" names nobody in particular, and with credentials: true every such page could read what the cookies of its visitors open
)"},
            {R"({ name: all, match: { path: "/**" }, access: public, upstream: app, cors: { origins: ["https://a.example"], credentials: true, headers: ["*"], methods: ["*"] } }
)",
             R"(
yett.yaml:6:142: routes[0].cors.headers[0]: "*" is a name like any other to browsers where credentials is true
yett.yaml:6:158: routes[0].cors.methods[0]: "*" is a name like any other to browsers where credentials is true
)"},
            {R"({ name: all, match: { path: "/**" }, access: public, upstream: app, cors: { origins: ["*"], methods: ["*"], headers: ["*"], preflight: forward, max_age: 1h } }
)",
             R"(
)"},
            {R"({ name: all, match: { path: "/**" }, access: public, upstream: app, cors: { origins: ["*.example.com"], methods: [get], headers: ["a b"], preflight: maybe, max_age: 2d } }
)",
             R"(
yett.yaml:6:91: routes[0].cors.origins[0]: "*.example.com" is not the origin of a page; allowed: https://HOST, https://HOST:PORT, SCHEME://HOST without path, and "null", "file://", "*"
yett.yaml:6:119: routes[0].cors.methods[0]: "get" is no method; capitals are allowed, as in DELETE, and "*"
yett.yaml:6:135: routes[0].cors.headers[0]: "a b" is no header name
yett.yaml:6:154: routes[0].cors.preflight: "maybe" is unknown; allowed: answer, forward
yett.yaml:6:170: routes[0].cors.max_age: "2d" is out of range; 0s to 1d is allowed
)"},
            {R"({ name: all, match: { path: "/**" }, access: public, upstream: app, limits: logn, body_bytes: 1, encoded_slash: maybe, mode: off }
)",
             R"(
yett.yaml:6:81: routes[0].limits[0]: names a limit that does not exist; did you mean login?
yett.yaml:6:99: routes[0].body_bytes: "1" has no unit; a whole number and one unit are allowed: B, KiB, MiB, GiB, as in 16KiB
yett.yaml:6:117: routes[0].encoded_slash: "maybe" is unknown; allowed: reject, allow
yett.yaml:6:130: routes[0].mode: "off" is unknown; allowed: enforce, report_only
)"},
            {R"({ name: all, match: { path: "/**", case: ignore }, access: public, upstream: app, paths: loose, double_encoding: reject }
)",
             R"(
yett.yaml:6:46: routes[0].match.case: "ignore" is unknown; allowed: sensitive, insensitive
yett.yaml:6:94: routes[0].paths: "loose" is unknown; allowed: strict, lenient
yett.yaml:6:118: routes[0].double_encoding: "reject" is unknown; allowed: judge, allow
)"},
            {R"({ name: all, match: { path: "/**", case: insensitive }, access: public, upstream: app, paths: lenient, double_encoding: allow }
)",
             R"(
)"},
            {R"({ name: all, match: { path: "/**", methods: [] }, access: public, upstream: app }
)",
             R"(
yett.yaml:6:49: routes[0].match.methods: is an empty list; at least one entry is wanted
)"},
            {R"({ name: all, match: { path: "/**" }, access: public, upstream: app, limits: [] }
)",
             R"(
)"},
        },
        std::string{version} + unverified + app_and_routes);
}

TEST_CASE("config: WebSockets need HTTP/1.1 on the way to the application")
{
    constexpr auto refused = R"(
yett.yaml:6:84: routes[0].websocket: needs HTTP/1.1, and upstreams.app may be spoken to with HTTP/2 (h2c, or h2 in tls.protocols)
)";
    check(
        {
            {R"({ servers: [http://b, h2c://a] }
)",
             refused},
            {R"({ servers: https://a, tls: { protocols: [h2, http/1.1] } }
)",
             refused},
            {R"({ servers: https://a, tls: { protocols: [http/1.1] } }
)",
             R"(
)"},
            {R"({ servers: http://a }
)",
             R"(
)"},
        },
        std::string{version} + unverified + "upstreams:\n  app: ", R"(routes:
  - { name: all, match: { path: "/**" }, access: public, upstream: app, websocket: {} }
)");
}

TEST_CASE("config: limits")
{
    check(
        {
            {"limits: { a: {} }\n", R"(
yett.yaml:2:14: limits.a.rate: is missing and has no default
)"},
            {"limits: { a: { rate: 5 } }\n", R"(
yett.yaml:2:22: limits.a.rate: "5" is not a rate; an amount, a slash and a period are allowed, as in 100/s or 5/15m
)"},
            {"limits: { a: { rate: 0/s } }\n", R"(
yett.yaml:2:22: limits.a.rate: "0/s" is not a rate; an amount, a slash and a period are allowed, as in 100/s or 5/15m
)"},
            {"limits: { a: { rate: 5/ } }\n", R"(
yett.yaml:2:22: limits.a.rate: "5/" has no period behind the slash; a unit or a duration is allowed, as in 100/s or 5/15m
)"},
            {"limits: { a: { rate: 5/x } }\n", R"(
yett.yaml:2:22: limits.a.rate: "5/x" has no period behind the slash; a unit or a duration is allowed, as in 100/s or 5/15m
)"},
            {"limits: { a: { rate: 5/0s } }\n", R"(
yett.yaml:2:22: limits.a.rate: "5/0s" has no period behind the slash; a unit or a duration is allowed, as in 100/s or 5/15m
)"},
            {"limits: { a: { rate: 5/s, algorithm: window, burst: 2 } }\n", R"(
yett.yaml:2:53: limits.a.burst: belongs to algorithm: gcra
)"},
            {"limits: { a: { rate: 5/s, key: [] } }\n", R"(
yett.yaml:2:32: limits.a.key: is an empty list; at least one entry is wanted
)"},
            {R"(limits: { a: { rate: 5/s, key: [ip, "header:a b", "header:X"] } }
)",
             R"(
yett.yaml:2:33: limits.a.key[0]: "ip" is not a key of limits; allowed: client, user, account, token, route, header:NAME
yett.yaml:2:37: limits.a.key[1]: "header:a b" is not the name of a header; letters, digits and - are allowed
)"},
            {"limits: { a: { rate: 5/s, count: all } }\n", R"(
yett.yaml:2:34: limits.a.count: "all" is unknown; allowed: requests, failures
)"},
            {"limits: { login: { rate: 10/h } }\n", R"(
)"},
            {"limits: { a/b: { rate: 1/s } }\n", R"(
yett.yaml:2:11: limits.a/b: is no name; letters, digits, _ and - are allowed, at most 64 of them
)"},
            {"limits: { a: 5/s }\n", R"(
yett.yaml:2:14: limits.a: is not a mapping; keys and values are wanted
)"},
        },
        version, std::string{rules} + unverified);
}

TEST_CASE("config: identity headers")
{
    check(
        {
            {"identity_headers: { preset: x }\n", R"(
yett.yaml:2:29: identity_headers.preset: "x" is unknown; allowed: yett, oauth2-proxy, remote-user, none
)"},
            {R"(identity_headers: { set: { X-A: sub, Host: sub, "X A": sub, X-B: name, X-C: [a] } }
)",
             R"(
yett.yaml:2:38: identity_headers.set.Host: is not a header an identity can travel in
yett.yaml:2:49: identity_headers.set.X A: is not a header an identity can travel in
yett.yaml:2:66: identity_headers.set.X-B: "name" is no claim of an identity; allowed: sub, user_id, email, roles, groups, scope, iss, sid, jti, iat, auth_time, exp, cert_uri, cert_dns, cert_email, cert_sha256
yett.yaml:2:77: identity_headers.set.X-C: a list stands where a claim is wanted
)"},
            {"identity_headers: { set: [] }\n", R"(
yett.yaml:2:26: identity_headers.set: is not a mapping; keys and values are wanted
)"},
            {"identity_headers: { set: { X-A: sub, X-A: email } }\n", R"(
yett.yaml:2:38: identity_headers.set.X-A: is given twice; it stands in line 2 already
)"},
            {"identity_headers: { assertion: { header: X-Who, ttl: 60s, audience: app } }\n", R"(
)"},
            {"identity_headers: { assertion: {} }\n", R"(
)"},
            {"identity_headers: { assertion: { header: Host, ttl: 4s, audience: '' } }\n", R"(
yett.yaml:2:42: identity_headers.assertion.header: "Host" is not a header an identity can travel in
yett.yaml:2:53: identity_headers.assertion.ttl: "4s" is out of range; 5s to 1h is allowed
yett.yaml:2:67: identity_headers.assertion.audience: "" is empty
)"},
            {"identity_headers: { assertion: { header: 'X A', ttl: 61m } }\n", R"(
yett.yaml:2:42: identity_headers.assertion.header: "X A" is not a header an identity can travel in
yett.yaml:2:54: identity_headers.assertion.ttl: "61m" is out of range; 5s to 1h is allowed
)"},
            {"identity_headers: { assertion: { ttl: 1h } }\ntokens: { keys: { keep_for: 20m } }\n", R"(
yett.yaml:2:39: identity_headers.assertion.ttl: is longer than tokens.keys.keep_for; good assertions could not be checked
)"},
            {"identity_headers: { assertion: {} }\ntokens: { algorithm: HS256, secret: '${SECRET}' }\n", R"(
yett.yaml:2:32: identity_headers.assertion: needs tokens.algorithm ES256 or EdDSA, and it is HS256
)"},
            {"identity_headers: { assertion: {} }\ntokens: { algorithm: RS256 }\n", R"(
yett.yaml:2:32: identity_headers.assertion: needs tokens.algorithm ES256 or EdDSA, and it is RS256
)"},
            {"identity_headers: { assertion: {} }\ntokens: { algorithm: EdDSA }\n", R"(
)"},
        },
        version, std::string{rules} + unverified);
}
