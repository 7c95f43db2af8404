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
