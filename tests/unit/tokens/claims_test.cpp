#include "gateway/tokens/claims.hpp"

#include "tests/support/print.hpp"
#include "tests/support/token_builder.hpp"

#include <doctest/doctest.h>

#include <boost/json/parse.hpp>

using namespace yett;
using namespace yett::tokens;

namespace {

result<claims> read(std::string const& members, claim_names const& names = {})
{
    auto const payload = parse_payload(base64url_encode(R"({"sub":"s","exp":2000000000,)" + members + '}'));
    if (!payload) return payload.error();
    return read_claims(*payload, names);
}

using texts = std::vector<std::string>;

} // namespace

TEST_CASE("claims: roles are found by dotted paths, in lists and in text with blanks")
{
    claim_names names;
    struct
    {
        char const* path;
        char const* members;
        texts roles;
    } const rows[]{
        {"roles", R"("roles":["a","b"])", {"a", "b"}},
        {"roles", R"("roles":"a b")", {"a", "b"}},
        {"roles", R"("roles":"  a  b ")", {"a", "b"}},
        {"roles", R"("roles":"")", {}},
        {"roles", R"("roles":null)", {}},
        {"roles", R"("x":1)", {}},
        {"realm_access.roles", R"("realm_access":{"roles":["admin"]})", {"admin"}},
        {"resource_access.app.roles", R"("resource_access":{"app":{"roles":["x"]}})", {"x"}},
        {"https://example.com/roles", R"("https://example.com/roles":["y"])", {"y"}},
        {"a.b", R"("a.b":["whole"],"a":{"b":["nested"]})", {"whole"}},
        {"a.b.c", R"("a.b":{"c":["z"]})", {"z"}},
        {"a.b.c", R"("a":{"b":7},"a.b":{"c":["late"]})", {"late"}},
        {"realm_access.roles", R"("realm_access":"roles")", {}},
    };
    for (auto const& [path, members, roles] : rows) {
        names.roles = path;
        auto const said = read(members, names);
        REQUIRE_MESSAGE(said, members);
        CHECK_MESSAGE(said->who.roles == roles, members);
    }
}

TEST_CASE("claims: a mapped claim of another type is malformed, not ignored")
{
    for (auto const* members :
         {R"("roles":1)", R"("roles":{"a":1})", R"("roles":["a",1])", R"("email":1)", R"("scope":true)", R"("jti":5)"}) {
        auto const said = read(members);
        REQUIRE_MESSAGE(!said, members);
        CHECK(said.error() == errc::token_malformed);
    }
}

TEST_CASE("claims: the subject and the address can have other names")
{
    claim_names names;
    names.subject = "uid";
    names.email = "contact.mail";
    auto const said = read(R"("uid":"u1","contact":{"mail":"a@b.test"})", names);
    REQUIRE(said);
    CHECK(said->who.subject == "u1");
    CHECK(said->who.email == "a@b.test");
    CHECK(read(R"("x":1)", names).error() == errc::token_malformed);
}

TEST_CASE("claims: an address that its issuer has not verified is nobody's")
{
    CHECK(read(R"("email":"a@b.test")")->who.email == "a@b.test");
    CHECK(read(R"("email":"a@b.test","email_verified":true)")->who.email == "a@b.test");
    CHECK(read(R"("email":"a@b.test","email_verified":"true")")->who.email == "a@b.test");
    CHECK(read(R"("email":"a@b.test","email_verified":false)")->who.email.empty());
    CHECK(read(R"("email":"a@b.test","email_verified":"false")")->who.email.empty());
    CHECK(read(R"("email":"a@b.test","email_verified":0)")->who.email.empty());
}

TEST_CASE("claims: auth_time says when a password was given, and nothing else does")
{
    CHECK(read(R"("iat":1700000000,"auth_time":1600000000)")->who.authenticated_at == from_unix(1600000000));
    CHECK(read(R"("iat":1700000000)")->who.authenticated_at == wall_time{});
    CHECK(read(R"("x":0)")->who.authenticated_at == wall_time{});
    CHECK(read(R"("iat":1700000000,"nbf":1600000000)")->not_before == from_unix(1700000000));
    CHECK(read(R"("iat":1600000000,"nbf":1700000000)")->not_before == from_unix(1700000000));
}

TEST_CASE("claims: a payload that is not base64url or not JSON is malformed")
{
    for (auto const* encoded : {"e30=", "e30 ", "", "e3", "bm8", "!!!!"})
        CHECK(parse_payload(encoded).error() == errc::token_malformed);
    CHECK(parse_payload("e30"));
}
