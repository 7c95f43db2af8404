#include "tests/support/whole_pipeline.hpp"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <algorithm>

using namespace yett;
using namespace yett::tests;

namespace {

constexpr auto rules = R"(accounts: { require_verified_email: false }
routes:
  - { name: moved, match: { path: "/old/**" }, access: public, redirect: { to: "https://new.test/{path}?{query}", status: 308 } }
  - { name: mine, match: { path: "/mine/**" }, access: authenticated, redirect: { to: "/new/{path}" } }
  - { name: kept, match: { path: "/kept/**" }, access: authenticated, redirect: { to: /x },
      response_headers: { set: { Cache-Control: "private, max-age=60" } } }
  - { name: robots, match: { path: /robots.txt }, access: public, respond: { body: "User-agent: *" } }
  - { name: json, match: { path: /json }, access: { roles: [admin] }, respond: { status: 410, body: "{}", type: application/json },
      response_headers: { set: { X-Frame-Options: DENY }, remove: [X-Content-Type-Options] } }
  - { name: nothing, match: { path: /nothing }, access: public, respond: { status: 204 } }
  - { name: same, match: { path: /same }, access: public, respond: { status: 304 } }
  - { name: shared, match: { path: /shared }, access: public, respond: { body: x }, cors: { origins: ["https://spa.test"] } }
  - { name: seldom, match: { path: /seldom }, access: public, respond: { body: x }, limits: [one] }
  - { name: small, match: { path: /small }, access: public, respond: { body: x }, body_bytes: 4B }
  - { name: reported, match: { path: /reported }, access: authenticated, mode: report_only, respond: { body: x } }
  - { name: api, match: { path: "/api/**" }, access: public, upstream: app, rewrite: { strip_prefix: /api, add_prefix: /v1 },
      response_headers: { set: { X-Frame-Options: DENY } } }
  - { name: alias, match: { path: "/{alias}/**" }, access: public, upstream: app,
      rewrite: { replace: { from: "^/alias(.*)$", to: '/srv/\1' } } }
limits:
  one: { rate: 1/1h, algorithm: window, key: [client], count: requests }
)";

// Ada is a user, Root an administrator.
struct scene
{
    scene()
    {
        auto const mine = at.sign_in(ada);
        at.put("ada", mine.access);
        at.put("ada_refresh", mine.refresh);
        at.put("root", at.sign_in(root).access);
    }
    whole_pipeline at{rules};
    accounts::user ada = at.add_user("ada", {"user"});
    accounts::user root = at.add_user("root", {"admin"});
};

std::string outcome_of(account_of_request const& r)
{
    auto const location = r.field("Location");
    return fmt::format("{}{}{}{}", r.status, location.empty() ? "" : " " + location, r.body.empty() ? "" : ": " + r.body,
                       r.forwarded.empty() ? "" : " from the application");
}

} // namespace

TEST_CASE("rule answers: whom the rule lets in is sent elsewhere, or answered, and no application is asked")
{
    struct
    {
        char const* what;
        char const* asked;
        char const* outcome;
        char const* logged; // the rule, and what was decided
    } const rows[] = {
        {"a redirect", "GET /old/a?b=c", "308 https://new.test/old/a?b=c", "moved permitted"},
        {"without a query", "GET /old/a", "308 https://new.test/old/a", "moved permitted"},
        {"of a POST", "POST /old/a\nContent-Length: 0", "308 https://new.test/old/a", "moved permitted"},
        {"with a path that looks like a host", "GET /old/%5C%5Cevil.test", "400", "moved "},
        {"to who has a token", "GET /mine/a\nAuthorization: Bearer {ada}", "302 /new/mine/a", "mine permitted"},
        {"to who has none", "GET /mine/a", "401", "mine refused"},
        {"a reply", "GET /robots.txt", "200: User-agent: *", "robots permitted"},
        {"to HEAD", "HEAD /robots.txt", "200: User-agent: *", "robots permitted"}, // whose body the connection drops
        {"to who may", "GET /json\nAuthorization: Bearer {root}", "410: {}", "json permitted"},
        {"not to who may not", "GET /json\nAuthorization: Bearer {ada}", "403", "json refused"},
        {"not to nobody", "GET /json", "401", "json refused"},
        {"of nothing", "GET /nothing", "204", "nothing permitted"},
        {"of nothing new", "GET /same", "304", "same permitted"},
        {"where a rule only reports", "GET /reported", "200: x", "reported report_only"},
        {"a credential where nobody looks", "GET /robots.txt\nAuthorization: Bearer rubbish", "200: User-agent: *", "robots permitted"},
    };
    scene s;
    for (auto const& row : rows) {
        CAPTURE(row.what);
        auto const came = s.at.ask(row.asked);
        auto const said = outcome_of(came);
        auto const is_whole = std::string_view{row.outcome}.find(' ') != std::string_view::npos || came.status < 400;
        CHECK((is_whole ? said : said.substr(0, 3)) == row.outcome);
        CHECK(came.forwarded.empty());
        CHECK(came.logged("upstream").empty());
        if (came.status != 400) CHECK(came.logged("route") + " " + came.logged("decision") == row.logged);
    }
}

TEST_CASE("rule answers: fields of a reply")
{
    scene s;
    auto const text = s.at.ask("GET /robots.txt");
    CHECK(text.field("Content-Type") == "text/plain; charset=utf-8");
    CHECK(text.field("X-Content-Type-Options") == "nosniff");
    CHECK(text.field("Cache-Control").empty());
    auto const json = s.at.ask("GET /json\nAuthorization: Bearer {root}");
    CHECK(json.field("Content-Type") == "application/json");
    CHECK(json.field("X-Frame-Options") == "DENY");
    CHECK(json.field("X-Content-Type-Options").empty());
    CHECK(s.at.ask("GET /nothing").field("Content-Type").empty());
}

TEST_CASE("rule answers: what only some may have is kept from caches, unless the rule knows better")
{
    scene s;
    CHECK(s.at.ask("GET /mine/a\nAuthorization: Bearer {ada}").field("Cache-Control") == "no-store");
    CHECK(s.at.ask("GET /kept/a\nAuthorization: Bearer {ada}").field("Cache-Control") == "private, max-age=60");
    CHECK(s.at.ask("GET /old/a").field("Cache-Control").empty());
}

TEST_CASE("rule answers: a renewed session comes along, and no cache keeps it, whatever the rule says")
{
    scene s;
    auto const came = s.at.ask("GET /kept/a\nCookie: __Host-yett_refresh={ada_refresh}");
    CHECK(outcome_of(came) == "302 /x");
    CHECK(came.field("Set-Cookie").starts_with("__Host-yett_"));
    CHECK(came.field("Cache-Control") == "no-store");
    auto const counted = std::ranges::count_if(came.fields, [](auto const& f) { return f.first == "Cache-Control"; });
    CHECK(counted == 1);
}

TEST_CASE("rule answers: limits, bodies and other sites are as under any rule")
{
    scene s;
    CHECK(s.at.ask("GET /seldom").status == 200);
    CHECK(s.at.ask("GET /seldom").status == 429);
    CHECK(s.at.ask("POST /small", "12345").status == 413);
    CHECK(s.at.ask("POST /small", "1234").status == 200);
    auto const shared = s.at.ask("GET /shared\nOrigin: https://spa.test");
    CHECK(shared.status == 200);
    CHECK(shared.field("Access-Control-Allow-Origin") == "https://spa.test");
    CHECK(s.at.ask("OPTIONS /shared\nOrigin: https://spa.test\nAccess-Control-Request-Method: GET").status == 204);
}

TEST_CASE("rule answers: the application is asked for another path, and the log has the client's")
{
    scene s;
    auto const came = s.at.ask("GET /api/a%20b?c=/api/d");
    CHECK(came.status == 200);
    CHECK(came.forwarded.starts_with("GET /v1/a%20b?c=/api/d HTTP/1.1\r\n"));
    CHECK(came.logged("path") == "/api/a%20b");
    CHECK(came.logged("route") == "api");
    CHECK(came.field("X-Frame-Options") == "DENY");
    CHECK(s.at.ask("GET /api").forwarded.starts_with("GET /v1/ HTTP/1.1\r\n"));
}

TEST_CASE("rule answers: a rewritten path that is none is our fault, and reaches nobody")
{
    scene s;
    auto const climbs = s.at.ask("GET /alias../secret/x");
    CHECK(climbs.status == 500);
    CHECK(climbs.forwarded.empty());
    CHECK(climbs.logged("error") == "internal");
    CHECK(climbs.logged("path") == "/alias../secret/x");
    CHECK(s.at.ask("GET /alias/x").status == 500); // "/srv//x", which the rule does not let in either
    CHECK(s.at.ask("GET /other/x").forwarded.starts_with("GET /other/x HTTP/1.1\r\n"));
}
