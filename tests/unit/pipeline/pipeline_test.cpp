#include "gateway/base/client_certificate.hpp"
#include "gateway/tokens/revocations.hpp"
#include "tests/support/whole_pipeline.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::tests;

namespace {

constexpr auto rules = R"(routes:
  - { name: public, match: { path: "/public/**" }, access: public, upstream: app }
  - { name: optional, match: { path: "/optional/**" }, access: optional, upstream: app }
  - { name: in, match: { path: "/in/**" }, access: authenticated, upstream: app }
  - { name: admin, match: { path: "/admin/**" }, access: { roles: [admin] }, upstream: app }
  - { name: scoped, match: { path: "/scoped/**" }, access: { scopes: [write] }, upstream: app }
  - { name: recent, match: { path: "/recent/**" }, access: { roles: [user], recent_login: 15m }, upstream: app }
  - { name: reported, match: { path: "/reported/**" }, access: { roles: [admin] }, mode: report_only, upstream: app }
  - { name: basic, match: { path: "/basic/**" }, access: authenticated, challenge: basic, upstream: app }
  - { name: named, match: { path: "/named/**" }, access: authenticated, access_header: X-Access-Token, upstream: app }
  - { name: lent, match: { path: "/lent/**" }, access: authenticated, forward_credentials: true, upstream: app }
  - { name: posts, match: { path: /posts, methods: [POST] }, access: public, upstream: app }
  - { name: seldom, match: { path: "/seldom/**" }, access: public, upstream: app, limits: [one_client] }
  - { name: mine, match: { path: "/mine/**" }, access: authenticated, upstream: app, limits: [one_user] }
  - { name: guess, match: { path: "/guess/**" }, access: authenticated, upstream: app, limits: [one_failure] }
  - { name: told, match: { path: "/told/**" }, access: public, upstream: app, limits: [one_told] }
  - { name: small, match: { path: "/small/**" }, access: public, upstream: app, body_bytes: 10B }
  - { name: socket, match: { path: /socket }, access: authenticated, upstream: app, websocket: {} }
  - { name: machines, match: { path: "/machines/**" }, access: { certificates: ["*.internal"] }, upstream: app }
  - { name: wire, match: { path: /wire }, access: { certificates: ["*.internal"] }, upstream: app,
      websocket: { allowed_origins: ["*", "https://spa.example"] } }
  - { name: shared, match: { path: "/shared/**" }, access: authenticated, upstream: app,
      cors: { origins: ["https://spa.example"], credentials: true } }
accounts: { require_verified_email: false }
limits:
  one_client: { rate: 1/1h, algorithm: window, key: [client], count: requests }
  one_user: { rate: 1/1h, algorithm: window, key: [user], count: requests }
  one_failure: { rate: 1/1h, algorithm: window, key: [client], count: failures }
  one_told: { rate: 1/1h, algorithm: window, key: [client], count: requests, mode: report_only }
)";

// Ada is a user and Root an administrator, both with sessions and keys.
struct scene
{
    explicit scene(whole_pipeline::store kind) : at{rules, kind}
    {
        auto const mine = at.sign_in(ada);
        at.put("ada", mine.access);
        at.put("ada_refresh", mine.refresh);
        at.put("root", at.sign_in(root).access);
        at.put("ada_elsewhere", at.sign_in(ada).access);
        at.put("key", key.text);
        at.put("writing_key", at.add_key(ada, {"write"}).text);
        auto const old = at.sign_in(ada, hours{1});
        at.put("expired", old.access);
        at.put("expired_refresh", old.refresh);
        auto const aged = at.sign_in(ada, minutes{14});
        at.put("aged", aged.access);
        at.put("aged_refresh", aged.refresh);
        session = mine.session;
    }
    using hours = std::chrono::hours;
    using minutes = std::chrono::minutes;

    whole_pipeline at;
    accounts::user ada = at.add_user("ada", {"user"});
    accounts::user root = at.add_user("root", {"admin"});
    whole_pipeline::key key = at.add_key(ada);
    std::string session;
};

struct row
{
    char const* what;
    char const* asked;   // "{ada}" stands for Ada's access token; see scene
    char const* outcome; // status, whom the application was told of ("-": it was not asked) | log | counters
    void (*before)(scene&) = nullptr;
    whole_pipeline::store store = whole_pipeline::store::memory;
};

constexpr auto down = whole_pipeline::store::down;
constexpr auto shared = whole_pipeline::store::shared;

void show_certificate(scene& s)
{
    client_certificate own;
    own.dns = {"web.internal"};
    own.expires_at = wall_now() + seconds{60};
    s.at.show(own);
}

void hear_nothing(scene& s)
{
    s.at.others([](tokens::revocations&) { return true; });
}

void hear_of_the_end(scene& s)
{
    s.at.others([session = s.session](tokens::revocations& known) {
        known.add({tokens::revoked_by::session, session, {}, {}, wall_now() + seconds{3600}});
        return true;
    });
}

std::string whom(account_of_request const& r)
{
    if (r.forwarded.empty()) return "-";
    auto const id = r.told("X-Yett-User");
    return id.empty() ? "nobody" : id;
}

std::string join(std::string const& a, char between, std::string const& b)
{
    return b.empty() ? a : a + between + b;
}

std::string outcome_of(account_of_request const& r)
{
    auto log = join(r.logged("auth"), ':', r.logged("auth_reason"));
    log = join(join(log, ' ', r.logged("decision")), ' ', r.logged("error"));
    return std::to_string(r.status) + ' ' + whom(r) + " | " + log + " | " + r.counted;
}

void check(std::vector<row> const& table)
{
    for (auto const& each : table) {
        INFO(std::string{each.what});
        scene s{each.store};
        if (each.before) each.before(s);
        auto const came = s.at.ask(each.asked);
        CHECK(outcome_of(came) == each.outcome);
        CHECK(came.logged("status") == std::to_string(came.status));
    }
}

} // namespace

TEST_CASE("pipeline: who sends nothing")
{
    check({
        {"a public rule lets everybody in", "GET /public/a", "200 nobody | none permitted | policy_decisions:public/permitted"},
        {"an optional rule, too, and names nobody", "GET /optional/a",
         "200 nobody | none permitted | auth_results:none policy_decisions:optional/permitted"},
        {"one for the authenticated refuses", "GET /in/a",
         "401 - | none refused unauthenticated | auth_results:none policy_decisions:in/unauthenticated"},
        {"one for roles does", "GET /admin/a",
         "401 - | none refused unauthenticated | auth_results:none policy_decisions:admin/unauthenticated"},
        {"one for scopes does", "GET /scoped/a",
         "401 - | none refused unauthenticated | auth_results:none policy_decisions:scoped/unauthenticated"},
        {"one for recent logins does", "GET /recent/a",
         "401 - | none refused unauthenticated | auth_results:none policy_decisions:recent/unauthenticated"},
        {"one that only reports lets in and says so", "GET /reported/a",
         "200 nobody | none report_only | auth_results:none policy_decisions:reported/permitted policy_report_only:reported"},
        {"no rule, no way", "GET /nowhere", "404 - | none no_such_route | "},
        {"another method than the rule's", "GET /posts", "405 - | none method_not_allowed | "},
        {"a page that a browser wants is asked for behind the login",
         "GET /in/a\nAccept: text/html\nSec-Fetch-Mode: navigate\nSec-Fetch-Dest: document",
         "302 - | none refused unauthenticated | auth_results:none policy_decisions:in/unauthenticated"},
        {"a basic rule asks for Basic", "GET /basic/a",
         "401 - | none refused unauthenticated | auth_results:none policy_decisions:basic/unauthenticated"},
        {"identity that a client makes up goes no further", "GET /public/a\nX-Yett-User: root\nRemote-User: root",
         "200 nobody | none permitted | policy_decisions:public/permitted"},
    });
}

TEST_CASE("pipeline: an access token in the header")
{
    check({
        {"a public rule does not look", "GET /public/a\nAuthorization: Bearer {ada}",
         "200 nobody | none permitted | policy_decisions:public/permitted"},
        {"a public rule does not judge", "GET /public/a\nAuthorization: Bearer rubbish",
         "200 nobody | none permitted | policy_decisions:public/permitted"},
        {"an optional rule names its owner", "GET /optional/a\nAuthorization: Bearer {ada}",
         "200 ada | ok permitted | auth_results:ok policy_decisions:optional/permitted"},
        {"the authenticated", "GET /in/a\nAuthorization: Bearer {ada}",
         "200 ada | ok permitted | auth_results:ok policy_decisions:in/permitted"},
        {"a role that is not hers", "GET /admin/a\nAuthorization: Bearer {ada}",
         "403 - | ok refused forbidden | auth_results:ok policy_decisions:admin/forbidden"},
        {"a role that is", "GET /admin/a\nAuthorization: Bearer {root}",
         "200 root | ok permitted | auth_results:ok policy_decisions:admin/permitted"},
        {"a scope that she does not have", "GET /scoped/a\nAuthorization: Bearer {ada}",
         "403 - | ok refused forbidden | auth_results:ok policy_decisions:scoped/forbidden"},
        {"a recent login", "GET /recent/a\nAuthorization: Bearer {ada}",
         "200 ada | ok permitted | auth_results:ok policy_decisions:recent/permitted"},
        {"a rule that only reports lets the wrong role in", "GET /reported/a\nAuthorization: Bearer {ada}",
         "200 ada | ok report_only | auth_results:ok policy_decisions:reported/permitted policy_report_only:reported"},
        {"a rule that only reports has nothing to report", "GET /reported/a\nAuthorization: Bearer {root}",
         "200 root | ok permitted | auth_results:ok policy_decisions:reported/permitted"},
        {"expired", "GET /in/a\nAuthorization: Bearer {expired}",
         "401 - | refused:token_expired refused unauthenticated | auth_results:token_expired"},
        {"expired, where a rule could do without", "GET /optional/a\nAuthorization: Bearer {expired}",
         "401 - | refused:token_expired refused unauthenticated | auth_results:token_expired"},
        {"expired, where a rule does not look", "GET /public/a\nAuthorization: Bearer {expired}",
         "200 nobody | none permitted | policy_decisions:public/permitted"},
        {"expired, where a rule only reports", "GET /reported/a\nAuthorization: Bearer {expired}",
         "401 - | refused:token_expired refused unauthenticated | auth_results:token_expired"},
        {"malformed", "GET /in/a\nAuthorization: Bearer rubbish",
         "401 - | refused:token_malformed refused unauthenticated | auth_results:token_malformed"},
        {"a refresh token is none", "GET /in/a\nAuthorization: Bearer {ada_refresh}",
         "401 - | refused:token_malformed refused unauthenticated | auth_results:token_malformed"},
        {"of a session that was ended", "GET /in/a\nAuthorization: Bearer {ada}",
         "401 - | refused:token_revoked refused unauthenticated | auth_results:token_revoked",
         [](scene& s) { s.at.end_session(s.ada, s.session); }},
        {"of another session than the ended one", "GET /in/a\nAuthorization: Bearer {ada_elsewhere}",
         "200 ada | ok permitted | auth_results:ok policy_decisions:in/permitted",
         [](scene& s) { s.at.end_session(s.ada, s.session); }},
        {"of a session that was ended after it was cached", "GET /in/a\nAuthorization: Bearer {ada}",
         "401 - | refused:token_revoked refused unauthenticated | auth_results:token_revoked",
         [](scene& s) {
             s.at.ask("GET /in/a\nAuthorization: Bearer {ada}");
             s.at.end_session(s.ada, s.session);
         }},
        {"a store that is down is not asked", "GET /in/a\nAuthorization: Bearer {ada}",
         "200 ada | ok permitted | auth_results:ok policy_decisions:in/permitted", nullptr, down},
        {"twice the header", "GET /in/a\nAuthorization: Bearer {ada}\nAuthorization: Bearer {root}",
         "401 - | refused:credentials_disagree refused unauthenticated | auth_results:credentials_disagree"},
        {"in the field that the rule names", "GET /named/a\nX-Access-Token: {ada}",
         "200 ada | ok permitted | auth_results:ok policy_decisions:named/permitted"},
        {"not in another than the rule names", "GET /named/a\nAuthorization: Bearer {ada}",
         "401 - | none refused unauthenticated | auth_results:none policy_decisions:named/unauthenticated"},
        {"no rule for it", "GET /nowhere\nAuthorization: Bearer {ada}", "404 - | none no_such_route | "},
    });
}

TEST_CASE("pipeline: an API key")
{
    check({
        {"its owner", "GET /in/a\nAuthorization: Bearer {key}",
         "200 ada | ok permitted | api_key_checks:asked auth_results:ok policy_decisions:in/permitted"},
        {"its owner, where a rule could do without", "GET /optional/a\nAuthorization: Bearer {key}",
         "200 ada | ok permitted | api_key_checks:asked auth_results:ok policy_decisions:optional/permitted"},
        {"a public rule does not look", "GET /public/a\nAuthorization: Bearer {key}",
         "200 nobody | none permitted | policy_decisions:public/permitted"},
        {"remembered the second time", "GET /in/a\nAuthorization: Bearer {key}",
         "200 ada | ok permitted | api_key_checks:remembered auth_results:ok policy_decisions:in/permitted",
         [](scene& s) { s.at.ask("GET /in/a\nAuthorization: Bearer {key}"); }},
        {"a role that is not its owner's", "GET /admin/a\nAuthorization: Bearer {key}",
         "403 - | ok refused forbidden | api_key_checks:asked auth_results:ok policy_decisions:admin/forbidden"},
        {"a scope that it has", "GET /scoped/a\nAuthorization: Bearer {writing_key}",
         "200 ada | ok permitted | api_key_checks:asked auth_results:ok policy_decisions:scoped/permitted"},
        {"a scope that it does not have", "GET /scoped/a\nAuthorization: Bearer {key}",
         "403 - | ok refused forbidden | api_key_checks:asked auth_results:ok policy_decisions:scoped/forbidden"},
        {"it proves no recent login", "GET /recent/a\nAuthorization: Bearer {key}",
         "401 - | ok refused recent_login_required | api_key_checks:asked auth_results:ok policy_decisions:recent/recent_login_required"},
        {"malformed", "GET /in/a\nAuthorization: Bearer yk1_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
         "401 - | refused:token_malformed refused unauthenticated | api_key_checks:refused auth_results:token_malformed"},
        {"malformed, where a rule could do without: it is refused, not taken for nobody",
         "GET /optional/a\nAuthorization: Bearer yk1_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
         "401 - | refused:token_malformed refused unauthenticated | api_key_checks:refused auth_results:token_malformed"},
        {"removed", "GET /in/a\nAuthorization: Bearer {key}",
         "401 - | refused:token_untrusted refused unauthenticated | api_key_checks:refused auth_results:token_untrusted",
         [](scene& s) { s.at.remove_key(s.ada, s.key); }},
        {"removed, where a rule could do without", "GET /optional/a\nAuthorization: Bearer {key}",
         "401 - | refused:token_untrusted refused unauthenticated | api_key_checks:refused auth_results:token_untrusted",
         [](scene& s) { s.at.remove_key(s.ada, s.key); }},
        {"removed after it was remembered", "GET /in/a\nAuthorization: Bearer {key}",
         "401 - | refused:token_untrusted refused unauthenticated | api_key_checks:refused auth_results:token_untrusted",
         [](scene& s) {
             s.at.ask("GET /in/a\nAuthorization: Bearer {key}");
             s.at.remove_key(s.ada, s.key);
         }},
        {"of somebody who was disabled", "GET /in/a\nAuthorization: Bearer {key}",
         "401 - | refused:token_revoked refused unauthenticated | api_key_checks:refused auth_results:token_revoked",
         [](scene& s) { s.at.disable(s.ada); }},
        {"a store that is down", "GET /in/a\nAuthorization: Bearer {key}",
         "503 - | none permitted storage_unavailable | api_key_checks:failed", nullptr, down},
        {"a store that is down, where a rule could do without: it fails, and nobody is let in as nobody",
         "GET /optional/a\nAuthorization: Bearer {key}", "503 - | none permitted storage_unavailable | api_key_checks:failed",
         nullptr, down},
        {"a store that is down, where a rule does not look", "GET /public/a\nAuthorization: Bearer {key}",
         "200 nobody | none permitted | policy_decisions:public/permitted", nullptr, down},
        {"as the password of Basic, where the rule says so", "GET /basic/a\nAuthorization: Basic {basic}",
         "200 ada | ok permitted | api_key_checks:asked auth_results:ok policy_decisions:basic/permitted",
         [](scene& s) { s.at.put_basic("basic", s.key.text); }},
        {"as the password of Basic elsewhere", "GET /in/a\nAuthorization: Basic {basic}",
         "401 - | none refused unauthenticated | auth_results:none policy_decisions:in/unauthenticated",
         [](scene& s) { s.at.put_basic("basic", s.key.text); }},
        {"beside the cookie of a session", "GET /in/a\nAuthorization: Bearer {key}\nCookie: __Host-yett_access={ada}",
         "401 - | refused:credentials_disagree refused unauthenticated | auth_results:credentials_disagree"},
        {"its own limit", "GET /in/a\nAuthorization: Bearer {slow}",
         "200 ada | ok permitted | api_key_checks:asked auth_results:ok policy_decisions:in/permitted",
         [](scene& s) { s.at.put("slow", s.at.add_key(s.ada, {}, 1).text); }},
        {"beyond its own limit", "GET /in/a\nAuthorization: Bearer {slow}",
         "429 - | ok limited rate_limited | api_key_checks:remembered auth_results:ok limiter_refused:api_key",
         [](scene& s) {
             s.at.put("slow", s.at.add_key(s.ada, {}, 1).text);
             s.at.ask("GET /in/a\nAuthorization: Bearer {slow}");
         }},
    });
}

TEST_CASE("pipeline: cookies of a session")
{
    check({
        {"an access cookie", "GET /in/a\nCookie: __Host-yett_access={ada}",
         "200 ada | ok permitted | auth_results:ok policy_decisions:in/permitted"},
        {"one that has expired, alone", "GET /in/a\nCookie: __Host-yett_access={expired}",
         "401 - | refused:token_expired refused unauthenticated | auth_results:token_expired"},
        {"one that has expired, alone, where a rule could do without", "GET /optional/a\nCookie: __Host-yett_access={expired}",
         "200 nobody | none permitted | auth_results:none policy_decisions:optional/permitted"},
        {"one that is rubbish, where a rule could do without", "GET /optional/a\nCookie: __Host-yett_access=rubbish",
         "401 - | refused:token_malformed refused unauthenticated | auth_results:token_malformed"},
        {"one that has expired, with its refresh cookie: renewed on the way",
         "GET /in/a\nCookie: __Host-yett_access={expired}; __Host-yett_refresh={expired_refresh}",
         "200 ada | ok permitted | auth_results:ok policy_decisions:in/permitted refreshes:rotated session_renewals:renewed"},
        {"a refresh cookie alone: renewed on the way", "GET /in/a\nCookie: __Host-yett_refresh={ada_refresh}",
         "200 ada | ok permitted | auth_results:ok policy_decisions:in/permitted refreshes:rotated session_renewals:renewed"},
        {"a refresh cookie alone, where a rule could do without", "GET /optional/a\nCookie: __Host-yett_refresh={ada_refresh}",
         "200 ada | ok permitted | auth_results:ok policy_decisions:optional/permitted refreshes:rotated session_renewals:renewed"},
        {"a refresh cookie where a rule does not look", "GET /public/a\nCookie: __Host-yett_refresh={ada_refresh}",
         "200 nobody | none permitted | policy_decisions:public/permitted"},
        {"one near its end is renewed in time",
         "GET /in/a\nCookie: __Host-yett_access={aged}; __Host-yett_refresh={aged_refresh}",
         "200 ada | ok permitted | auth_results:ok policy_decisions:in/permitted refreshes:rotated session_renewals:renewed"},
        {"one that is fresh is not", "GET /in/a\nCookie: __Host-yett_access={ada}; __Host-yett_refresh={ada_refresh}",
         "200 ada | ok permitted | auth_results:ok policy_decisions:in/permitted"},
        {"of a session that was ended", "GET /in/a\nCookie: __Host-yett_access={ada}; __Host-yett_refresh={ada_refresh}",
         "401 - | refused:token_invalid refused unauthenticated | auth_results:token_invalid policy_decisions:in/unauthenticated refreshes:refused session_renewals:refused",
         [](scene& s) { s.at.end_session(s.ada, s.session); }},
        {"of a session that was ended, where a rule could do without",
         "GET /optional/a\nCookie: __Host-yett_access={ada}; __Host-yett_refresh={ada_refresh}",
         "200 nobody | none permitted | auth_results:none policy_decisions:optional/permitted refreshes:refused session_renewals:refused",
         [](scene& s) { s.at.end_session(s.ada, s.session); }},
        {"a refresh cookie that is rubbish",
         "GET /in/a\nCookie: __Host-yett_refresh=yr1_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
         "401 - | refused:token_invalid refused unauthenticated | auth_results:token_invalid policy_decisions:in/unauthenticated refreshes:refused session_renewals:refused"},
        {"a renewal that the store cannot do, and that is needed",
         "GET /in/a\nCookie: __Host-yett_access={expired}; __Host-yett_refresh={expired_refresh}",
         "503 - | none permitted storage_unavailable | refreshes:failed session_renewals:failed", nullptr, down},
        {"a renewal that the store cannot do, where a rule could do without: nobody is let in as nobody",
         "GET /optional/a\nCookie: __Host-yett_refresh={expired_refresh}",
         "503 - | none permitted storage_unavailable | refreshes:failed session_renewals:failed", nullptr, down},
        {"a renewal that the store cannot do while the token is still good",
         "GET /in/a\nCookie: __Host-yett_access={aged}; __Host-yett_refresh={aged_refresh}",
         "200 ada | ok permitted | auth_results:ok policy_decisions:in/permitted refreshes:failed session_renewals:failed",
         nullptr, down},
        {"a token in the header and the cookie of the same session",
         "GET /in/a\nAuthorization: Bearer {ada}\nCookie: __Host-yett_access={ada}",
         "200 ada | ok permitted | auth_results:ok policy_decisions:in/permitted"},
        {"a token in the header and the cookie of another session",
         "GET /in/a\nAuthorization: Bearer {ada}\nCookie: __Host-yett_access={ada_elsewhere}",
         "401 - | refused:credentials_disagree refused unauthenticated | auth_results:credentials_disagree"},
        {"a form of our own page", "POST /in/a\nOrigin: https://example.com\nCookie: __Host-yett_access={ada}",
         "200 ada | ok permitted | auth_results:ok policy_decisions:in/permitted"},
        {"a form of another site", "POST /in/a\nOrigin: https://evil.example\nCookie: __Host-yett_access={ada}",
         "403 - | refused:csrf_rejected refused csrf_rejected | auth_results:csrf_rejected"},
        {"a form of another site, where a rule could do without",
         "POST /optional/a\nOrigin: https://evil.example\nCookie: __Host-yett_access={ada}",
         "403 - | refused:csrf_rejected refused csrf_rejected | auth_results:csrf_rejected"},
        {"a form of another site that the rule lists",
         "POST /shared/a\nOrigin: https://spa.example\nCookie: __Host-yett_access={ada}",
         "200 ada | ok permitted | auth_results:ok policy_decisions:shared/permitted"},
        {"a form of another site with a token in the header",
         "POST /in/a\nOrigin: https://evil.example\nAuthorization: Bearer {ada}",
         "200 ada | ok permitted | auth_results:ok policy_decisions:in/permitted"},
        {"a page that a browser wants with a session that has expired",
         "GET /in/a\nAccept: text/html\nSec-Fetch-Mode: navigate\nSec-Fetch-Dest: document\nCookie: __Host-yett_access={expired}",
         "302 - | refused:token_expired refused unauthenticated | auth_results:token_expired"},
    });
}

TEST_CASE("pipeline: a certificate alone speaks for no page of another site")
{
    auto const handshake = std::string{"GET /wire\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\n"
                                       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n"};
    auto const ours = handshake + "Origin: https://example.com", listed = handshake + "Origin: https://spa.example",
               foreign = handshake + "Origin: https://evil.example";
    auto const let_in = "200 nobody | certificate permitted | auth_results:none policy_decisions:machines/permitted";
    auto const opened = "200 nobody | certificate permitted | auth_results:none policy_decisions:wire/permitted";
    auto const refused = "403 - | refused:csrf_rejected refused csrf_rejected | auth_results:csrf_rejected auth_results:none";
    check({
        {"a program that changes something says nothing of pages", "POST /machines/a", let_in, show_certificate},
        {"a page of ours", "POST /machines/a\nOrigin: https://example.com", let_in, show_certificate},
        {"a page of another site", "POST /machines/a\nOrigin: https://evil.example", refused, show_certificate},
        {"one that hides where it is", "POST /machines/a\nOrigin: null", refused, show_certificate},
        {"as browsers say it", "DELETE /machines/a\nSec-Fetch-Site: cross-site", refused, show_certificate},
        {"a link on another site changes nothing", "GET /machines/a\nSec-Fetch-Site: cross-site", let_in, show_certificate},
        {"without a certificate the rule refuses", "POST /machines/a\nOrigin: https://evil.example",
         "403 - | none refused forbidden | auth_results:none policy_decisions:machines/forbidden"},
        {"a WebSocket of a program", handshake.c_str(), opened, show_certificate},
        {"one of our page", ours.c_str(), opened, show_certificate},
        {"one of a site that is listed by name", listed.c_str(), opened, show_certificate},
        {"one of a site that any would be", foreign.c_str(), refused, show_certificate},
        {"a page whose token speaks for it", "POST /machines/a\nOrigin: https://evil.example\nAuthorization: Bearer {ada}",
         "200 ada | ok permitted | auth_results:ok policy_decisions:machines/permitted", show_certificate},
    });
}

TEST_CASE("pipeline: a node that has not heard of the others for too long")
{
    check({
        {"who says nobody's name is not held up", "GET /public/a",
         "200 nobody | none permitted | policy_decisions:public/permitted", nullptr, shared},
        {"nor where a rule could do without", "GET /optional/a",
         "200 nobody | none permitted | auth_results:none policy_decisions:optional/permitted", nullptr, shared},
        {"a token that nobody has revoked", "GET /in/a\nAuthorization: Bearer {ada}",
         "200 ada | ok permitted | auth_results:ok policy_decisions:in/permitted", hear_nothing, shared},
        {"one whose session was ended elsewhere", "GET /in/a\nAuthorization: Bearer {ada}",
         "401 - | refused:token_revoked refused unauthenticated | auth_results:ok auth_results:token_revoked", hear_of_the_end,
         shared},
        {"the same as a cookie", "GET /in/a\nCookie: __Host-yett_access={ada}",
         "401 - | refused:token_revoked refused unauthenticated | auth_results:ok auth_results:token_revoked", hear_of_the_end,
         shared},
        {"another session of that user", "GET /in/a\nAuthorization: Bearer {ada_elsewhere}",
         "200 ada | ok permitted | auth_results:ok policy_decisions:in/permitted", hear_of_the_end, shared},
        {"a session that is renewed on the way", "GET /in/a\nCookie: __Host-yett_refresh={ada_refresh}",
         "200 ada | ok permitted | auth_results:ok policy_decisions:in/permitted refreshes:rotated session_renewals:renewed",
         hear_nothing, shared},
        {"an API key", "GET /in/a\nAuthorization: Bearer {key}",
         "200 ada | ok permitted | api_key_checks:asked auth_results:ok policy_decisions:in/permitted", hear_nothing, shared},
        {"roles are decided upon afterwards", "GET /admin/a\nAuthorization: Bearer {ada}",
         "403 - | ok refused forbidden | auth_results:ok policy_decisions:admin/forbidden", hear_nothing, shared},
        {"nobody can say", "GET /in/a\nAuthorization: Bearer {ada}", "503 - | ok permitted storage_unavailable | auth_results:ok",
         nullptr, shared},
        {"nor of an API key", "GET /in/a\nAuthorization: Bearer {key}",
         "503 - | ok permitted storage_unavailable | api_key_checks:asked auth_results:ok", nullptr, shared},
    });
}

TEST_CASE("pipeline: our own endpoints")
{
    check({
        {"a path below the prefix that is none of them", "GET /auth/nowhere", "404 - | none permitted no_such_route | "},
        {"another method than the endpoint's", "DELETE /auth/login", "405 - | none permitted method_not_allowed | "},
        {"who is nobody has no profile", "GET /auth/me",
         "401 - | none refused unauthenticated | accounts:me/refused auth_results:none policy_decisions:GET /auth/me/unauthenticated"},
        {"who is somebody has", "GET /auth/me\nAuthorization: Bearer {ada}",
         "200 - | ok permitted | accounts:me/ok auth_results:ok policy_decisions:GET /auth/me/permitted"},
        {"a key is no session", "GET /auth/sessions\nAuthorization: Bearer {key}",
         "403 - | ok refused forbidden | accounts:sessions/refused api_key_checks:asked auth_results:ok policy_decisions:other/forbidden"},
        {"what a page of another site sends is refused before it is looked at",
         "POST /auth/refresh\nOrigin: https://evil.example\nSec-Fetch-Site: cross-site",
         "403 - | none permitted csrf_rejected | accounts:refresh/refused"},
        {"a session ends", "POST /auth/logout\nAuthorization: Bearer {ada}",
         "204 - | ok permitted | accounts:logout/ok policy_decisions:POST /auth/logout/permitted"},
        {"a login without a body", "POST /auth/login", "400 - | none permitted bad_request | accounts:login/refused"},
        {"the page where people log in", "GET /auth/login\nAccept: text/html",
         "200 - | none permitted | policy_decisions:other/permitted"},
        {"keys, for whoever wants to check tokens", "GET /.well-known/jwks.json",
         "200 - | none permitted | policy_decisions:other/permitted"},
    });
    scene s{whole_pipeline::store::memory};
    CHECK(s.at.ask("DELETE /auth/login").field("Allow") == "GET, HEAD, POST");
    CHECK(s.at.ask("GET /auth/nowhere").field("Allow").empty());
}

TEST_CASE("pipeline: limits")
{
    check({
        {"the first is let through", "GET /seldom/a", "200 nobody | none permitted | policy_decisions:seldom/permitted"},
        {"the second is not", "GET /seldom/a", "429 - | none limited rate_limited | limiter_refused:one_client",
         [](scene& s) { s.at.ask("GET /seldom/a"); }},
        {"of users, after it is known who asks", "GET /mine/a\nAuthorization: Bearer {ada}",
         "429 - | ok limited rate_limited | auth_results:ok limiter_refused:one_user",
         [](scene& s) { s.at.ask("GET /mine/a\nAuthorization: Bearer {ada}"); }},
        {"of users, another one", "GET /mine/a\nAuthorization: Bearer {root}",
         "200 root | ok permitted | auth_results:ok policy_decisions:mine/permitted",
         [](scene& s) { s.at.ask("GET /mine/a\nAuthorization: Bearer {ada}"); }},
        {"of failures, after one", "GET /guess/a\nAuthorization: Bearer {ada}",
         "429 - | none limited rate_limited | limiter_refused:one_failure", [](scene& s) { s.at.ask("GET /guess/a"); }},
        {"of failures, after a success", "GET /guess/a\nAuthorization: Bearer {ada}",
         "200 ada | ok permitted | auth_results:ok policy_decisions:guess/permitted",
         [](scene& s) { s.at.ask("GET /guess/a\nAuthorization: Bearer {ada}"); }},
        {"one that only reports", "GET /told/a",
         "200 nobody | none report_only | limiter_refused:one_told policy_decisions:told/permitted policy_report_only:told",
         [](scene& s) { s.at.ask("GET /told/a"); }},
    });
}

TEST_CASE("pipeline: what strangers have checked in vain")
{
    whole_pipeline at{R"(routes:
  - { name: in, match: { path: "/in/**" }, access: authenticated, upstream: app }
  - { name: optional, match: { path: "/optional/**" }, access: optional, upstream: app }
accounts: { require_verified_email: false }
limits: { verifications: { rate: 1/1h, burst: 2 } }
)"};
    auto const ada = at.add_user("ada"), bob = at.add_user("bob");
    auto const token = at.sign_in(ada).access, another = at.sign_in(bob).access;
    auto const forged = [&](char last) {
        auto text = token;
        text[text.size() - 8] = text[text.size() - 8] == last ? 'x' : last;
        return text;
    };
    at.put("ada", token);
    at.put("bob", another);
    auto const ask = [&at](std::string const& path, std::string const& shown, char const* more = "") {
        return outcome_of(at.ask("GET " + path + "\nAuthorization: Bearer " + shown + more));
    };
    CHECK(ask("/in/a", forged('A')) == "401 - | refused:token_untrusted refused unauthenticated | auth_results:token_untrusted");
    CHECK(ask("/in/a", forged('A')) == "401 - | refused:token_untrusted refused unauthenticated | auth_results:token_untrusted");
    CHECK(ask("/in/a", forged('B')) == "401 - | refused:token_untrusted refused unauthenticated | auth_results:token_untrusted");
    auto const limited = "429 - | refused:rate_limited limited rate_limited | auth_results:rate_limited verifications_refused:";
    CHECK(ask("/in/a", forged('C')) == limited);
    CHECK(ask("/in/a", "{ada}") == limited);
    CHECK(ask("/optional/a", forged('C')) == limited);
    CHECK(ask("/in/a", "rubbish") == "401 - | refused:token_malformed refused unauthenticated | auth_results:token_malformed");
    CHECK(ask("/in/a", forged('B')) == "401 - | refused:token_untrusted refused unauthenticated | auth_results:token_untrusted");

    auto const page = at.ask("GET /in/a\nAccept: text/html\nSec-Fetch-Mode: navigate\nSec-Fetch-Dest: document\n"
                             "Cookie: __Host-yett_access={ada}");
    CHECK(page.status == 429);
    CHECK(page.field("Location").empty());
    CHECK(page.field("Set-Cookie").empty());
    CHECK(page.field("RateLimit").empty());
    auto const wait = std::stoi(page.field("Retry-After"));
    CHECK(wait > 3500);
    CHECK(wait <= 3600);
    CHECK(page.logged("cause") == "the limit verifications");

    // Somebody at the same address is proved by what costs nothing, and others there have a bucket apart.
    auto const session = at.sign_in(ada);
    at.put("refresh", session.refresh);
    CHECK(at.ask("GET /in/a\nCookie: __Host-yett_refresh={refresh}").status == 200);
    CHECK(ask("/in/a", "{bob}") == "200 bob | ok permitted | auth_results:ok policy_decisions:in/permitted");
    CHECK(ask("/in/a", forged('C')) == "401 - | refused:token_untrusted refused unauthenticated | auth_results:token_untrusted");
}

TEST_CASE("pipeline: what the application is for")
{
    check({
        {"one that is gone", "GET /public/a", "502 - | none permitted upstream_unavailable | ",
         [](scene& s) { s.at.stop_application(); }},
        {"one that is gone, and nobody may ask", "GET /in/a",
         "401 - | none refused unauthenticated | auth_results:none policy_decisions:in/unauthenticated",
         [](scene& s) { s.at.stop_application(); }},
        {"a body that is too large by its length", "POST /small/a\nContent-Length: 11",
         "413 - | none permitted body_too_large | "},
        {"a WebSocket of nobody",
         "GET /socket\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
         "401 - | none refused unauthenticated | auth_results:none policy_decisions:socket/unauthenticated"},
        {"a WebSocket that a page of another site opens with a cookie",
         "GET /socket\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nOrigin: https://evil.example\nCookie: __Host-yett_access={ada}",
         "403 - | refused:csrf_rejected refused csrf_rejected | auth_results:csrf_rejected auth_results:ok"},
        {"a WebSocket of another version",
         "GET /socket\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 12\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
         "426 - | none permitted bad_request | "},
        {"a preflight that the rule answers",
         "OPTIONS /shared/a\nOrigin: https://spa.example\nAccess-Control-Request-Method: GET",
         "204 - | none permitted | policy_decisions:shared/permitted"},
        {"a preflight of a site that is not listed",
         "OPTIONS /shared/a\nOrigin: https://evil.example\nAccess-Control-Request-Method: GET",
         "403 - | none permitted csrf_rejected | "},
    });
}

TEST_CASE("pipeline: what a refusal asks for")
{
    scene s{whole_pipeline::store::memory};
    CHECK(s.at.ask("GET /in/a").field("WWW-Authenticate") == R"(Bearer realm="Yett")");
    CHECK(s.at.ask("GET /in/a\nAuthorization: Bearer {expired}").field("WWW-Authenticate") ==
          R"(Bearer realm="Yett", error="invalid_token")");
    CHECK(s.at.ask("GET /basic/a").field("WWW-Authenticate") == R"(Basic realm="Yett", charset="UTF-8")");
    CHECK(s.at.ask("GET /posts").field("Allow") == "POST");
    CHECK(s.at.ask("GET /in/a?b=c\nAccept: text/html\nSec-Fetch-Mode: navigate\nSec-Fetch-Dest: document").field("Location") ==
          "/auth/login?next=/in/a%3Fb%3Dc");
}

TEST_CASE("pipeline: a limit says when to come back")
{
    scene s{whole_pipeline::store::memory};
    s.at.ask("GET /seldom/a");
    auto const refused = s.at.ask("GET /seldom/a");
    CHECK(refused.field("Retry-After") == "3600");
    CHECK(refused.field("RateLimit") == R"("one_client";r=0;t=3600)");
    CHECK(refused.field("RateLimit-Policy") == R"("one_client";q=1;w=3600)");
}

TEST_CASE("pipeline: a renewed session comes with the reply, and no cache keeps it")
{
    scene s{whole_pipeline::store::memory};
    auto const came =
        s.at.ask("GET /in/a\nCookie: __Host-yett_access={expired}; __Host-yett_refresh={expired_refresh}; theirs=1");
    CHECK(came.field("Set-Cookie").starts_with("__Host-yett_"));
    CHECK(came.field("Cache-Control") == "no-store");
    CHECK(came.told("Cookie") == "theirs=1");
}

TEST_CASE("pipeline: cookies of a session that is over are deleted")
{
    scene s{whole_pipeline::store::memory};
    auto const came = s.at.ask("GET /in/a\nCookie: __Host-yett_access={expired}");
    CHECK(came.field("Set-Cookie").find("Max-Age=0") != std::string::npos);
    CHECK(s.at.ask("GET /in/a\nAuthorization: Bearer {expired}").field("Set-Cookie").empty());
}

TEST_CASE("pipeline: a token that was proved goes on where the rule lends it, and nowhere else")
{
    scene s{whole_pipeline::store::memory};
    CHECK(s.at.ask("GET /lent/a\nAuthorization: Bearer {ada}").told("Authorization").starts_with("Bearer ey"));
    CHECK(s.at.ask("GET /in/a\nAuthorization: Bearer {ada}").told("Authorization").empty());
    CHECK(s.at.ask("GET /lent/a\nAuthorization: Bearer {key}").told("Authorization").empty());
}

TEST_CASE("pipeline: the client is told no more than the log")
{
    scene s{whole_pipeline::store::memory};
    auto const expired = s.at.ask("GET /in/a\nAuthorization: Bearer {expired}");
    auto const malformed = s.at.ask("GET /in/a\nAuthorization: Bearer rubbish");
    CHECK(expired.logged("auth_reason") == "token_expired");
    CHECK(expired.body.find("expired") == std::string::npos);
    CHECK(expired.field("WWW-Authenticate") == malformed.field("WWW-Authenticate"));
}

TEST_CASE("pipeline: a request is forwarded by the world it began in, whatever was entered meanwhile")
{
    constexpr auto next = R"(routes:
  - { name: in, match: { path: "/in/**" }, access: public, upstream: app }
accounts: { require_verified_email: false }
)";
    // The token has to be looked at again, and while others are asked about it the worker goes on with
    // a table that has no rule at the index this request found.
    scene s{shared};
    s.at.others([&](tokens::revocations&) {
        s.at.enter(next);
        return true;
    });
    auto const began_before = s.at.ask("GET /in/a\nAuthorization: Bearer {ada}");
    CHECK(began_before.status == 200);
    CHECK(began_before.told("X-Yett-User") == "ada");
    CHECK(!began_before.by_next_world);

    auto const began_after = s.at.ask("GET /in/a\nAuthorization: Bearer {ada}");
    CHECK(began_after.status == 200);
    CHECK(began_after.told("X-Yett-User").empty()); // the next world's rule looks at no credential
    CHECK(began_after.by_next_world);
}

TEST_CASE("pipeline: pages, prefixes and cookies are those of the snapshot a request began with")
{
    auto const configured = [](std::string const& brand, std::string const& prefix, std::string const& cookie) {
        return "routes: [{ name: in, match: { path: \"/in/**\" }, access: authenticated, upstream: app }]\n"
               "accounts: { require_verified_email: false, prefix: [" +
               prefix + "], cookie: { name: " + cookie + " }, pages: { brand: " + brand + ", after_logout: " + prefix +
               "/seen-off } }\n";
    };
    struct row
    {
        char const* what;
        std::string asked;
        unsigned status;
        std::string shown; // in the body or in a field
    };
    auto const check = [](whole_pipeline& at, std::vector<row> const& rows) {
        for (auto const& each : rows) {
            INFO(std::string{each.what});
            auto const came = at.ask(each.asked + "\nAccept: text/html\nSec-Fetch-Mode: navigate\nSec-Fetch-Dest: document");
            CHECK(came.status == each.status);
            auto all = came.body;
            for (auto const& [name, value] : came.fields) all += "\n" + name + ": " + value;
            CHECK_MESSAGE(all.find(each.shown) != all.npos, all);
        }
    };
    whole_pipeline at{configured("Before", "/auth", "one")};
    check(at, {
                  {"a page", "GET /auth/login", 200, "<title>Log in – Before"},
                  {"the cookie of its form", "GET /auth/login", 200, "Set-Cookie: __Host-one_form="},
                  {"a failure", "GET /nowhere", 404, "Before"},
                  {"the way to the login", "GET /in/a", 302, "Location: /auth/login?next=/in/a"},
                  {"the challenge", "GET /auth/me", 302, "Location: /auth/login?next=/auth/me"},
              });
    at.enter(configured("After", "/konto", "two"));
    check(at, {
                  {"a page", "GET /konto/login", 200, "<title>Log in – After"},
                  {"the cookie of its form", "GET /konto/login", 200, "Set-Cookie: __Host-two_form="},
                  {"a failure", "GET /nowhere", 404, "After"},
                  {"what is ours no more", "GET /auth/login", 404, "After"},
                  {"the way to the login", "GET /in/a", 302, "Location: /konto/login?next=/in/a"},
                  {"the challenge", "GET /konto/me", 302, "Location: /konto/login?next=/konto/me"},
              });
}
