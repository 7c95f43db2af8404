#include "world.hpp"

#include <doctest/doctest.h>

using namespace yett::tests;

TEST_CASE("config: news is listened for in the database that it is told in")
{
    check(
        {
            {R"(storage: { url: "postgresql://u@localhost:6432/yett", listen_url: "postgresql://u@localhost/yett" }
)",
             R"(
)"},
            {R"(storage: { url: "postgresql://u@localhost:6432/yett", listen_url: "postgresql://u@localhost/other" }
)",
             R"(
yett.yaml:2:67: storage.listen_url: names another database than storage.url; what other programs tell would never be heard there
)"},
            {R"(storage: { url: "postgresql://u@localhost:6432/yett", prepared: false, listen_url: "postgresql://u@localhost/yett" }
)",
             R"(
)"},
        },
        version, std::string{rules} + unverified);
}

TEST_CASE("config: what is known of others is asked for before a token has expired")
{
    check(
        {
            {R"(storage: { url: "postgresql://u@localhost/yett" }
shared_state: { max_staleness: 15m }
tokens: { access_ttl: 15m }
)",
             R"(
)"},
            {R"(storage: { url: "postgresql://u@localhost/yett" }
shared_state: { max_staleness: 16m }
tokens: { access_ttl: 15m }
)",
             R"(
yett.yaml:3:32: shared_state.max_staleness: is longer than tokens.access_ttl; every token would expire before anybody asks
)"},
            {R"(storage: { url: "postgresql://u@localhost/yett" }
shared_state: { on_unknown: serve_until_exp }
tokens: { access_ttl: 61m }
)",
             R"(
yett.yaml:3:29: warning: shared_state.on_unknown: serve_until_exp, with tokens.access_ttl above an hour, lets whoever was thrown out elsewhere stay that long
)"},
            {R"(storage: { url: "postgresql://u@localhost/yett" }
shared_state: { on_unknown: serve_until_exp }
tokens: { access_ttl: 1h }
)",
             R"(
)"},
        },
        version, std::string{rules} + unverified);
}

TEST_CASE("config: where sessions are, and who could read along")
{
    check(
        {
            {R"(sessions: { url: "redis://localhost/3" }
)",
             R"(
)"},
            {R"(sessions: { url: "redis://:hunter2@cache" }
)",
             R"(
yett.yaml:2:18: warning: sessions.url: lets whoever stands between here and Redis read and change what passes; rediss: does not
)"},
            {R"(sessions: { url: "redis://:hunter2@cache:x" }
)",
             R"(
yett.yaml:2:18: sessions.url: has a port that is no number from 1 to 65535
)"},
            {R"(sessions: { url: "rediss://h?ca_file=/gone" }
)",
             R"(
yett.yaml:2:18: sessions.url: /gone cannot be read: No such file or directory
)"},
            {R"(sessions: { url: "sqlite:other.db" }
)",
             R"(
yett.yaml:2:18: sessions.url: begins with no scheme that is known; allowed: redis:, rediss:, redis+sentinel:, rediss+sentinel:
)"},
            {R"(storage: { url: "memory:" }
sessions: { url: "redis://localhost" }
)",
             R"(
yett.yaml:2:17: warning: storage.url: keeps accounts and sessions in memory; they are lost when the program ends
yett.yaml:3:18: warning: sessions.url: outlives the accounts in memory:, which are gone after each start; their sessions are over then
)"},
        },
        version, std::string{rules} + unverified);
}

TEST_CASE("config: where state is shared, and who could read along")
{
    std::string const on_postgres = R"(storage: { url: "postgresql://u@localhost/yett" }
)";
    check(
        {
            {R"(shared_state: { url: "redis://localhost" }
)",
             R"(
)"},
            {R"(shared_state: { url: "rediss+sentinel://yett:pw@10.0.0.1,10.0.0.2/main", prefix: "shop:1" }
)",
             R"(
)"},
            {R"(shared_state: { url: "redis://:hunter2@cache" }
)",
             R"(
yett.yaml:2:22: warning: shared_state.url: lets whoever stands between here and Redis read and change what passes; rediss: does not
)"},
            {R"(shared_state: { url: "redis://:hunter2@cache:x" }
)",
             R"(
yett.yaml:2:22: shared_state.url: has a port that is no number from 1 to 65535
)"},
            {R"(shared_state: { url: "redis+sentinel://a,b" }
)",
             R"(
yett.yaml:2:22: shared_state.url: does not say what the sentinels call the server; it is spelled redis+sentinel://[USER[:PASSWORD]@]HOST[:PORT][,HOST[:PORT]…]/MASTER[/DATABASE]
)"},
            {R"(shared_state: { url: "rediss://h?ca_file=/gone" }
)",
             R"(
yett.yaml:2:22: shared_state.url: /gone cannot be read: No such file or directory
)"},
            {R"(shared_state: { url: "valkey://h" }
)",
             R"(
yett.yaml:2:22: shared_state.url: begins with no scheme that is known; allowed: memory:, redis:, rediss:, redis+sentinel:, rediss+sentinel:
)"},
            {R"(shared_state: { url: "redis://localhost", prefix: "{x}" }
)",
             R"(
yett.yaml:2:51: shared_state.prefix: "{x}" is not a prefix; allowed: 1 to 64 of letters, digits, -, _, . and :
)"},
            {R"(shared_state: { prefix: shop }
)",
             R"(
yett.yaml:2:25: warning: shared_state.prefix: has an effect on redis: alone
)"},
        },
        version, on_postgres + std::string{rules} + unverified);
}

TEST_CASE("config: what several programs meet in is of no use beside a file that one has")
{
    check(
        {
            {R"(shared_state: { url: "redis://localhost" }
)",
             R"(
yett.yaml:2:22: warning: shared_state.url: is where several programs meet, and storage.url is a file that each of them has for itself: users, sessions and what is revoked are not shared; with postgresql: they are
)"},
            {R"(shared_state: { url: "redis://localhost" }
sessions: { url: "redis://localhost" }
storage: { url: "sqlite:yett.db" }
)",
             R"(
yett.yaml:2:22: warning: shared_state.url: is where several programs meet, and storage.url is a file that each of them has for itself: users, sessions and what is revoked are not shared; with postgresql: they are
)"},
            {R"(sessions: { url: "redis://localhost" }
)",
             R"(
)"},
            {R"(shared_state: { url: "memory:" }
)",
             R"(
)"},
        },
        version, std::string{rules} + unverified);
}

TEST_CASE("config: each file that a URL names is looked for, whatever else is wrong with the URL")
{
    check(
        {
            {R"(storage: { url: "memory:" }
sessions: { url: "rediss://h?ca_file=/gone" }
)",
             R"(
yett.yaml:2:17: warning: storage.url: keeps accounts and sessions in memory; they are lost when the program ends
yett.yaml:3:18: warning: sessions.url: outlives the accounts in memory:, which are gone after each start; their sessions are over then
yett.yaml:3:18: sessions.url: /gone cannot be read: No such file or directory
)"},
            {R"(storage: { url: "postgresql://u@localhost/yett" }
sessions: { url: "rediss://h?ca_file=/gone&certificate_file=/away&key_file=/lost" }
)",
             R"(
yett.yaml:3:18: sessions.url: /gone cannot be read: No such file or directory
yett.yaml:3:18: sessions.url: /away cannot be read: No such file or directory
yett.yaml:3:18: sessions.url: /lost cannot be read: No such file or directory
)"},
        },
        version, std::string{rules} + unverified);
}

TEST_CASE("config: memory has no schema that anybody could bring up to date")
{
    check(
        {
            {R"(storage: { migrate: manual }
)",
             R"(
)"},
            {R"(storage: { url: "memory:", migrate: manual }
)",
             R"(
yett.yaml:2:17: warning: storage.url: keeps accounts and sessions in memory; they are lost when the program ends
yett.yaml:2:37: storage.migrate: cannot be manual with memory:, which has no schema and is empty at every start
)"},
        },
        version, std::string{rules} + unverified);
}

TEST_CASE("config: signing keys that lie beside the program are not shared")
{
    check(
        {
            {R"(tokens: { keys: { directory: keys } }
)",
             R"(
)"},
            {R"(storage: { url: "postgresql://u@localhost/yett" }
tokens: { keys: { directory: keys } }
)",
             R"(
yett.yaml:3:30: warning: tokens.keys.directory: must be one folder for all programs on the database, or each refuses the others' tokens; without it the keys are in the database
)"},
            {R"(storage: { url: "postgresql://u@localhost/yett" }
tokens: { algorithm: HS256, secret_file: good, keys: { directory: keys } }
)",
             R"(
)"},
        },
        version, std::string{rules} + unverified);
}
