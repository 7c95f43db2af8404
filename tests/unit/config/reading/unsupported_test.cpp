#include "tests/unit/config/world.hpp"

#include <doctest/doctest.h>

using namespace yett::tests;

namespace {

constexpr char const* rules_of_app = R"(routes:
  - { name: all, match: { path: "/**" }, access: authenticated, upstream: app }
)";

} // namespace

TEST_CASE("config: what this build does not know is refused by name")
{
    check(
        {
            {"identity_headers: { assertion: null }\n", R"(
)"},
            {R"(tracing: { otlp_url: "http://c:4318", sample: 0.5 }
)",
             R"(
yett.yaml:2:22: tracing.otlp_url: is not supported by this build
yett.yaml:2:47: tracing.sample: is not supported by this build
)"},
        },
        version, std::string{rules} + unverified);
}

TEST_CASE("config: what this build does not know of upstreams")
{
    check(
        {
            {R"({ servers: ["h2c://a"] }
)",
             R"(
yett.yaml:4:20: upstreams.app.servers[0]: "h2c://a" is not supported by this build; allowed: http://HOST:PORT, https://HOST:PORT, unix:/PATH
)"},
            {R"({ servers: "https://a", tls: {} }
)",
             R"(
)"},
            {R"({ servers: "unix:/run/a", proxy_protocol: v2 }
)",
             R"(
)"},
        },
        std::string{version} + unverified + "upstreams:\n  app: ", rules_of_app);
}

TEST_CASE("config: the values that stand for nothing are accepted")
{
    check(
        {
            {"identity_headers: { assertion: null }\n", R"(
)"},
            {"mail: { templates: null, public_url: ~ }\n", R"(
)"},
            {"tracing: { otlp_url: null }\n", R"(
)"},
            {"tokens: { access_transport: auto }\n", R"(
)"},
            {"tokens: { access_transport: cookie }\n", R"(
)"},
            {"tokens: { access_transport: both }\n", R"(
)"},
        },
        version, std::string{rules} + unverified);
}
