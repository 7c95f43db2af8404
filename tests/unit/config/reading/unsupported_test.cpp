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
            {"listeners: [{ address: 127.0.0.1:1, protocols: [h2, http/1.1] }]\n", R"(
yett.yaml:2:49: listeners[0].protocols[0]: "h2" is not supported by this build; allowed: http/1.1
)"},
            {"listeners: [{ address: 127.0.0.1:1, protocols: h2 }]\n", R"(
yett.yaml:2:48: listeners[0].protocols: "h2" is not supported by this build; allowed: http/1.1
)"},
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
            {R"({ servers: "https://a", tls: { protocols: [h2] } }
)",
             R"(
)"},
            {R"({ servers: ["h2c://a"] }
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
