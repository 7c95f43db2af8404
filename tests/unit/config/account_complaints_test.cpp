#include "world.hpp"

#include <doctest/doctest.h>

using namespace yett::tests;

TEST_CASE("config: tokens")
{
    check(
        {
            {"tokens: { algorithm: HS256 }\n", R"(
yett.yaml:2:9: tokens.secret: is missing; HS256 signs with it
)"},
            {"tokens: { algorithm: HS256, secret: short }\n", R"(
yett.yaml:2:37: tokens.secret: is too short; HS256 wants at least 32 bytes, as `openssl rand -hex 32` makes them
)"},
            {R"(tokens: { algorithm: HS256, secret: "00000000000000000000000000000000" }
)",
             R"(
yett.yaml:2:37: tokens.secret: repeats too few characters to be a secret; `openssl rand -hex 32` makes another
)"},
            {R"(tokens: { algorithm: HS256, secret: "${SECRET}" }
)",
             R"(
)"},
            {"tokens: { algorithm: HS256, secret: r9iMKoe5CRMgvJBBtp4HrqN7QiPpUToj }\n", R"(
yett.yaml:2:37: tokens.secret: is on a published list of secrets; anybody can sign with it. `openssl rand -hex 32` makes another
)"},
            {R"(tokens: { algorithm: HS256, secret: "${NOPE}" }
)",
             R"(
yett.yaml:2:37: tokens.secret: needs the environment variable NOPE, which is not set; ${NOPE:-default} gives it a default
)"},
            {"tokens: { algorithm: HS256, secret: }\n", R"(
yett.yaml:2:29: tokens.secret: is empty
)"},
            {R"(tokens: { algorithm: HS256, secret: "" }
)",
             R"(
yett.yaml:2:37: tokens.secret: is empty
)"},
            {"tokens: { algorithm: HS256, secret: { a: b } }\n", R"(
yett.yaml:2:37: tokens.secret: a mapping stands where text is wanted
)"},
            {"tokens: { algorithm: HS256, secret_file: good }\n", R"(
)"},
            {"tokens: { keys: { rotate_every: 30d, publish_before: 1d, keep_for: 7d, secret_file: good } }\n", R"(
)"},
            {"tokens: { keys: { rotate_every: 1h, secret: short } }\n", R"(
yett.yaml:2:17: tokens.keys.publish_before: is not shorter than rotate_every; a key would never be the youngest
yett.yaml:2:45: tokens.keys.secret: is shorter than 16 bytes; whoever has the files could guess it
)"},
            {"tokens: { keys: { keep_for: 10m }, access_ttl: 15m }\n", R"(
yett.yaml:2:29: tokens.keys.keep_for: is shorter than access_ttl and clock_skew; good tokens would be refused
)"},
            {"tokens: { algorithm: HS256, secret_file: open }\n", R"(
yett.yaml:2:42: tokens.secret_file: open can be read by others; its mode must be 0600, or 0640 when root owns it
)"},
            {"tokens: { algorithm: HS256, secret: x, secret_file: good }\n", R"(
yett.yaml:2:37: tokens.secret: is too short; HS256 wants at least 32 bytes, as `openssl rand -hex 32` makes them
yett.yaml:2:53: tokens.secret_file: both secret and secret_file are given; one is allowed
)"},
            {"tokens: { algorithm: PS256 }\n", R"(
yett.yaml:2:22: tokens.algorithm: "PS256" is unknown; allowed: ES256, EdDSA, RS256, HS256
)"},
            {"tokens: { algorithm: none }\n", R"(
yett.yaml:2:22: tokens.algorithm: "none" is unknown; allowed: ES256, EdDSA, RS256, HS256
)"},
            {"tokens: { access_ttl: 2h, refresh_ttl: 1h }\n", R"(
yett.yaml:2:40: tokens.refresh_ttl: is shorter than access_ttl; refreshing would never be possible
)"},
            {"tokens: { session_ttl: 1h, refresh_ttl: 1d }\n", R"(
yett.yaml:2:24: tokens.session_ttl: is shorter than refresh_ttl, which could never be reached
)"},
            {"limits: { login: { mode: report_only } }\n", R"(
yett.yaml:2:26: limits.login.mode: report_only is not for the limits that exist without being named
)"},
            {"limits: { reset_account: { mode: report_only } }\n", R"(
yett.yaml:2:34: limits.reset_account.mode: report_only is not for the limits that exist without being named
)"},
            {"tokens: { access_ttl: 1500ms }\n", R"(
yett.yaml:2:23: tokens.access_ttl: "1500ms" is not in whole seconds; allowed units: s, m, h, d
)"},
            {"tokens: { cache: { ttl: 10m } }\n", R"(
yett.yaml:2:25: tokens.cache.ttl: "10m" is out of range; 0s to 5m is allowed
)"},
            {"tokens: { audience: [] }\n", R"(
yett.yaml:2:21: tokens.audience: is an empty list; at least one entry is wanted
)"},
            {R"(tokens: { issuer: "" }
)",
             R"(
yett.yaml:2:19: tokens.issuer: "" is empty
)"},
            {"tokens: { refresh_transport: header }\n", R"(
yett.yaml:2:30: tokens.refresh_transport: "header" is unknown; allowed: cookie, body, both
)"},
            {R"(tokens: { secret: "0123456789abcdef0123456789abcdeX" }
)",
             R"(
yett.yaml:2:19: tokens.secret: is used by HS256 alone, and tokens.algorithm is ES256
)"},
            {"tokens: { secret_file: good }\n", R"(
yett.yaml:2:24: tokens.secret_file: is used by HS256 alone, and tokens.algorithm is ES256
)"},
        },
        version, std::string{rules} + unverified);
}

TEST_CASE("config: other issuers")
{
    check(
        {
            {"tokens: { issuers: [{ issuer: yett, audience: a, algorithms: RS256, jwks_file: good }] }\n", R"(
yett.yaml:2:31: tokens.issuers[0].issuer: is an issuer that is configured already
)"},
            {"tokens: { issuers: [{ issuer: x, audience: a, algorithms: RS256, jwks_file: good }, { issuer: x, audience: a, algorithms: [], jwks_file: gone }] }\n",
             R"(
yett.yaml:2:95: tokens.issuers[1].issuer: is an issuer that is configured already
yett.yaml:2:123: tokens.issuers[1].algorithms: is an empty list; at least one entry is wanted
yett.yaml:2:138: tokens.issuers[1].jwks_file: gone cannot be read: No such file or directory
)"},
            {"tokens: { issuers: [{ issuer: x }] }\n", R"(
yett.yaml:2:21: tokens.issuers[0].audience: is missing and has no default
yett.yaml:2:21: tokens.issuers[0].algorithms: is missing and has no default
yett.yaml:2:21: tokens.issuers[0]: none of jwks_file, jwks_url and discovery: true is given; exactly one is wanted
)"},
            {R"(tokens: { issuers: [{ issuer: x, audience: a, algorithms: HS256, jwks_url: "http://x/" }] }
)",
             R"(
yett.yaml:2:59: tokens.issuers[0].algorithms: HS256 needs a shared secret, which only jwks_file can hold
yett.yaml:2:76: tokens.issuers[0].jwks_url: "http://x/" is not an https URL; keys come over nothing else, but for those of this machine with private_addresses: true
)"},
            {R"(tokens: { issuers: [{ issuer: x, audience: a, algorithms: [HS256], jwks_url: "https://x/k", jwks_file: good }] }
)",
             R"(
yett.yaml:2:21: tokens.issuers[0]: several of jwks_file, jwks_url and discovery: true are given; exactly one is wanted
)"},
            {R"(tokens: { issuers: [{ issuer: x, audience: a, algorithms: [HS256, none], jwks_url: "https://x/k" }] }
)",
             R"(
yett.yaml:2:59: tokens.issuers[0].algorithms: HS256 needs a shared secret, which only jwks_file can hold
yett.yaml:2:67: tokens.issuers[0].algorithms[1]: "none" is unknown; allowed: ES256, ES384, ES512, EdDSA, Ed25519, RS256, RS384, RS512, PS256, PS384, PS512, HS256
)"},
            {R"(tokens: { issuers: [{ issuer: x, audience: a, algorithms: RS256, jwks_url: "https://x/k", ca_file: gone, refresh: { least: 1m, most: 30s } }] }
)",
             R"(
yett.yaml:2:100: tokens.issuers[0].ca_file: gone cannot be read: No such file or directory
yett.yaml:2:134: tokens.issuers[0].refresh.most: is shorter than least
)"},
            {R"(tokens: { issuers: [{ issuer: x, audience: a, algorithms: RS256, discovery: true }] }
)",
             R"(
yett.yaml:2:31: tokens.issuers[0].issuer: "x" is not an https URL; keys come over nothing else, but for those of this machine with private_addresses: true
)"},
            {R"(tokens: { issuers: [{ issuer: x, audience: a, algorithms: RS256, jwks_url: "http://10.0.0.1/k", private_addresses: true }] }
)",
             R"(
yett.yaml:2:76: tokens.issuers[0].jwks_url: "http://10.0.0.1/k" is not an https URL; keys come over nothing else, but for those of this machine with private_addresses: true
)"},
            {R"(tokens: { issuers: [{ issuer: x, audience: a, algorithms: RS256, jwks_url: "http://localhost.example:80/k", private_addresses: true }] }
)",
             R"(
yett.yaml:2:76: tokens.issuers[0].jwks_url: "http://localhost.example:80/k" is not an https URL; keys come over nothing else, but for those of this machine with private_addresses: true
)"},
            {R"(tokens: { issuers: [{ issuer: a, audience: a, algorithms: RS256, jwks_url: "http://localhost:8080/k", private_addresses: true },
  { issuer: b, audience: a, algorithms: RS256, jwks_url: "http://[::1]:8080/k", private_addresses: true },
  { issuer: "http://127.0.0.1", audience: a, algorithms: RS256, discovery: true, private_addresses: true },
  { issuer: "https://idp.example/", audience: a, algorithms: RS256, discovery: true, timeout: 3s }] }
)",
             R"(
)"},
            {"tokens: { issuers: [{ issuer: x, audience: a, algorithms: RS256, jwks_file: good, discovery: yes }] }\n", R"(
yett.yaml:2:94: tokens.issuers[0].discovery: "yes" is not a boolean; allowed: true, false
)"},
        },
        version, std::string{rules} + unverified);
}

TEST_CASE("config: accounts")
{
    check(
        {
            {"accounts: { api_keys: { self_service: false, scopes: [read, a:b/c], max_ttl: 90d, per_user: 1 }, require_verified_email: false }\n",
             R"(
)"},
            {"accounts: { api_keys: { scopes: ['a b', 'a,b'], max_ttl: 30s, per_user: 0 }, require_verified_email: false }\n", R"(
yett.yaml:2:34: accounts.api_keys.scopes[0]: "a b" is not a scope: 1 to 128 visible ASCII characters without quotes, backslashes and commas
yett.yaml:2:41: accounts.api_keys.scopes[1]: "a,b" is not a scope: 1 to 128 visible ASCII characters without quotes, backslashes and commas
yett.yaml:2:58: accounts.api_keys.max_ttl: "30s" is out of range; 1m to 3650d is allowed
yett.yaml:2:73: accounts.api_keys.per_user: "0" is out of range; 1 to 10000 is allowed
)"},
            {"accounts: { prefix: auth }\n", R"(
yett.yaml:1:1: mail.public_url: is missing; the links that verify addresses are built from it
yett.yaml:2:21: accounts.prefix: "auth" is not a path to serve; letters, digits and - . _ ~ between single slashes are allowed, as in /auth
)"},
            {"accounts: { prefix: [/auth, /auth/v1, /auth, /authority] , require_verified_email: false }\n", R"(
yett.yaml:2:29: accounts.prefix[1]: lies below /auth, which is a prefix too
yett.yaml:2:39: accounts.prefix[2]: lies below /auth, which is a prefix too
)"},
            {R"(accounts: { prefix: "/a//b", require_verified_email: no }
)",
             R"(
yett.yaml:2:21: accounts.prefix: "/a//b" is not a path to serve; letters, digits and - . _ ~ between single slashes are allowed, as in /auth
yett.yaml:2:54: accounts.require_verified_email: "no" is not a boolean; allowed: true, false
)"},
            {R"(accounts: { cookie: { same_site: none, secure: false }, require_verified_email: false }
listeners: [{ address: 127.0.0.1:1 }]
)",
             R"(
yett.yaml:2:34: accounts.cookie.same_site: none needs secure: true; browsers drop the cookie otherwise
)"},
            {R"(accounts: { cookie: { secure: false, domain: "a;b" }, require_verified_email: false }
listeners: [{ address: 0.0.0.0:1 }]
)",
             R"(
yett.yaml:2:31: warning: accounts.cookie.secure: lets the cookie travel without TLS
yett.yaml:2:46: accounts.cookie.domain: "a;b" is not the name of a host; letters, digits, - and single dots are allowed
yett.yaml:3:24: warning: listeners[0].address: has no tls and can be reached from other machines: passwords and tokens cross the network in clear
)"},
            {R"(accounts: { registration: closed, cors: { origins: ["*"], credentials: true, preflight: answer } }
)",
             R"(
yett.yaml:2:53: accounts.cors.origins[0]: "*" names nobody in particular, and with credentials: true every such page could read what the cookies of its visitors open
yett.yaml:2:78: accounts.cors.preflight: is unknown; allowed here: credentials, expose, headers, max_age, methods, origins
)"},
            {R"(accounts: { registration: closed, cors: { origins: ["https://spa.example", "capacitor://localhost"], credentials: true } }
)",
             R"(
)"},
            {"accounts: { pages: { after_login: //evil } , registration: closed }\n", R"(
yett.yaml:2:35: accounts.pages.after_login: "//evil" is not a path of this site; it begins with one slash
)"},
            {R"(accounts: { pages: { color: "2f5d50" }, registration: closed }
)",
             R"(
yett.yaml:2:29: accounts.pages.color: "2f5d50" is no colour; allowed, in quotes: #rrggbb, #rgb
)"},
            {R"(accounts: { pages: { color: "#12345g", logo: logo.exe }, registration: closed }
)",
             R"(
yett.yaml:2:29: accounts.pages.color: "#12345g" is no colour; allowed, in quotes: #rrggbb, #rgb
yett.yaml:2:46: accounts.pages.logo: logo.exe is no picture; allowed: .svg, .png, .webp, .jpg
)"},
            {R"(accounts: { pages: { color: "#fA0", logo: logo.svg }, registration: closed }
)",
             R"(
yett.yaml:2:43: accounts.pages.logo: logo.svg cannot be read: No such file or directory
)"},
            {"accounts: { registration: closed }\n", R"(
)"},
            {"accounts: { registration: maybe }\n", R"(
yett.yaml:1:1: mail.public_url: is missing; the links that verify addresses are built from it
yett.yaml:2:27: accounts.registration: "maybe" is unknown; allowed: open, closed, invite
)"},
            {"", R"(
yett.yaml:1:1: mail.public_url: is missing; the links that verify addresses are built from it
)"},
            {"accounts: { require_verified_email: true, registration: closed }\n", R"(
)"},
            {"accounts: { registration: invite, verify_ttl: 1h, reset_ttl: 30m }\nmail: { public_url: \"https://app.example.com\" }\n",
             R"(
)"},
            {"accounts: { registration: open, verify_ttl: 4m, reset_ttl: 25h }\nmail: { public_url: \"https://app.example.com\" }\n",
             R"(
yett.yaml:2:45: accounts.verify_ttl: "4m" is out of range; 5m to 30d is allowed
yett.yaml:2:60: accounts.reset_ttl: "25h" is out of range; 5m to 1d is allowed
)"},
            {"accounts: { require_verified_email: false, cookie: { secure: false } }\n", R"(
)"},
        },
        version, rules);
}

TEST_CASE("config: passwords")
{
    check(
        {
            {"passwords: { argon2id: { memory: 64MiB }, hashing: { memory: 32MiB } }\n", R"(
yett.yaml:2:62: passwords.hashing.memory: is less than one hash needs, 64MiB
)"},
            {"passwords: { argon2id: { memory: 256MiB, iterations: 9 } }\n", R"(
yett.yaml:2:54: passwords.argon2id.iterations: times memory is more than 2GiB, the most that a login may cost
)"},
            {"passwords: { argon2id: { memory: 128MiB, iterations: 16 } }\n", R"(
)"},
            {"passwords: { argon2id: { iterations: 17 } }\n", R"(
yett.yaml:2:38: passwords.argon2id.iterations: "17" is out of range; 1 to 16 is allowed
)"},
            {"passwords: { min_length: 7, bcrypt: { cost: 4 }, min_strength: 5 }\n", R"(
yett.yaml:2:26: passwords.min_length: "7" is out of range; 8 to 128 is allowed
yett.yaml:2:45: passwords.bcrypt.cost: "4" is out of range; 10 to 15 is allowed
yett.yaml:2:64: passwords.min_strength: "5" is out of range; 0 to 4 is allowed
)"},
        },
        version, std::string{rules} + unverified);
}

TEST_CASE("config: storage")
{
    check(
        {
            {R"(storage: { url: "mysql://root:hunter2@db" }
)",
             R"(
yett.yaml:2:17: storage.url: begins with no scheme that is known; allowed: sqlite:, memory:, postgresql:, postgres:
)"},
            {R"(storage: { migrate: maybe }
)",
             R"(
yett.yaml:2:21: storage.migrate: "maybe" is unknown; allowed: auto, manual
)"},
            {R"(storage: { url: "sqlite:" }
)",
             R"(
yett.yaml:2:17: storage.url: names no path behind its scheme
)"},
            {R"(storage: { url: "memory:" }
)",
             R"(
yett.yaml:2:17: warning: storage.url: keeps accounts and sessions in memory; they are lost when the program ends
)"},
            {"storage: { url: sqlite }\n", R"(
yett.yaml:2:17: storage.url: begins with no scheme that is known; allowed: sqlite:, memory:, postgresql:, postgres:
)"},
            {R"(storage: { url: "" }
)",
             R"(
yett.yaml:2:17: storage.url: is empty
)"},
            {R"(storage: { url: "memory:", url_file: good }
)",
             R"(
yett.yaml:2:17: warning: storage.url: keeps accounts and sessions in memory; they are lost when the program ends
yett.yaml:2:38: storage.url_file: both url and url_file are given; one is allowed
)"},
            {"storage: { url_file: good }\n", R"(
yett.yaml:2:22: storage.url_file: begins with no scheme that is known; allowed: sqlite:, memory:, postgresql:, postgres:
)"},
            {"storage: { url_file: open }\n", R"(
yett.yaml:2:22: storage.url_file: open can be read by others; its mode must be 0600, or 0640 when root owns it
)"},
            {"storage: { url_file: gone }\n", R"(
yett.yaml:2:22: storage.url_file: gone cannot be read: No such file or directory
)"},
            {"storage: { url_file: empty }\n", R"(
yett.yaml:2:22: storage.url_file: empty is empty
)"},
            {"storage: { url_file: [a] }\n", R"(
yett.yaml:2:22: storage.url_file: a list stands where some text is wanted
)"},
            {R"(storage: { url: "postgresql://u:hunter2@db.example.com/yett" }
)",
             R"(
yett.yaml:2:17: warning: storage.url: lets whoever stands between here and the database read and change what passes; sslmode=verify-full does not
)"},
            {R"(storage: { url: "postgres://u:hunter2@db.example.com/yett?sslmode=verify-full", connections: 1000 }
)",
             R"(
)"},
            {R"(storage: { url: "postgresql://u:hunter2@localhost:hunter2/yett" }
)",
             R"(
yett.yaml:2:17: storage.url: has a port that is no number from 1 to 65535
)"},
            {"storage: { url_file: database }\n", R"(
yett.yaml:2:22: storage.url_file: names no database; it is spelled postgresql://USER@HOST/DATABASE
)"},
            {R"(storage: { url: "sqlite:x", connections: 4 }
)",
             R"(
yett.yaml:2:42: warning: storage.connections: has an effect on postgresql: alone
)"},
            {R"(storage: { url: "postgresql://u@localhost/d", listen_url: "postgresql://u:hunter2@db.example.com/d" }
)",
             R"(
yett.yaml:2:59: warning: storage.listen_url: lets whoever stands between here and the database read and change what passes; sslmode=verify-full does not
)"},
            {R"(storage: { url: "postgresql://u@localhost/d", listen_url: "hunter2" }
)",
             R"(
yett.yaml:2:59: storage.listen_url: begins with no scheme that is known; allowed: postgresql:, postgres:
)"},
            {R"(storage: { url: "postgresql://u@localhost/d", listen_url_file: database }
)",
             R"(
yett.yaml:2:64: storage.listen_url_file: names no database; it is spelled postgresql://USER@HOST/DATABASE
)"},
            {R"(storage: { url: "sqlite:x", listen_url: "postgresql://u@localhost/d" }
shared_state: { max_staleness: 10s, on_unknown: serve_until_exp }
)",
             R"(
yett.yaml:2:41: warning: storage.listen_url: has an effect on postgresql: alone
yett.yaml:3:32: warning: shared_state.max_staleness: has an effect on postgresql: alone
yett.yaml:3:49: warning: shared_state.on_unknown: has an effect on postgresql: alone
)"},
            {R"(storage: { url: "postgresql://u@localhost/d" }
shared_state: { max_staleness: 1s, on_unknown: perhaps }
)",
             R"(
yett.yaml:3:32: shared_state.max_staleness: "1s" is out of range; 2s to 1h is allowed
yett.yaml:3:48: shared_state.on_unknown: "perhaps" is unknown; allowed: refuse, serve_until_exp
)"},
            {R"(storage: { url: "postgresql://u@localhost/d", migrate: manual, prepared: false, listen_url: "postgresql://u@localhost/d" }
)",
             R"(
)"},
            {R"(storage: { url: "postgresql://u@localhost/d", prepared: false }
)",
             R"(
yett.yaml:2:57: warning: storage.prepared: is false for the sake of a pooler, and no storage.listen_url leads past it: what other nodes revoke is heard up to a second later
)"},
            {R"(storage: { url: "sqlite:x", prepared: false }
)",
             R"(
yett.yaml:2:39: warning: storage.prepared: has an effect on postgresql: alone
)"},
            {R"(storage: { url: "postgresql://u@localhost/d", connections: 0 }
)",
             R"(
yett.yaml:2:60: storage.connections: "0" is out of range; 1 to 1000 is allowed
)"},
            {"storage: { url: [a] }\n", R"(
yett.yaml:2:17: storage.url: a list stands where text is wanted
)"},
            {R"(storage: { url: "${NOPE}" }
)",
             R"(
yett.yaml:2:17: storage.url: needs the environment variable NOPE, which is not set; ${NOPE:-default} gives it a default
)"},
        },
        version, std::string{rules} + unverified);
}

TEST_CASE("config: mail, logging and tracing")
{
    check(
        {
            {R"(mail: { url: "imap://x", from: x, public_url: "https://a/b" }
)",
             R"(
yett.yaml:2:14: mail.url: begins with no scheme that is known; allowed: file:, smtp:, smtps:
yett.yaml:2:32: mail.from: "x" is not a sender; allowed: user@example.com, Name <user@example.com>
yett.yaml:2:47: mail.public_url: "https://a/b" is not the address of a site; allowed: https://HOST or https://HOST:PORT, without path
)"},
            {R"(mail: { from: "A <a@b", public_url: "ftp://a" }
)",
             R"(
yett.yaml:2:15: mail.from: "A <a@b" is not a sender; allowed: user@example.com, Name <user@example.com>
yett.yaml:2:37: mail.public_url: "ftp://a" is not the address of a site; allowed: https://HOST or https://HOST:PORT, without path
)"},
            {R"(mail: { url: "file:" }
)",
             R"(
yett.yaml:2:14: mail.url: names no path behind its scheme
)"},
            {"mail: { templates: null, ca_file: null }\n", R"(
)"},
            {R"(mail: { url: "smtp://mail.example.com" }
)",
             R"(
yett.yaml:2:7: mail.public_url: is missing; the links in mails that leave this machine are built from it
yett.yaml:2:7: mail.from: is missing; no server takes mail from no-reply@localhost
)"},
            {R"(mail: { url: "smtp://localhost:25", public_url: "https://a" }
)",
             R"(
)"},
            {R"(mail: { url: "smtps://u:hunter2%40@[2001:db8::1]:465/me.example.com", from: a@b, public_url: "https://a" }
)",
             R"(
)"},
            {R"(mail: { url: "smtp:" }
)",
             R"(
yett.yaml:2:14: mail.url: is not the URL of a mail server; allowed: smtp://HOST:PORT, smtps://HOST, with USER:PASSWORD@ before the host
)"},
            {R"(mail: { url: "smtp:mail" }
)",
             R"(
yett.yaml:2:14: mail.url: is not the URL of a mail server; allowed: smtp://HOST:PORT, smtps://HOST, with USER:PASSWORD@ before the host
)"},
            {R"(mail: { url: "smtp://" }
)",
             R"(
yett.yaml:2:14: mail.url: names no host, or no port after the colon; allowed: smtp://HOST:PORT, smtps://HOST, with USER:PASSWORD@ before the host
)"},
            {R"(mail: { url: "smtps://u:hunter2@:25" }
)",
             R"(
yett.yaml:2:14: mail.url: names no host, or no port after the colon; allowed: smtp://HOST:PORT, smtps://HOST, with USER:PASSWORD@ before the host
)"},
            {R"(mail: { url: "smtp://mail:99999" }
)",
             R"(
yett.yaml:2:14: mail.url: names no host, or no port after the colon; allowed: smtp://HOST:PORT, smtps://HOST, with USER:PASSWORD@ before the host
)"},
            {R"(mail: { url: "smtp://u@mail" }
)",
             R"(
yett.yaml:2:14: mail.url: has a user without a password, or the other way round
)"},
            {R"(mail: { url: "smtp://u:hunter2@home@mail" }
)",
             R"(
yett.yaml:2:14: mail.url: has two @; one inside a user or password is written %40
)"},
            {R"(mail: { url: "smtp://mail/a/b?c" }
)",
             R"(
yett.yaml:2:14: mail.url: has a path; what may follow the host is the name that EHLO tells, as in smtp://HOST/NAME
)"},
            {R"(mail: { from: "a@b <c@d> <e@f>" }
)",
             R"(
yett.yaml:2:15: mail.from: "a@b <c@d> <e@f>" is not a sender; allowed: user@example.com, Name <user@example.com>
)"},
            {R"(mail: { from: "a b@c" }
)",
             R"(
yett.yaml:2:15: mail.from: "a b@c" is not a sender; allowed: user@example.com, Name <user@example.com>
)"},
            {R"(mail: { from: "a@b..c" }
)",
             R"(
yett.yaml:2:15: mail.from: "a@b..c" is not a sender; allowed: user@example.com, Name <user@example.com>
)"},
            {R"(logging: { level: loud, format: xml, access: "" }
)",
             R"(
yett.yaml:2:19: logging.level: "loud" is unknown; allowed: debug, info, warning, error
yett.yaml:2:33: logging.format: "xml" is unknown; allowed: auto, text, json
yett.yaml:2:46: logging.access: "" is empty
)"},
            {"tracing: { sample: 2 }\n", R"(
yett.yaml:2:20: tracing.sample: "2" is not a fraction; a number from 0 to 1 is allowed, as in 0.01
)"},
        },
        version, std::string{rules} + unverified);
}
