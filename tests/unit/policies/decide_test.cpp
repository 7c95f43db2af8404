#include "policies/decide.hpp"

#include "tests/unit/policies/rules.hpp"

using namespace yett;
using namespace yett::policies;
using namespace std::chrono_literals;
using kind = access_spec::kind;
using words = std::vector<std::string>;
using parts = std::vector<access_spec>;

namespace {

constexpr auto now = wall_time{1'700'000'000s};
constexpr question asked{"GET", "h", "/a"};

identity ada()
{
    identity who;
    who.subject = "u1";
    who.email = "Ada@Example.COM";
    who.roles = {"user", "editor"};
    who.scopes = {"read", "write"};
    who.authenticated_at = now - 10min;
    return who;
}

struct judged
{
    std::string code; // "ok" or the name of the error
    bool reported = false;
};

judged judge(access_spec access, std::optional<identity> who, enforcement mode = enforcement::enforce)
{
    auto rule = a_rule("/a", std::move(access));
    rule.mode = mode;
    auto const table = table_of({rule});
    identity_ptr caller;
    if (who) caller = std::make_shared<identity const>(*who);
    auto const made = decide(*table.find(asked), caller, asked, now);
    if (!made) return {std::string{name_of(made.error().code())}, made.reported.has_value()};
    CHECK((*made).who() == caller);
    CHECK(&(*made).route() == &table.routes()[0]);
    if (made.reported) return {std::string{name_of(made.reported->code())}, true};
    return {"ok"};
}

} // namespace

TEST_CASE("decide: who passes which rule")
{
    auto const role = [](words values) { return access_of(kind::roles, std::move(values)); };
    auto const scope = [](words values) { return access_of(kind::scopes, std::move(values)); };
    auto const email = [](words values) { return access_of(kind::emails, std::move(values)); };
    struct
    {
        access_spec access;
        char const* known;     // what Ada gets
        char const* anonymous; // what nobody gets
    } const rows[] = {
        {access_of(kind::public_), "ok", "ok"},
        {access_of(kind::optional), "ok", "ok"},
        {access_of(kind::authenticated), "ok", "unauthenticated"},
        {role({"admin"}), "forbidden", "unauthenticated"},
        {role({"admin", "editor"}), "ok", "unauthenticated"},
        {role({"Editor"}), "forbidden", "unauthenticated"},
        {role({"edit"}), "forbidden", "unauthenticated"},
        {scope({"read"}), "ok", "unauthenticated"},
        {scope({"write", "read"}), "ok", "unauthenticated"},
        {scope({"read", "delete"}), "forbidden", "unauthenticated"},
        {access_of(kind::users, words{"u1"}), "ok", "unauthenticated"},
        {access_of(kind::users, words{"u2", "U1"}), "forbidden", "unauthenticated"},
        {email({"ada@example.com"}), "ok", "unauthenticated"},
        {email({"ADA@EXAMPLE.com"}), "ok", "unauthenticated"},
        {email({"*@example.com"}), "ok", "unauthenticated"},
        {email({"*@EXAMPLE.com"}), "ok", "unauthenticated"},
        {email({"bob@example.com"}), "forbidden", "unauthenticated"},
        {email({"*@xample.com"}), "forbidden", "unauthenticated"},
        {email({"*@com"}), "forbidden", "unauthenticated"},
        {access_of(kind::any_of, parts{role({"admin"}), scope({"read"})}), "ok", "unauthenticated"},
        {access_of(kind::any_of, parts{role({"admin"}), scope({"delete"})}), "forbidden", "unauthenticated"},
        {access_of(kind::all_of, parts{role({"user"}), scope({"read"})}), "ok", "unauthenticated"},
        {access_of(kind::all_of, parts{role({"user"}), scope({"delete"})}), "forbidden", "unauthenticated"},
        {access_of(kind::all_of,
                   parts{access_of(kind::any_of, parts{role({"admin"}), role({"user"})}), email({"*@example.com"})}),
         "ok", "unauthenticated"},
        {recent(access_of(kind::authenticated), 10min), "ok", "unauthenticated"},
        {recent(access_of(kind::authenticated), 10min - 1s), "recent_login_required", "unauthenticated"},
        {recent(role({"editor"}), 5min), "recent_login_required", "unauthenticated"},
        {recent(role({"admin"}), 5min), "forbidden", "unauthenticated"},
        {access_of(kind::any_of, parts{recent(role({"editor"}), 5min), role({"user"})}), "ok", "unauthenticated"},
        {access_of(kind::any_of, parts{recent(role({"editor"}), 5min), role({"admin"})}), "recent_login_required",
         "unauthenticated"},
        {access_of(kind::all_of, parts{recent(role({"editor"}), 5min), role({"user"})}), "recent_login_required",
         "unauthenticated"},
        {access_of(kind::all_of, parts{recent(role({"editor"}), 5min), role({"admin"})}), "forbidden", "unauthenticated"},
        {recent(access_of(kind::all_of, parts{role({"user"})}), 5min), "recent_login_required", "unauthenticated"},
        {recent(access_of(kind::any_of, parts{role({"user"})}), 15min), "ok", "unauthenticated"},
    };
    for (auto const& row : rows) {
        CAPTURE(policies::access{row.access}.wanted());
        CHECK(judge(row.access, ada()).code == row.known);
        CHECK(judge(row.access, std::nullopt).code == row.anonymous);
    }
}

TEST_CASE("decide: an address that can be read in two ways belongs to no domain")
{
    auto const rule = access_of(kind::emails, words{"*@example.com", "ada@example.com"});
    struct
    {
        std::string email;
        char const* code;
    } const rows[] = {
        {"x@example.com", "ok"},
        {"", "forbidden"},
        {"example.com", "forbidden"},
        {"@example.com", "forbidden"},
        {"x@evil.test@example.com", "forbidden"},
        {"x@example.com@evil.test", "forbidden"},
        {"x@example.com ", "forbidden"},
        {"x@sub.example.com", "forbidden"},
        {std::string(400, 'x') + "@example.com", "forbidden"},
    };
    for (auto const& row : rows) {
        CAPTURE(row.email);
        auto who = ada();
        who.email = row.email;
        CHECK(judge(rule, who).code == row.code);
    }
}

TEST_CASE("decide: a caller without roles, scopes, email or login time gets nothing that asks for one")
{
    identity bare;
    bare.subject = "u9";
    CHECK(judge(access_of(kind::roles, words{"user"}), bare).code == "forbidden");
    CHECK(judge(access_of(kind::scopes, words{"read"}), bare).code == "forbidden");
    CHECK(judge(access_of(kind::emails, words{"*@example.com"}), bare).code == "forbidden");
    CHECK(judge(recent(access_of(kind::authenticated), 24h), bare).code == "recent_login_required");
}

TEST_CASE("decide: a login from the future is recent only within the slack of clocks")
{
    auto who = ada();
    who.authenticated_at = now + 5min;
    CHECK(judge(recent(access_of(kind::authenticated), 1min), who).code == "ok");
    who.authenticated_at = now + 5min + 1ms;
    CHECK(judge(recent(access_of(kind::authenticated), 1min), who).code == "recent_login_required");
}

TEST_CASE("access: what a recent login opens closes when it is recent no longer, nested rules too (sibling)")
{
    auto const who = ada();
    auto const until = [&](access_spec const& spec) { return policies::access{spec}.granted_until(&who, asked, now); };
    access_spec recent;
    recent.is = kind::roles;
    recent.values = {"editor"};
    recent.recent_login = 15min;
    access_spec const anybody;
    access_spec all;
    all.is = kind::all_of;
    all.parts = {anybody, recent};
    auto any = all;
    any.is = kind::any_of;
    CHECK(until(recent) == now + 5min);
    CHECK(until(all) == now + 5min);
    CHECK_FALSE(until(anybody));
    CHECK_FALSE(until(any));
    CHECK(policies::access{any}.ages());
    CHECK_FALSE(policies::access{anybody}.ages());
}

TEST_CASE("decide: report_only permits and tells what it would have refused")
{
    auto const admins = access_of(kind::roles, words{"admin"});
    auto const forbidden = judge(admins, ada(), enforcement::report_only);
    CHECK(forbidden.code == "forbidden");
    CHECK(forbidden.reported);
    auto const unknown = judge(admins, std::nullopt, enforcement::report_only);
    CHECK(unknown.code == "unauthenticated");
    CHECK(unknown.reported);
    CHECK_FALSE(judge(access_of(kind::roles, words{"user"}), ada(), enforcement::report_only).reported);
}

TEST_CASE("decide: an encoded slash passes only where the rule allows it, whatever its mode")
{
    for (auto const mode : {enforcement::enforce, enforcement::report_only}) {
        auto rule = a_rule("/**", access_of(kind::public_));
        rule.mode = mode;
        question const slashed{"GET", "h", "/a%2Fb", true};
        auto const strict = table_of({rule});
        auto const refused = decide(*strict.find(slashed), nullptr, slashed, now);
        REQUIRE_FALSE(refused);
        CHECK(refused.error() == errc::uri_rejected);
        rule.encoded_slash_allowed = true;
        auto const lenient = table_of({rule});
        CHECK(decide(*lenient.find(slashed), nullptr, slashed, now));
    }
}

TEST_CASE("decide: a preflight passes only where the rule forwards it, as nobody, and never by an unfit path")
{
    using preflight = cors_spec::preflight;
    auto rule = a_rule("/**", access_of(kind::roles, words{"admin"}));
    question const put{"PUT", "h", "/a"};
    question const slashed{"PUT", "h", "/a%2Fb", true};
    auto const permitted = [&](question const& about) {
        auto const table = table_of({rule});
        auto const made = permit_preflight(table.routes()[0], about);
        if (made) CHECK(made->who() == nullptr);
        return made ? std::string{"ok"} : std::string{name_of(made.error().code())};
    };
    CHECK(permitted(put) == "forbidden");
    rule.cors.emplace();
    CHECK(permitted(put) == "forbidden");
    rule.cors->preflights = preflight::forward;
    CHECK(permitted(put) == "ok");
    rule.to = destination::redirect;
    CHECK(permitted(put) == "forbidden"); // there is no application
    rule.to = destination::upstream;
    CHECK(permitted(slashed) == "uri_rejected");
    rule.encoded_slash_allowed = true;
    CHECK(permitted(slashed) == "ok");
}

TEST_CASE("decide: a network lets in without an identity, and keeps out whoever is elsewhere")
{
    auto const code = [](access_spec access, identity_ptr const& who, char const* client, enforcement mode) {
        auto rule = a_rule("/a", std::move(access));
        rule.mode = mode;
        auto const table = table_of({rule});
        auto const made = decide(table.routes()[0], who, from(client), now);
        if (made) CHECK((*made).who() == who);
        if (made.reported) return "reported " + std::string{name_of(made.reported->code())};
        return made ? std::string{"ok"} : std::string{name_of(made.error().code())};
    };
    auto const lan = networks_of({"10.0.0.0/8", "2001:db8::/32"});
    auto const or_known = access_of(kind::any_of, parts{lan, access_of(kind::authenticated)});
    auto const and_known = access_of(kind::all_of, parts{lan, access_of(kind::authenticated)});
    auto const somebody = std::make_shared<identity const>(ada());
    auto const strict = enforcement::enforce;
    CHECK(code(lan, nullptr, "10.0.0.1", strict) == "ok");
    CHECK(code(lan, nullptr, "2001:db8::1", strict) == "ok");
    CHECK(code(lan, nullptr, "192.0.2.7", strict) == "forbidden");
    CHECK(code(or_known, nullptr, "10.0.0.1", strict) == "ok");
    CHECK(code(or_known, somebody, "10.0.0.1", strict) == "ok");
    CHECK(code(or_known, somebody, "192.0.2.7", strict) == "ok");
    CHECK(code(or_known, nullptr, "192.0.2.7", strict) == "unauthenticated");
    CHECK(code(and_known, nullptr, "10.0.0.1", strict) == "unauthenticated");
    CHECK(code(and_known, somebody, "10.0.0.1", strict) == "ok");
    CHECK(code(and_known, somebody, "192.0.2.7", strict) == "forbidden");
    CHECK(code(and_known, nullptr, "192.0.2.7", strict) == "forbidden");
    CHECK(code(lan, nullptr, "192.0.2.7", enforcement::report_only) == "reported forbidden");
}

TEST_CASE("decide: a preflight from a network that the rule keeps out does not reach the application")
{
    auto rule = a_rule("/**", access_of(kind::all_of, parts{networks_of({"10.0.0.0/8"}), access_of(kind::authenticated)}));
    rule.cors.emplace().preflights = cors_spec::preflight::forward;
    auto const code = [&](char const* client) {
        auto const table = table_of({rule});
        auto const made = permit_preflight(table.routes()[0], from(client));
        return made ? std::string{"ok"} : std::string{name_of(made.error().code())};
    };
    CHECK(code("10.0.0.1") == "ok");
    CHECK(code("192.0.2.7") == "forbidden");
    rule.mode = enforcement::report_only;
    CHECK(code("192.0.2.7") == "ok");
}

TEST_CASE("decide: a rule tells beforehand what it does with credentials")
{
    auto const use = [](access_spec access) { return table_of({a_rule("/a", std::move(access))}).routes()[0].credentials(); };
    CHECK(use(access_of(kind::public_)) == credential_use::ignored);
    CHECK(use(access_of(kind::optional)) == credential_use::optional);
    CHECK(use(access_of(kind::authenticated)) == credential_use::required);
    CHECK(use(access_of(kind::any_of, parts{access_of(kind::authenticated)})) == credential_use::required);
    auto const lan = networks_of({"10.0.0.0/8"});
    auto const known = access_of(kind::authenticated);
    CHECK(use(lan) == credential_use::ignored);
    CHECK(use(access_of(kind::any_of, parts{lan, lan})) == credential_use::ignored);
    CHECK(use(access_of(kind::all_of, parts{lan, access_of(kind::any_of, parts{lan})})) == credential_use::ignored);
    CHECK(use(access_of(kind::any_of, parts{lan, known})) == credential_use::optional);
    CHECK(use(access_of(kind::all_of, parts{lan, known})) == credential_use::required);
    CHECK(use(access_of(kind::all_of, parts{lan, access_of(kind::any_of, parts{lan, known})})) == credential_use::optional);
    CHECK(use(access_of(kind::any_of, parts{known, access_of(kind::all_of, parts{lan, known})})) == credential_use::required);
    CHECK(use(recent(access_of(kind::any_of, parts{lan, known}), 1min)) == credential_use::required);
}

TEST_CASE("decide: the note of a refusal names the rule and what it takes")
{
    auto const access = access_of(
        kind::any_of, parts{access_of(kind::roles, words{"admin", "ops"}), recent(access_of(kind::users, words{"u1"}), 1min)});
    auto const table = table_of({a_rule("/a", access)});
    auto const made = decide(table.routes()[0], nullptr, asked, now);
    CHECK(made.error().note() ==
          "rule /a wants (one of the roles admin, ops or one of the users u1 with a login of the last 60 s)");
    CHECK(made.error().from() == origin::client);
}

TEST_CASE("access: a rule that was never compiled and asks for nothing grants nothing")
{
    auto const who = ada();
    for (auto const is : {kind::any_of, kind::all_of, kind::roles, kind::scopes, kind::users, kind::emails, kind::networks})
        CHECK(policies::access{access_of(is)}.judge(&who, asked, now) == policies::access::verdict::forbidden);
}
