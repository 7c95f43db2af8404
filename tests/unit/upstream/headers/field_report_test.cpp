#include "gateway/upstream/headers/field_report.hpp"

#include "gateway/upstream/headers/field_rules.hpp"
#include "gateway/upstream/headers/header_plan.hpp"
#include "tests/support/fake_exchange.hpp"

#include <doctest/doctest.h>

#include <map>
#include <optional>

using namespace yett;
using namespace yett::upstream;
using yett::tests::fake_exchange;

namespace {

header_options usual_options()
{
    header_options options;
    options.cookies = {"yett_access"};
    options.secret_prefixes = {"yk1_"};
    return options;
}

struct asking
{
    header_options options = usual_options();
    std::optional<field_rules> rules = {};
    identity const* who = nullptr;
    bearer_terms bearers = {};
};

// What is said of each name; of two fields with one name, of the last.
std::map<std::string, std::string> reports(std::string const& fields, asking const& a = {})
{
    auto const plan = header_plan::from(a.options);
    REQUIRE(plan.has_value());
    fake_exchange const ex{"GET / HTTP/1.1\r\nHost: example.com\r\n" + fields + "\r\n", fake_exchange::local_peer()};
    composition stranger{ex.request(), ex.where(), ex.from(), {.address = "192.0.2.7", .https = true}};
    stranger.who = a.who;
    stranger.bearers = a.bearers;
    if (a.rules) stranger.rules = &*a.rules;
    auto proxy = stranger;
    proxy.client.trusted = true;
    proxy.request_id = ex.request().value(http::known::x_request_id);
    auto const made = report_fields(*plan, stranger, proxy);
    REQUIRE(made.has_value());
    std::map<std::string, std::string> told;
    for (auto const& each : *made) told[std::string{each.name}] = each.text();
    return told;
}

bool has(std::string const& text, std::string_view words)
{
    return text.find(words) != text.npos;
}

} // namespace

TEST_CASE("field_report: each field is said to pass, to vanish or to be written anew, and why")
{
    struct row
    {
        std::string field;
        std::string_view told;
    };
    for (auto const& each : {
             row{"X-Mine: 1", "passes"},
             {"User-Agent: curl", "passes"},
             {"X-Yett-User: ada", "does not pass: tells of an identity"},
             {"Remote_User: ada", "does not pass: tells of an identity"},
             {"X-WEBAUTH-USER: ada", "passes from trusted_proxies alone: tells of an identity"},
             {"CF-Connecting-IP: ::1", "passes from trusted_proxies alone: tells of the way"},
             {"X-Accel-Redirect: /x", "passes from trusted_proxies alone: steers the server"},
             {"X-Middleware-Subrequest: x", "does not pass: steers the server"},
             {"X-Original-URL: /admin", "does not pass: would tell of another request"},
             {"my_field: 1", "does not pass: other servers read '.' and '_'"},
             {"my.field: 1", "request_headers.pass of a rule"},
             {"TE: trailers", "does not pass: belongs to the connection"},
             {"Content-Length: 0", "belongs to the connection"},
             {"X-Forwarded-For: 1.2.3.4", "is written anew: tells of the way"},
             {"Via: 1.1 x", "is written anew: tells of the way"},
             {"traceparent: 00-a-b-01", "passes from trusted_proxies alone: a trace"},
             {"X-Request-Id: mine", "passes from trusted_proxies alone: a trace"},
             {"Proxy-Authorization: Basic x", "does not pass: belongs to the connection"},
         }) {
        auto const name = each.field.substr(0, each.field.find(':'));
        auto const told = reports(each.field + "\r\n").at(name);
        CHECK_MESSAGE(has(told, each.told), name << ": " << told);
    }
}

TEST_CASE("field_report: credentials are judged by what they hold")
{
    std::function<bool(std::string_view)> const ours = [](std::string_view text) { return has(std::string{text}, "OURS"); };
    asking a;
    a.bearers.is_ours = &ours;
    CHECK(reports("Authorization: Basic x\r\n", a).at("Authorization") == "passes: a credential of Yett in it would not");
    CHECK(has(reports("Authorization: Token OURS\r\n", a).at("Authorization"), "does not pass: holds a credential of Yett"));
    CHECK(has(reports("Authorization: Bearer x\r\n", a).at("Authorization"), "does not pass: a Bearer is for Yett"));
    CHECK(has(reports("X-Api-Key: yk1_x\r\n", a).at("X-Api-Key"), "does not pass: holds a credential of Yett"));
    CHECK(has(reports("X-Access-Token: OURS\r\n", a).at("X-Access-Token"), "does not pass: holds a credential of Yett"));
    CHECK(reports("Cookie: yett_access=x; a=b\r\n", a).at("Cookie") == "passes in part: as \"a=b\"");
    CHECK(reports("Cookie: yett_access=x\r\n", a).at("Cookie") == "does not pass: holds nothing but cookies of Yett");
    a.bearers.others_pass = true;
    CHECK(has(reports("Authorization: Bearer x\r\n", a).at("Authorization"), "passes"));
    a.bearers.proved = "OURS";
    CHECK(has(reports("Authorization: Bearer OURS\r\n", a).at("Authorization"), "passes: once it is proved"));
    a.bearers.access_header = "X-Caller";
    CHECK(has(reports("X-Caller: OURS\r\n", a).at("X-Caller"), "does not pass: brings the access token"));
}

TEST_CASE("field_report: a rule's own request_headers are named")
{
    asking a;
    a.rules.emplace(field_rules::options{.pass = {"my_field"}, .set = {{"X-Version", "2"}}, .remove = {"X-Debug"}});
    auto const told = reports("my_field: 1\r\nX-Version: 1\r\nX-Debug: 1\r\nX-Mine: 1\r\n", a);
    CHECK(told.at("my_field") == "passes: request_headers.pass of the rule");
    CHECK(told.at("X-Version") == "is written anew: request_headers of the rule, by remove or set");
    CHECK(told.at("X-Debug") == "does not pass: request_headers of the rule, by remove or set");
    CHECK(told.at("X-Mine") == "passes");
}

TEST_CASE("field_report, sibling: a field that Connection names is gone, whatever it is called")
{
    auto const told = reports("Connection: close, X-Mine\r\nX-Mine: 1\r\nX-Other: 1\r\n");
    CHECK(has(told.at("X-Mine"), "does not pass: Connection names it"));
    CHECK(told.at("X-Other") == "passes");
    CHECK(has(told.at("Connection"), "belongs to the connection"));
}

TEST_CASE("field_report, sibling: what Yett writes itself is not the client's, though it says the same")
{
    identity ada;
    ada.subject = "ada";
    asking a;
    a.who = &ada;
    a.rules.emplace(field_rules::options{.set = {{"X-Version", "2"}}});
    auto const told = reports("X-Yett-User: ada\r\nX-Version: 2\r\n", a);
    CHECK(has(told.at("X-Yett-User"), "is written anew: tells of an identity"));
    CHECK(has(told.at("X-Version"), "is written anew: request_headers"));
    // Known by its address alone, the proxy of a stranger is not believed.
    CHECK(has(reports("X-Forwarded-Proto: https\r\n").at("X-Forwarded-Proto"), "trusted_proxies"));
}
