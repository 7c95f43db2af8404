#include "tests/unit/policies/rules.hpp"

#include <algorithm>

using namespace yett::policies;
using namespace std::chrono_literals;
using kind = access_spec::kind;

namespace {

std::vector<std::string> errors_of(std::vector<route_spec> specs)
{
    auto const made = compile(std::move(specs));
    CHECK(made.table.has_value() == made.complaints.empty());
    std::vector<std::string> lines;
    for (auto const& each : made.complaints) lines.push_back(each.path + ": " + each.text);
    return lines;
}

std::vector<std::string> shadowed_in(std::vector<route_spec> specs)
{
    auto const made = compile(std::move(specs));
    REQUIRE(made.table);
    std::vector<std::string> names;
    for (auto const& each : made.complaints) {
        CHECK(each.is == spec_complaint::weight::warning);
        names.push_back(each.path);
    }
    return names;
}

} // namespace

TEST_CASE("compile: all complaints come at once, with places")
{
    auto bad = a_rule("/a//b", access_of(kind::roles), {"CONNECT", "get"});
    bad.name = "bad";
    bad.place = "yett.yaml:7:5";
    bad.match.host = "a b";
    auto twin = a_rule("/b");
    twin.name = "bad";
    twin.place = "yett.yaml:9:5";
    auto nameless = a_rule("/c");
    nameless.name = "";

    auto const made = compile({bad, twin, nameless});
    CHECK_FALSE(made.table);
    std::vector<std::string> lines;
    for (auto const& each : made.complaints) lines.push_back(each.place + ": " + each.path + ": " + each.text);
    CHECK(
        lines ==
        std::vector<std::string>{
            "yett.yaml:7:5: routes.bad.match.host: not a host name; names outside ASCII are written as \"xn--...\"",
            "yett.yaml:7:5: routes.bad.match.path: "
            "'//' cannot stand in a rule: a request with it is refused, or goes by the rule that all readings of its path find; "
            "end the path before it with \"/**\"",
            "yett.yaml:7:5: routes.bad.match.methods: 'CONNECT' is never served",
            "yett.yaml:7:5: routes.bad.match.methods: 'get' is another method than GET: methods are compared with case",
            "yett.yaml:7:5: routes.bad.access.roles: empty: nobody could pass",
            "yett.yaml:9:5: routes.bad.name: another rule has this name, at yett.yaml:7:5",
            ": routes.2.name: a rule needs a name",
        });
}

TEST_CASE("compile: the place of a twin may be unknown")
{
    auto const lines = errors_of({a_rule("/a"), a_rule("/a")});
    CHECK(lines == std::vector<std::string>{"routes./a.name: another rule has this name, before"});
}

TEST_CASE("compile: access that cannot mean anything is refused")
{
    auto deep = access_of(kind::authenticated);
    for (int i = 0; i < 17; ++i) deep = access_of(kind::all_of, std::vector{deep});
    auto with_values = access_of(kind::authenticated, std::vector<std::string>{"x"});
    auto with_parts = access_of(kind::roles, std::vector<std::string>{"x"});
    with_parts.parts = {access_of(kind::authenticated)};
    auto with_networks = with_parts;
    with_networks.parts.clear();
    with_networks.networks = {*yett::parse_ip_prefix("10.0.0.0/8")};
    auto network_with_values = networks_of({"10.0.0.0/8"});
    network_with_values.values = {"x"};

    struct
    {
        access_spec access;
        char const* complaint;
    } const rows[] = {
        {access_of(kind::any_of), "access.any_of: empty"},
        {access_of(kind::all_of), "access.all_of: empty"},
        {access_of(kind::scopes), "access.scopes: empty"},
        {access_of(kind::users), "access.users: empty"},
        {access_of(kind::emails), "access.emails: empty"},
        {access_of(kind::roles, std::vector<std::string>{""}), "access.roles: an empty text"},
        {access_of(kind::emails, std::vector<std::string>{"nobody"}), "'nobody' is neither"},
        {access_of(kind::emails, std::vector<std::string>{"@b"}), "is neither"},
        {access_of(kind::emails, std::vector<std::string>{"a@"}), "is neither"},
        {access_of(kind::emails, std::vector<std::string>{"a@b@c"}), "is neither"},
        {access_of(kind::emails, std::vector<std::string>{"*a@b"}), "is neither"},
        {access_of(kind::emails, std::vector<std::string>{"*@*.b"}), "is neither"},
        {access_of(kind::any_of, std::vector{access_of(kind::public_)}), "access.any_of[0]: public stands alone"},
        {access_of(kind::all_of, std::vector{access_of(kind::authenticated), access_of(kind::optional)}),
         "access.all_of[1]: optional stands alone"},
        {access_of(kind::any_of, std::vector{access_of(kind::all_of)}), "access.any_of[0].all_of: empty"},
        {recent(access_of(kind::public_), 1min), "recent_login needs somebody"},
        {recent(access_of(kind::optional), 1min), "recent_login needs somebody"},
        {recent(networks_of({"10.0.0.0/8"}), 1min), "recent_login needs somebody"},
        {access_of(kind::all_of, std::vector{recent(networks_of({"::1"}), 1min)}),
         "access.all_of[0]: recent_login needs somebody"},
        {networks_of({}), "access.networks: empty"},
        {with_networks, "roles takes no networks"},
        {network_with_values, "networks takes no values"},
        {recent(access_of(kind::authenticated), 0s), "longer than 0s"},
        {with_values, "authenticated takes no values"},
        {with_parts, "roles takes no parts"},
        {deep, "nested more than 16 deep"},
    };
    for (auto const& row : rows) {
        auto const lines = errors_of({a_rule("/a", row.access)});
        REQUIRE_FALSE(lines.empty());
        CAPTURE(lines.front());
        CHECK(lines.front().find(row.complaint) != std::string::npos);
    }
}

TEST_CASE("compile: a pattern with an encoded slash needs a rule that allows it")
{
    auto rule = a_rule("/repo/a%2Fb");
    CHECK(errors_of({rule}).size() == 1);
    rule.encoded_slash_allowed = true;
    CHECK(errors_of({rule}).empty());
}

TEST_CASE("compile: a rule that never decides is a warning")
{
    using names = std::vector<std::string>;
    auto const get = [](std::string path) { return a_rule(std::move(path), {}, {"GET"}); };
    auto const named = [](std::string name, route_spec rule) {
        rule.name = std::move(name);
        return rule;
    };

    CHECK(shadowed_in({a_rule("/**"), a_rule("/a")}) == names{"routes./a.match"});
    CHECK(shadowed_in({a_rule("/a"), a_rule("/**")}).empty());
    CHECK(shadowed_in({a_rule("/a/**"), a_rule("/a/b/**")}) == names{"routes./a/b/**.match"});
    CHECK(shadowed_in({a_rule("/a/b/**"), a_rule("/a/**")}).empty());
    CHECK(shadowed_in({a_rule("/{x}"), a_rule("/a")}) == names{"routes./a.match"});
    CHECK(shadowed_in({a_rule("/a"), a_rule("/{x}")}).empty());
    CHECK(shadowed_in({a_rule("/{x}"), a_rule("/{y}")}) == names{"routes./{y}.match"});
    CHECK(shadowed_in({a_rule("/{x}/**"), a_rule("/a/**")}) == names{"routes./a/**.match"});
    CHECK(shadowed_in({a_rule("/{x}"), a_rule("/a/**")}).empty());
    CHECK(shadowed_in({a_rule("/{x}/b"), a_rule("/a/{y}")}).empty());
    CHECK(shadowed_in({get("/**"), a_rule("/a")}).empty());
    CHECK(shadowed_in({get("/a"), named("post", a_rule("/a", {}, {"POST"})),
                       named("both", a_rule("/a", {}, {"HEAD", "POST"}))}) == names{"routes.both.match"});
    CHECK(shadowed_in({get("/**"), named("rest", a_rule("/**")), a_rule("/a")}) == names{"routes./a.match"});
}

TEST_CASE("compile: hosts take part in what shadows what")
{
    using names = std::vector<std::string>;
    CHECK(shadowed_in({a_rule("/**"), a_rule_for("a.test", "/a")}) == names{"routes.a.test/a.match"});
    CHECK(shadowed_in({a_rule_for("a.test", "/**"), a_rule("/a")}).empty());
    CHECK(shadowed_in({a_rule_for("*.test", "/**"), a_rule_for("a.test", "/a")}) == names{"routes.a.test/a.match"});
    CHECK(shadowed_in({a_rule_for("*.test", "/**"), a_rule_for("*.a.test", "/a")}) == names{"routes.*.a.test/a.match"});
    CHECK(shadowed_in({a_rule_for("*.a.test", "/**"), a_rule_for("*.test", "/a")}).empty());
    CHECK(shadowed_in({a_rule_for("a.test", "/**"), a_rule_for("*.a.test", "/a")}).empty());
    CHECK(shadowed_in({a_rule_for("*.a.test", "/**"), a_rule_for("a.test", "/a")}).empty());
}

TEST_CASE("compile: a route says what its spec said")
{
    auto spec = a_rule("/a");
    spec.name = "admin";
    spec.place = "f:1:2";
    spec.to = destination::accounts;
    spec.target = "login";
    spec.limits = {"login", "per_user"};
    spec.body_bytes = 7;
    spec.encoded_slash_allowed = true;
    spec.mode = enforcement::report_only;
    auto const table = table_of({a_rule("/first"), spec});
    auto const* rule = table.named("admin");
    REQUIRE(rule);
    CHECK(rule->index() == 1);
    CHECK(rule->name() == "admin");
    CHECK(rule->place() == "f:1:2");
    CHECK(rule->to() == destination::accounts);
    CHECK(rule->target() == "login");
    CHECK(rule->limits() == std::vector<std::string>{"login", "per_user"});
    CHECK(rule->body_bytes() == 7u);
    CHECK(rule->encoded_slash_allowed());
    CHECK(rule->mode() == enforcement::report_only);
    CHECK(rule->spec().match.path == "/a");
    CHECK(rule->credentials() == credential_use::required);
    CHECK(table.named("nobody") == nullptr);
    CHECK(table.routes().size() == 2);
}

TEST_CASE("compile: no rules make a table that finds nothing")
{
    auto const table = table_of({});
    auto const answer = table.find({"GET", "a.test", "/"});
    CHECK_FALSE(answer);
    CHECK(answer.why() == yett::errc::no_such_route);
}
