#include "policies/decide.hpp"
#include "tests/unit/policies/rules.hpp"

using namespace yett;
using namespace yett::policies;
using namespace std::chrono_literals;
using kind = access_spec::kind;
using words = std::vector<std::string>;

// The rules of one whole site, and what becomes of requests: which rule decides, and what it says. Each rule
// stands here with the requests that an attacker would try to get past it with.

namespace {

constexpr auto now = wall_time{1'700'000'000s};

enum class who
{
    nobody,
    user,
    editor,
    admin,       // signed in an hour ago
    fresh_admin, // just now
    machine,     // an API key: scopes, and no roles
};

identity_ptr caller(who w)
{
    if (w == who::nobody) return nullptr;
    identity one;
    one.subject = "u1";
    one.email = w == who::user ? "bob@partner.example" : "ada@example.com";
    one.authenticated_at = w == who::fresh_admin ? now : now - 1h;
    if (w != who::machine) one.roles = {"user"};
    if (w == who::editor) one.roles.push_back("editor");
    if (w == who::admin || w == who::fresh_admin) one.roles.push_back("admin");
    if (w == who::machine) one.scopes = {"orders:read"};
    return std::make_shared<identity const>(std::move(one));
}

route_spec named(std::string name, route_spec spec)
{
    spec.name = std::move(name);
    return spec;
}

route_table site()
{
    auto on_admin_host = a_rule_for("admin.example.com", "/**");
    on_admin_host.access = recent(access_of(kind::roles, words{"admin"}), 15min);
    auto trial = a_rule("/beta/**", access_of(kind::roles, words{"editor"}));
    trial.mode = enforcement::report_only;
    auto files = a_rule("/files/**", access_of(kind::authenticated));
    files.encoded_slash_allowed = true;
    return table_of({
        named("admin-host", on_admin_host),
        named("health", a_rule("/healthz", access_of(kind::public_), {"GET"})),
        named("static", a_rule("/static/**", access_of(kind::public_), {"GET"})),
        named("front", a_rule("/", access_of(kind::optional))),
        named("read-docs", a_rule("/docs/{id}", access_of(kind::authenticated), {"GET"})),
        named("write-docs", a_rule("/docs/{id}", access_of(kind::roles, words{"editor", "admin"}), {"PUT", "PATCH"})),
        named("remove-docs", a_rule("/docs/{id}", recent(access_of(kind::roles, words{"admin"}), 5min), {"DELETE"})),
        named("orders", a_rule("/api/orders/**", access_of(kind::scopes, words{"orders:read"}), {"GET"})),
        named("partners", a_rule("/partners/**", access_of(kind::emails, words{"*@partner.example"}))),
        named("files", files),
        named("beta", trial),
        named("rest", a_rule("/app/**", access_of(kind::authenticated))),
    });
}

// "docs: ok", "docs: forbidden", "docs: ok, would be forbidden", "no_such_route", "method_not_allowed GET, HEAD".
std::string outcome(route_table const& rules, question const& asked, who w)
{
    auto const found = rules.find(asked);
    if (!found) {
        auto const allowed = rules.methods().text(found.allowed());
        return std::string{name_of(found.why())} + (allowed.empty() ? "" : " " + allowed);
    }
    auto const made = decide(*found, caller(w), asked, now);
    auto text = found->name() + ": " + (made ? std::string{"ok"} : std::string{name_of(made.error().code())});
    if (made.reported) text += ", would be " + std::string{name_of(made.reported->code())};
    return text;
}

} // namespace

TEST_CASE("site: which rule decides, and what it says")
{
    struct
    {
        who asks;
        char const* method;
        char const* host;
        char const* path;
        char const* outcome;
    } const rows[] = {
        {who::nobody, "GET", "h", "/healthz", "health: ok"},
        {who::nobody, "HEAD", "h", "/healthz", "health: ok"},
        {who::nobody, "POST", "h", "/healthz", "method_not_allowed GET, HEAD"},
        {who::nobody, "GET", "h", "/healthz/", "no_such_route"},
        {who::nobody, "GET", "h", "/Healthz", "no_such_route"},
        {who::nobody, "GET", "h", "/static/a/b.css", "static: ok"},
        {who::nobody, "GET", "h", "/static", "static: ok"},
        {who::nobody, "GET", "h", "/statics", "no_such_route"},
        {who::nobody, "PUT", "h", "/static/a", "method_not_allowed GET, HEAD"},
        {who::nobody, "GET", "h", "/", "front: ok"},
        {who::user, "GET", "h", "/", "front: ok"},
        {who::nobody, "PROPFIND", "h", "/", "front: ok"},
        {who::nobody, "BREW", "h", "/",
         "method_not_allowed GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS, PROPFIND, PROPPATCH, "
         "MKCOL, COPY, MOVE, LOCK, UNLOCK, REPORT, SEARCH"},
        {who::nobody, "GET", "h", "/docs/7", "read-docs: unauthenticated"},
        {who::user, "GET", "h", "/docs/7", "read-docs: ok"},
        {who::user, "HEAD", "h", "/docs/7", "read-docs: ok"},
        {who::nobody, "PUT", "h", "/docs/7", "write-docs: unauthenticated"},
        {who::user, "PUT", "h", "/docs/7", "write-docs: forbidden"},
        {who::editor, "PUT", "h", "/docs/7", "write-docs: ok"},
        {who::admin, "PATCH", "h", "/docs/7", "write-docs: ok"},
        {who::editor, "DELETE", "h", "/docs/7", "remove-docs: forbidden"},
        {who::admin, "DELETE", "h", "/docs/7", "remove-docs: recent_login_required"},
        {who::fresh_admin, "DELETE", "h", "/docs/7", "remove-docs: ok"},
        {who::admin, "POST", "h", "/docs/7", "method_not_allowed GET, HEAD, PUT, DELETE, PATCH"},
        {who::admin, "GET", "h", "/docs", "no_such_route"},
        {who::admin, "GET", "h", "/docs/", "no_such_route"},
        {who::admin, "GET", "h", "/docs/7/8", "no_such_route"},
        {who::machine, "GET", "h", "/api/orders", "orders: ok"},
        {who::machine, "GET", "h", "/api/orders/7", "orders: ok"},
        {who::admin, "GET", "h", "/api/orders/7", "orders: forbidden"},
        {who::machine, "GET", "h", "/docs/7", "read-docs: ok"},
        {who::machine, "PUT", "h", "/docs/7", "write-docs: forbidden"},
        {who::user, "GET", "h", "/partners/list", "partners: ok"},
        {who::admin, "GET", "h", "/partners/list", "partners: forbidden"},
        {who::nobody, "GET", "h", "/partners", "partners: unauthenticated"},
        {who::editor, "GET", "h", "/beta/new", "beta: ok"},
        {who::user, "GET", "h", "/beta/new", "beta: ok, would be forbidden"},
        {who::nobody, "GET", "h", "/beta/new", "beta: ok, would be unauthenticated"},
        {who::user, "GET", "h", "/app/x", "rest: ok"},
        {who::nobody, "GET", "h", "/app/x", "rest: unauthenticated"},
        {who::nobody, "GET", "admin.example.com", "/healthz", "admin-host: unauthenticated"},
        {who::admin, "GET", "admin.example.com", "/", "admin-host: recent_login_required"},
        {who::fresh_admin, "GET", "admin.example.com", "/", "admin-host: ok"},
        {who::user, "GET", "admin.example.com", "/static/a", "admin-host: forbidden"},
        {who::user, "GET", "x.admin.example.com", "/static/a", "static: ok"},
        {who::user, "GET", "", "/static/a", "static: ok"},
        {who::fresh_admin, "GET", "h", "/admin", "no_such_route"},
    };
    auto const rules = site();
    for (auto const& row : rows) {
        CAPTURE(row.method);
        CAPTURE(row.path);
        CAPTURE(static_cast<int>(row.asks));
        CHECK(outcome(rules, {row.method, row.host, row.path}, row.asks) == row.outcome);
    }
}

TEST_CASE("site: an encoded slash passes the rule that allows it and no other, whoever asks")
{
    struct
    {
        who asks;
        char const* path;
        char const* outcome;
    } const rows[] = {
        {who::user, "/files/a%2Fb", "files: ok"},
        {who::nobody, "/files/a%2Fb", "files: unauthenticated"},
        {who::fresh_admin, "/static/a%2Fb", "static: uri_rejected"},
        {who::nobody, "/static/a%2Fb", "static: uri_rejected"},
        {who::user, "/docs/7%2F8", "read-docs: uri_rejected"},
        {who::user, "/beta/a%2Fb", "beta: uri_rejected"},
        {who::user, "/files%2Fa", "no_such_route"},
    };
    auto const rules = site();
    for (auto const& row : rows) {
        CAPTURE(row.path);
        CHECK(outcome(rules, {"GET", "h", row.path, true}, row.asks) == row.outcome);
    }
}

TEST_CASE("site: a permit names the rule and whoever asked, and nobody where no credential is looked at")
{
    auto const rules = site();
    for (auto const* path : {"/", "/docs/7", "/app/x", "/static/a"}) {
        CAPTURE(path);
        auto const found = rules.find({"GET", "h", path});
        REQUIRE(found);
        auto const ada = caller(who::admin);
        auto const made = decide(*found, ada, {"GET", "h", path}, now);
        REQUIRE(made);
        CHECK(&(*made).route() == found.get());
        CHECK((*made).who() == ada);
    }
}
