#include "world.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::tests;
using config::transport;

namespace {

transport access_with(std::string const& more)
{
    auto const made = config::load_text(version + more + rules, "yett.yaml", usual_world().environment());
    for (auto const& one : made.complaints) FAIL_CHECK(to_string(one));
    REQUIRE(made.value);
    return made.value->tokens.access_transport;
}

constexpr char const* public_rules = R"(upstreams:
  app: { servers: ["http://127.0.0.1:9000"] }
routes:
  - { name: shell, match: { path: /app }, access: public, upstream: app }
  - { name: all, match: { path: "/**" }, access: authenticated, upstream: app }
)";

} // namespace

TEST_CASE("config: with pages, access tokens travel both ways unless something else is said")
{
    CHECK(access_with("accounts: { require_verified_email: false }\n") == transport::both);
    CHECK(access_with("accounts: { require_verified_email: false }\ntokens: { access_transport: auto }\n") == transport::both);
    CHECK(access_with("accounts: { require_verified_email: false }\ntokens: { refresh_transport: both }\n") == transport::both);
    CHECK(access_with("accounts: { require_verified_email: false }\ntokens: { access_transport: cookie }\n") ==
          transport::cookie);
}

TEST_CASE("config: without pages, or where programs keep refresh tokens, they travel in the header (sibling)")
{
    CHECK(access_with("accounts: { require_verified_email: false, pages: { enabled: false } }\n") == transport::header);
    CHECK(access_with("accounts: { require_verified_email: false }\ntokens: { refresh_transport: body }\n") == transport::header);
}

TEST_CASE("config: pages whose sign-in leads nowhere are a complaint")
{
    check(
        {
            {"accounts: { require_verified_email: false, pages: { enabled: true } }\ntokens: { access_transport: header }\n", R"(
yett.yaml:3:29: tokens.access_transport: header shuts out whoever signs in on a page: a browser brings cookies alone, and no rule does without a token; allowed beside accounts.pages.enabled: both, cookie
)"},
            {"accounts: { require_verified_email: false }\ntokens: { access_transport: header }\n", R"(
yett.yaml:3:29: warning: tokens.access_transport: header shuts out whoever signs in on a page: a browser brings cookies alone, and no rule does without a token; allowed beside accounts.pages.enabled: both, cookie
)"},
            {"accounts: { require_verified_email: false, pages: { enabled: false } }\ntokens: { access_transport: header }\n", R"(
)"},
            // Siblings: what is signed in cannot be renewed, or is not offered at all.
            {"accounts: { require_verified_email: false }\ntokens: { access_transport: both, refresh_transport: body }\n", R"(
yett.yaml:3:54: warning: tokens.refresh_transport: body gives nothing to renew a session with to whoever signs in on a page; it ends with access_ttl
)"},
            {"accounts: { require_verified_email: false, pages: { enabled: true } }\ntokens: { refresh_transport: body }\n", R"(
yett.yaml:3:30: warning: tokens.refresh_transport: body leaves browsers without a cookie; pages for signing in are not offered
)"},
        },
        version, rules);
}

TEST_CASE("config: scripts of public pages may bring the header themselves (sibling)")
{
    check(
        {
            {"accounts: { require_verified_email: false, pages: { enabled: true } }\ntokens: { access_transport: header }\n", R"(
)"},
        },
        version, public_rules);
}

TEST_CASE("config: a cookie's domain that browsers take no cookie for is a complaint")
{
    check(
        {
            {"accounts: { require_verified_email: false, cookie: { domain: co.uk } }\n", R"(
yett.yaml:2:62: accounts.cookie.domain: is a suffix under which strangers have their names, too; browsers take no cookie for it
)"},
            {"accounts: { require_verified_email: false, cookie: { domain: github.io } }\n", R"(
yett.yaml:2:62: accounts.cookie.domain: is a suffix under which strangers have their names, too; browsers take no cookie for it
)"},
            {"accounts: { require_verified_email: false, cookie: { domain: 127.0.0.1 } }\n", R"(
yett.yaml:2:62: accounts.cookie.domain: is an address; a Domain is a name, and without one cookies stay with the host that set them
)"},
            {"accounts: { require_verified_email: false, cookie: { domain: example.co.uk } }\n", R"(
)"},
            // Siblings: in whatever case, and below a wildcard of the list; names of one's own network are nobody else's.
            {"accounts: { require_verified_email: false, cookie: { domain: CO.UK } }\n", R"(
yett.yaml:2:62: accounts.cookie.domain: is a suffix under which strangers have their names, too; browsers take no cookie for it
)"},
            {"accounts: { require_verified_email: false, cookie: { domain: anything.ck } }\n", R"(
yett.yaml:2:62: accounts.cookie.domain: is a suffix under which strangers have their names, too; browsers take no cookie for it
)"},
            {"accounts: { require_verified_email: false, cookie: { domain: localhost } }\n", R"(
)"},
            {"accounts: { require_verified_email: false, cookie: { domain: apps.corp.internal } }\n", R"(
)"},
        },
        version, rules);
}

TEST_CASE("config: cookies of a domain that mails do not lead to are a complaint")
{
    check(
        {
            {"accounts: { cookie: { domain: example.com } }\nmail: { public_url: \"https://app.example.org\" }\n", R"(
yett.yaml:2:31: accounts.cookie.domain: does not cover app.example.org, where mail.public_url leads people; browsers drop the cookies there
)"},
            {"accounts: { cookie: { domain: example.com } }\nmail: { public_url: \"https://notexample.com:8443\" }\n", R"(
yett.yaml:2:31: accounts.cookie.domain: does not cover notexample.com, where mail.public_url leads people; browsers drop the cookies there
)"},
            {"accounts: { cookie: { domain: example.com } }\nmail: { public_url: \"https://app.example.com:8443\" }\n", R"(
)"},
            {"accounts: { cookie: { domain: example.com } }\nmail: { public_url: \"https://example.com\" }\n", R"(
)"},
        },
        version, rules);
}
