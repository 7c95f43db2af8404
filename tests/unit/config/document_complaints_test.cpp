#include "world.hpp"

#include <doctest/doctest.h>

using namespace yett::tests;

TEST_CASE("config: a file without the keys that have no default")
{
    check({
        {"", R"(
yett.yaml:1:1: there are no keys; the smallest file has version, upstreams and routes
)"},
        {"# nothing\n", R"(
yett.yaml:1:1: there are no keys; the smallest file has version, upstreams and routes
)"},
        {"a\n", R"(
yett.yaml:1:1: there are no keys; the smallest file has version, upstreams and routes
)"},
        {"- a\n", R"(
yett.yaml:1:1: there are no keys; the smallest file has version, upstreams and routes
)"},
        {"42\n", R"(
yett.yaml:1:1: there are no keys; the smallest file has version, upstreams and routes
)"},
        {"version: 1\n", R"(
yett.yaml:1:1: upstreams: is missing and has no default
yett.yaml:1:1: routes: is missing and has no default
yett.yaml:1:1: mail.public_url: is missing; the links that verify addresses are built from it
)"},
        {R"(version: 1
upstreams: {}
routes: []
accounts: { require_verified_email: false }
)",
         R"(
yett.yaml:2:12: upstreams: is empty; at least one is wanted
yett.yaml:3:9: routes: is an empty list; at least one entry is wanted
)"},
        {R"(version: 1
upstreams: { "": { servers: [ "http://a" ] }, "a b": 1 }
routes: []
accounts: { require_verified_email: false }
)",
         R"(
yett.yaml:2:12: upstreams: is empty; at least one is wanted
yett.yaml:2:14: upstreams.: is no name; letters, digits, _ and - are allowed, at most 64 of them
yett.yaml:2:47: upstreams.a b: is no name; letters, digits, _ and - are allowed, at most 64 of them
yett.yaml:3:9: routes: is an empty list; at least one entry is wanted
)"},
    });
}

TEST_CASE("config: what follows a whole configuration")
{
    check(
        {
            {R"(---
version: 1
)",
             R"(
yett.yaml:7:1: a second document begins here; one is allowed
)"},
            {"...\n", R"(
)"},
            {"version: 1\n", R"(
yett.yaml:7:1: version: is given twice; it stands in line 1 already
)"},
            {"mail: { from: 'it''s }\n", R"(
yett.yaml:7:15: this quote is never closed
yett.yaml:8:1: end of map flow not found; put quotes around a value that holds any of , [ ] { }
)"},
            {"tokens: { secret: ${NAME} }\n", R"(
yett.yaml:7:20: end of map flow not found; put quotes around a value that holds any of , [ ] { }
)"},
            {"]\n", R"(
yett.yaml:7:1: illegal flow end; put quotes around a value that holds any of , [ ] { }
)"},
            {"\tworkers: 1\n", R"(
yett.yaml:7:2: end of map not found
)"},
            {"<<: { workers: 2 }\n", R"(
yett.yaml:7:1: <<: merge keys are not supported; write the keys out
)"},
            {R"(? [a]
: b
)",
             R"(
yett.yaml:7:3: a key must be a plain word
)"},
            {R"("a\nb": 1
)",
             R"(
yett.yaml:7:1: a key must be a plain word
)"},
            {"x\001: 1\n", R"(
yett.yaml:7:2: control characters are not allowed
)"},
            {"x: \177\n", R"(
yett.yaml:7:4: control characters are not allowed
)"},
            {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: 1\n",
             R"(
yett.yaml:7:1: a key must be a plain word
)"},
            {"x: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n", R"(
yett.yaml:7:27: nested deeper than 24 levels
)"},
        },
        std::string{version} + rules + unverified);
}

TEST_CASE("config: YAML that means more than a value")
{
    check(
        {
            {"workers: &n 4\n", R"(
yett.yaml:2:10: anchors are not supported; write the value out where it is needed
)"},
            {"workers: *n\n", R"(
yett.yaml:2:10: the referenced anchor is not defined
)"},
            {R"(workers: &n 4
listeners: *n
)",
             R"(
yett.yaml:2:10: anchors are not supported; write the value out where it is needed
yett.yaml:3:12: aliases are not supported; write the value out
)"},
            {"workers: !!int 4\n", R"(
yett.yaml:2:10: tags are not supported; the key decides what a value is
)"},
            {"workers: ! 4\n", R"(
)"},
            {R"(mail: { from: "é", public_url: x }
)",
             R"(
yett.yaml:2:15: mail.from: "é" is not a sender; allowed: user@example.com, Name <user@example.com>
yett.yaml:2:33: mail.public_url: "x" is not the address of a site; allowed: https://HOST or https://HOST:PORT, without path
)"},
            {"workers: 1\rlisteners: 2\n", R"(
yett.yaml:2:11: control characters are not allowed
)"},
        },
        version, std::string{rules} + unverified);
}

TEST_CASE("config: keys that are unknown, given twice, or hold something else")
{
    check(
        {
            {"worker: 4\n", R"(
yett.yaml:2:1: worker: is unknown; did you mean workers?
)"},
            {"wrokers: 4\n", R"(
yett.yaml:2:1: wrokers: is unknown; did you mean workers?
)"},
            {"zzz: 4\n", R"(
yett.yaml:2:1: zzz: is unknown; allowed here: accounts, client_limits, identity_headers, limits, listeners, logging, mail, management, passwords, routes, sessions, shared_state, storage, tokens, tracing, trusted_proxies, trusted_proxies_send, upstreams, version, workers
)"},
            {"workers: four\n", R"(
yett.yaml:2:10: workers: "four" is not a whole number
)"},
            {"workers: 012\n", R"(
yett.yaml:2:10: workers: "012" begins with a zero; write the number without it
)"},
            {"workers: -1\n", R"(
yett.yaml:2:10: workers: "-1" is not a whole number
)"},
            {"workers: 0\n", R"(
yett.yaml:2:10: workers: "0" is out of range; 1 to 1024 is allowed
)"},
            {"workers: 99999999999999999999\n", R"(
yett.yaml:2:10: workers: "99999999999999999999" is too large
)"},
            {"workers: 1025\n", R"(
yett.yaml:2:10: workers: "1025" is out of range; 1 to 1024 is allowed
)"},
            {"workers: [1]\n", R"(
yett.yaml:2:10: workers: a list stands where a number is wanted
)"},
            {"workers: { a: 1 }\n", R"(
yett.yaml:2:10: workers: a mapping stands where a number is wanted
)"},
            {"workers:\n", R"(
yett.yaml:2:1: workers: nothing stands where a number is wanted
)"},
            {R"(workers: 1
workers: 2
)",
             R"(
yett.yaml:3:1: workers: is given twice; it stands in line 2 already
)"},
            {R"(workers: "4"
)",
             R"(
)"},
            {"workers: ${NOPE}\n", R"(
yett.yaml:2:10: workers: needs the environment variable NOPE, which is not set; ${NOPE:-default} gives it a default
)"},
            {"workers: ${NAME}\n", R"(
yett.yaml:2:10: workers: "${NAME}" (from the environment) is not a whole number
)"},
            {"workers: ${NOPE:-x}\n", R"(
yett.yaml:2:10: workers: "${NOPE:-x}" (from the environment) is not a whole number
)"},
            {"workers: ${EMPTY:-3}\n", R"(
)"},
            {"workers: ${EMPTY}\n", R"(
yett.yaml:2:10: workers: "${EMPTY}" (from the environment) is not a whole number
)"},
            {"workers: ${1X}\n", R"(
yett.yaml:2:10: workers: holds a ${…} that is no variable; allowed: ${NAME}, ${NAME:-default}, and $$ for a dollar sign
)"},
            {"workers: ${NAME\n", R"(
yett.yaml:2:10: workers: holds a ${…} that is no variable; allowed: ${NAME}, ${NAME:-default}, and $$ for a dollar sign
)"},
            {"workers: 1$$\n", R"(
yett.yaml:2:10: workers: "1$$" is not a whole number
)"},
            {R"(workers: "1\n2"
)",
             R"(
yett.yaml:2:10: workers: holds a control character, a line end for instance; none is allowed
)"},
        },
        version, std::string{rules} + unverified);
}
