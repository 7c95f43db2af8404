#include "policies/explain.hpp"

#include "policies/decide.hpp"
#include "tests/unit/policies/rules.hpp"

using namespace yett;
using namespace yett::policies;
using kind = access_spec::kind;
using words = std::vector<std::string>;

namespace {

constexpr auto now = wall_time{std::chrono::seconds{1'700'000'000}};

identity_ptr somebody(words roles)
{
    identity who;
    who.subject = "u1";
    who.roles = std::move(roles);
    return std::make_shared<identity const>(std::move(who));
}

route_table sample()
{
    auto health = a_rule("/healthz", access_of(kind::public_), {"GET"});
    health.name = "health";
    auto other = a_rule_for("*.example.com", "/admin/**");
    other.name = "other-host";
    auto admin = a_rule("/admin/**", access_of(kind::roles, words{"admin"}));
    admin.name = "admin";
    admin.place = "yett.yaml:9:5";
    auto page = a_rule("/page", access_of(kind::optional));
    page.name = "page";
    auto trial = a_rule("/trial", access_of(kind::roles, words{"admin"}));
    trial.name = "trial";
    trial.mode = enforcement::report_only;
    auto office = a_rule("/office", networks_of({"10.0.0.0/8"}));
    office.name = "office";
    return table_of({health, other, admin, page, trial, office});
}

} // namespace

TEST_CASE("explain: names the rule that decides and why those before it do not")
{
    auto const table = sample();
    auto const told = explain(table, {"GET", "h", "/admin/x"}, somebody({"user"}), now);
    REQUIRE(told.rule);
    CHECK(told.rule->name() == "admin");
    CHECK_FALSE(told.permitted);
    CHECK(told.refusal == errc::forbidden);
    REQUIRE(told.before.size() == 2);
    CHECK(told.before[0].why == "path is not /healthz");
    CHECK(told.before[1].why == "host is not *.example.com");
    CHECK(told.text() == "  health                   path is not /healthz\n"
                         "  other-host               host is not *.example.com\n"
                         "> admin                    yett.yaml:9:5\n"
                         "refused: rule admin wants one of the roles admin, forbidden\n");
}

TEST_CASE("explain: says why somebody passes")
{
    auto const table = sample();
    struct
    {
        question asked;
        identity_ptr who;
        char const* last_line;
    } const rows[] = {
        {{"GET", "h", "/healthz"}, nullptr, "permitted: the rule is public\n"},
        {{"GET", "h", "/admin"}, somebody({"admin"}), "permitted: the caller has what it takes: one of the roles admin\n"},
        {{"GET", "h", "/page"}, nullptr, "permitted: the rule is open to everybody\n"},
        {{"GET", "h", "/page"}, somebody({}), "permitted: the rule is open and the caller is known\n"},
        {{"GET", "h", "/trial"}, somebody({}), "permitted (report_only): rule trial wants one of the roles admin, forbidden\n"},
        {{"GET", "h", "/office", false, *parse_ip("10.9.8.7")},
         nullptr,
         "permitted: the caller has what it takes: a client of the networks 10.0.0.0/8\n"},
        {{"GET", "h", "/office", false, *parse_ip("192.0.2.7")},
         somebody({"admin"}),
         "refused: rule office wants a client of the networks 10.0.0.0/8, forbidden\n"},
        {{"POST", "h", "/healthz"}, nullptr, "refused: rules match host and path, but only for GET, HEAD, method_not_allowed\n"},
        {{"GET", "h", "/nowhere"}, nullptr, "refused: no rule matches, no_such_route\n"},
    };
    for (auto const& row : rows) {
        auto const text = explain(table, row.asked, row.who, now).text();
        CAPTURE(text);
        CHECK(text.ends_with(row.last_line));
    }
}

TEST_CASE("explain: a rule for other methods says so")
{
    auto const table = sample();
    auto const told = explain(table, {"POST", "h", "/healthz"}, nullptr, now);
    REQUIRE(told.before.size() == 6);
    CHECK(told.before[0].why == "method is none of GET, HEAD");
    CHECK(told.rule == nullptr);
}

TEST_CASE("explain: decides as decide does")
{
    auto const table = sample();
    for (auto const* path : {"/healthz", "/admin", "/page", "/trial"}) {
        for (auto const& who : {identity_ptr{}, somebody({"user"}), somebody({"admin"})}) {
            question const asked{"GET", "h", path};
            auto const told = explain(table, asked, who, now);
            auto const made = decide(*table.find(asked), who, asked, now);
            CHECK(told.permitted == made.outcome.has_value());
        }
    }
}
