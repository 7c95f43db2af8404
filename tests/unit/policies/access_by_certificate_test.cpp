#include "policies/decide.hpp"
#include "policies/explain.hpp"
#include "tests/unit/policies/rules.hpp"

using namespace yett;
using namespace yett::policies;
using namespace std::chrono_literals;
using kind = access_spec::kind;
using words = std::vector<std::string>;
using parts = std::vector<access_spec>;

namespace {

constexpr auto now = wall_time{1'700'000'000s};

client_certificate web()
{
    client_certificate shown;
    shown.uris = {"spiffe://example.org/ns/prod/sa/web"};
    shown.dns = {"web.internal"};
    shown.emails = {"admin@example.com"};
    shown.expires_at = now + 1h;
    return shown;
}

// The certificate names an administrator's address, which the token does not.
identity_ptr ada()
{
    identity who;
    who.subject = "u1";
    who.email = "ada@example.com";
    who.roles = {"user"};
    who.authenticated_at = now - 10min;
    return std::make_shared<identity const>(who);
}

access_spec certificates(words names)
{
    return access_of(kind::certificates, std::move(names));
}

auto const mine = certificates({"spiffe://example.org/ns/prod/**"});
auto const others = certificates({"spiffe://example.org/ns/dev/**", "*.example.com"});
auto const users = access_of(kind::roles, words{"user"});
auto const admins = access_of(kind::roles, words{"admin"});
auto const inside = networks_of({"10.0.0.0/8"});

question with(client_certificate const* shown, char const* address = "192.0.2.7")
{
    auto asked = from(address);
    asked.certificate = shown;
    return asked;
}

std::string code_of(access_spec access, identity_ptr const& who, question const& asked)
{
    auto const table = table_of({a_rule("/a", std::move(access))});
    auto const made = decide(table.routes()[0], who, asked, now);
    return made ? "ok" : std::string{name_of(made.error().code())};
}

// Whether the application is told of the certificate.
bool is_told(access_spec access, identity_ptr const& who, enforcement mode = enforcement::enforce)
{
    auto const shown = web();
    auto rule = a_rule("/a", std::move(access));
    rule.mode = mode;
    auto const table = table_of({rule});
    auto const made = decide(table.routes()[0], who, with(&shown), now);
    REQUIRE(made);
    CHECK(((*made).certificate() == nullptr || (*made).certificate() == &shown));
    return (*made).certificate() != nullptr;
}

} // namespace

TEST_CASE("access by certificate: it names its holder where a rule asks for one, and stands beside other conditions")
{
    auto const shown = web();
    struct
    {
        char const* situation;
        access_spec access;
        char const* by_certificate; // without a token
        char const* by_token;       // without a certificate
        char const* by_both;
        char const* by_neither;
    } const rows[] = {
        {"mine", mine, "ok", "forbidden", "ok", "forbidden"},
        {"another", others, "forbidden", "forbidden", "forbidden", "forbidden"},
        {"by DNS name", certificates({"*.internal"}), "ok", "forbidden", "ok", "forbidden"},
        {"by address", certificates({"*@example.com"}), "ok", "forbidden", "ok", "forbidden"},
        {"any", certificates({"*"}), "ok", "forbidden", "ok", "forbidden"},
        {"either", access_of(kind::any_of, parts{mine, users}), "ok", "ok", "ok", "unauthenticated"},
        {"either, another", access_of(kind::any_of, parts{others, users}), "unauthenticated", "ok", "ok", "unauthenticated"},
        {"either, others both", access_of(kind::any_of, parts{others, admins}), "unauthenticated", "forbidden", "forbidden",
         "unauthenticated"},
        {"both", access_of(kind::all_of, parts{mine, users}), "unauthenticated", "forbidden", "ok", "forbidden"},
        {"both, another", access_of(kind::all_of, parts{others, users}), "forbidden", "forbidden", "forbidden", "forbidden"},
        {"both, another role", access_of(kind::all_of, parts{mine, admins}), "unauthenticated", "forbidden", "forbidden",
         "forbidden"},
        {"with a network", access_of(kind::all_of, parts{mine, inside}), "forbidden", "forbidden", "forbidden", "forbidden"},
        {"or a network", access_of(kind::any_of, parts{mine, inside}), "ok", "forbidden", "ok", "forbidden"},
        {"both, lately", recent(access_of(kind::all_of, parts{mine, users}), 15min), "unauthenticated", "forbidden", "ok",
         "forbidden"},
        {"either, lately", recent(access_of(kind::any_of, parts{mine, users}), 5min), "unauthenticated", "recent_login_required",
         "recent_login_required", "unauthenticated"},
        // What looks at an identity never looks at a certificate.
        {"its address as one of a user", access_of(kind::emails, words{"admin@example.com"}), "unauthenticated", "forbidden",
         "forbidden", "unauthenticated"},
        {"its name as a subject", access_of(kind::users, words{"spiffe://example.org/ns/prod/sa/web", "web.internal"}),
         "unauthenticated", "forbidden", "forbidden", "unauthenticated"},
        {"its name as a role", access_of(kind::roles, words{"web.internal"}), "unauthenticated", "forbidden", "forbidden",
         "unauthenticated"},
        {"signed in", access_of(kind::authenticated), "unauthenticated", "ok", "ok", "unauthenticated"},
        {"open", access_of(kind::optional), "ok", "ok", "ok", "ok"},
        {"public", access_of(kind::public_), "ok", "ok", "ok", "ok"},
    };
    for (auto const& row : rows) {
        CAPTURE(row.situation);
        CHECK(code_of(row.access, nullptr, with(&shown)) == row.by_certificate);
        CHECK(code_of(row.access, ada(), with(nullptr)) == row.by_token);
        CHECK(code_of(row.access, ada(), with(&shown)) == row.by_both);
        CHECK(code_of(row.access, nullptr, with(nullptr)) == row.by_neither);
    }
    CHECK(code_of(access_of(kind::all_of, parts{mine, inside}), nullptr, with(&shown, "10.1.2.3")) == "ok");
    CHECK(code_of(access_of(kind::any_of, parts{others, inside}), nullptr, with(&shown, "10.1.2.3")) == "ok");
}

TEST_CASE("access by certificate: one that is over names nobody, on a connection that goes on")
{
    auto shown = web();
    shown.expires_at = now;
    CHECK(code_of(mine, nullptr, with(&shown)) == "forbidden");
    shown.expires_at = now + 1ms;
    CHECK(code_of(mine, nullptr, with(&shown)) == "ok");
}

TEST_CASE("access by certificate: what it let in ends with it, unless something else lets it in")
{
    auto const shown = web();
    auto const until = [&](access_spec const& spec, identity_ptr const& who) {
        return policies::access{spec}.granted_until(who.get(), with(&shown), now);
    };
    auto const last = shown.expires_at - 1ms;
    CHECK(until(mine, nullptr) == last);
    CHECK(until(mine, ada()) == last);
    CHECK(until(access_of(kind::all_of, parts{mine, users}), ada()) == last);
    CHECK_FALSE(until(access_of(kind::any_of, parts{mine, users}), ada()));
    CHECK(until(access_of(kind::any_of, parts{mine, users}), nullptr) == last);
    CHECK_FALSE(until(users, ada()));
    auto const fresh = recent(access_of(kind::all_of, parts{mine, users}), 15min);
    CHECK(until(fresh, ada()) == now + 5min);
    CHECK(until(access_of(kind::any_of, parts{mine, recent(users, 15min)}), ada()) == last);
    CHECK(policies::access{mine}.ages());
    CHECK(policies::access{fresh}.ages());
    CHECK_FALSE(policies::access{users}.ages());
}

TEST_CASE("access by certificate: an application is told of it beside an identity, or where a rule asked for it")
{
    CHECK(is_told(mine, nullptr));
    CHECK(is_told(mine, ada()));
    CHECK(is_told(users, ada()));
    CHECK(is_told(access_of(kind::authenticated), ada()));
    CHECK(is_told(access_of(kind::optional), ada()));
    CHECK(is_told(access_of(kind::any_of, parts{mine, users}), nullptr));
    CHECK_FALSE(is_told(access_of(kind::optional), nullptr));
    CHECK_FALSE(is_told(access_of(kind::public_), nullptr));
    // Let in by the address, and no name that was asked for.
    auto const anywhere = networks_of({"0.0.0.0/0"});
    CHECK_FALSE(is_told(access_of(kind::any_of, parts{others, anywhere}), nullptr));
    CHECK(is_told(access_of(kind::any_of, parts{others, mine, anywhere}), nullptr));
    CHECK_FALSE(is_told(others, nullptr, enforcement::report_only));
}

TEST_CASE("access by certificate: a rule tells beforehand what it does with credentials")
{
    auto const use = [](access_spec const& spec) { return policies::access{spec}.credentials(); };
    CHECK(use(mine) == credential_use::optional);
    CHECK(use(access_of(kind::any_of, parts{mine, users})) == credential_use::optional);
    CHECK(use(access_of(kind::any_of, parts{mine, inside})) == credential_use::optional);
    CHECK(use(access_of(kind::all_of, parts{mine, inside})) == credential_use::optional);
    CHECK(use(access_of(kind::all_of, parts{mine, users})) == credential_use::required);
    CHECK(use(recent(access_of(kind::any_of, parts{mine, users}), 5min)) == credential_use::required);
}

TEST_CASE("access by certificate: browsers show none with a preflight, which passes all the same")
{
    auto rule = a_rule("/a", mine);
    rule.cors.emplace();
    rule.cors->preflights = cors_spec::preflight::forward;
    auto const table = table_of({rule});
    auto const made = permit_preflight(table.routes()[0], with(nullptr));
    REQUIRE(made.has_value());
    CHECK(made->certificate() == nullptr);
}

TEST_CASE("access by certificate: a name that could never match is a complaint, and so are names that stand alone")
{
    auto const complaint = [](access_spec access) {
        auto const made = compile({a_rule("/a", std::move(access))});
        return made.complaints.empty() ? std::string{} : made.complaints.front().path + ": " + made.complaints.front().text;
    };
    CHECK(complaint(mine).empty());
    CHECK(complaint(certificates({})) == "routes./a.access.certificates: empty: nobody could pass");
    CHECK(complaint(certificates({""})) == "routes./a.access.certificates: an empty text is no name");
    CHECK(complaint(certificates({"a@b@c"})).starts_with("routes./a.access.certificates: 'a@b@c' is neither an address"));
    CHECK(complaint(recent(mine, 5min)) == "routes./a.access: recent_login needs somebody who signed in");
}

TEST_CASE("access by certificate: explain says what it takes and that it is there")
{
    auto const shown = web();
    auto const table = table_of({a_rule("/a", certificates({"spiffe://example.org/ns/prod/**", "*.internal"}))});
    auto const text = explain(table, with(&shown), nullptr, now).text();
    CHECK(text.ends_with(
        "permitted: the caller has what it takes: a certificate for one of spiffe://example.org/ns/prod/**, *.internal\n"));
    CHECK(explain(table, with(nullptr), nullptr, now).refusal == errc::forbidden);
}
