#include "gateway/tokens/claims.hpp"

#include "tests/support/print.hpp"
#include "tests/support/token_builder.hpp"

#include <doctest/doctest.h>

#include <boost/json/parse.hpp>
#include <fmt/format.h>

using namespace yett;
using namespace yett::tokens;

namespace {

result<claims> read(std::string const& members, claim_names const& names = {}, dialect by = dialect::ours)
{
    auto const payload = parse_payload(base64url_encode(R"({"sub":"s","exp":2000000000,)" + members + '}'), {by, 16});
    if (!payload) return payload.error();
    return read_claims(*payload, names, by);
}

result<claims> read_foreign(std::string const& members, claim_names const& names = {})
{
    return read(members, names, dialect::foreign);
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

TEST_CASE("claims: a mapped claim of ours of another type is malformed, not ignored")
{
    for (auto const* members :
         {R"("roles":1)", R"("roles":{"a":1})", R"("roles":["a",1])", R"("email":1)", R"("scope":true)", R"("jti":5)"}) {
        auto const said = read(members);
        REQUIRE_MESSAGE(!said, members);
        CHECK(said.error() == errc::token_malformed);
    }
}

TEST_CASE("claims: of others a user may be a number, to the last digit")
{
    claim_names names;
    names.subject = "id";
    CHECK(read_foreign(R"("id":42)", names)->who.subject == "42");
    CHECK(read_foreign(R"("id":-7)", names)->who.subject == "-7");
    CHECK(read_foreign(R"("id":9007199254740993)", names)->who.subject == "9007199254740993");
    CHECK(read_foreign(R"("id":18446744073709551615)", names)->who.subject == "18446744073709551615");
    for (auto const* value : {"1.5", "1e3", "18446744073709551616", "true", "[1]", R"({"a":1})", "null", R"("")"}) {
        auto const said = read_foreign(fmt::format(R"("id":{})", value), names);
        REQUIRE_MESSAGE(!said, value);
        CHECK(said.error() == errc::token_malformed);
        CHECK_MESSAGE(said.error().note().find("`id`") != std::string::npos, "the note names the claim: ", said.error().note());
    }
}

TEST_CASE("claims: of others roles may be numbers, and the names in an object")
{
    struct
    {
        char const* members;
        texts roles;
        std::size_t left_out;
    } const rows[]{
        {R"("roles":{"admin":{"371":"shop.example"},"user":{}})", {"admin", "user"}, 0},
        {R"("roles":[1,"a",20])", {"1", "a", "20"}, 0},
        {R"("roles":7)", {"7"}, 0},
        {R"("roles":{})", {}, 0},
        {R"("roles":null)", {}, 0},
        {R"("roles":["a",{"b":1},1.5,null,true])", {"a"}, 1},
        {R"("roles":true)", {}, 1},
        {R"("roles":1.5)", {}, 1},
    };
    for (auto const& [members, roles, left_out] : rows) {
        auto const said = read_foreign(members);
        REQUIRE_MESSAGE(said, members);
        CHECK_MESSAGE(said->who.roles == roles, members);
        CHECK_MESSAGE(said->left_out.size() == left_out, members);
        if (left_out) CHECK(said->left_out.front().find("`roles`") != std::string::npos);
    }
}

TEST_CASE("claims: of others the first address of a list counts")
{
    CHECK(read_foreign(R"("email":["a@b.test","c@d.test"])")->who.email == "a@b.test");
    CHECK(read_foreign(R"("email":[])")->who.email.empty());
    for (auto const* value : {"7", R"({"a":"b"})", "[7]", "[[\"a@b.test\"]]", "true"}) {
        auto const said = read_foreign(fmt::format(R"("email":{})", value));
        REQUIRE_MESSAGE(said, value);
        CHECK(said->who.email.empty());
        REQUIRE(said->left_out.size() == 1);
        CHECK(said->left_out.front().find("`email`") != std::string::npos);
    }
}

TEST_CASE("claims, sibling: of others a scope may be a list with numbers, an object is none")
{
    CHECK(read_foreign(R"("scope":["a",1])")->who.scopes == texts{"a", "1"});
    auto const said = read_foreign(R"("scope":{"a":1})");
    REQUIRE(said);
    CHECK(said->who.scopes.empty());
    CHECK(said->left_out.size() == 1);
    CHECK(read_foreign(R"("jti":5)")->who.token_id == "5");
}

TEST_CASE("claims: groups that did not fit into the token are missed by name")
{
    claim_names names;
    names.roles = "groups";
    for (auto const* members : {R"("_claim_names":{"groups":"src1"},"_claim_sources":{"src1":{"endpoint":"https://graph.test"}})",
                                R"("hasgroups":true)"}) {
        auto const said = read_foreign(members, names);
        REQUIRE_MESSAGE(said, members);
        CHECK(said->who.roles.empty());
        REQUIRE_MESSAGE(said->left_out.size() == 1, members);
        CHECK(said->left_out.front().find("`groups`") != std::string::npos);
    }
    CHECK(read_foreign(R"("x":1)", names)->left_out.empty());
    CHECK(read_foreign(R"("groups":["a"],"hasgroups":true)", names)->left_out.empty());
}

TEST_CASE("claims, sibling: roles that a distributed claim holds elsewhere are missed by name, dotted or not")
{
    claim_names names;
    names.roles = "resource.roles";
    CHECK(read_foreign(R"("_claim_names":{"resource":"src1"})", names)->left_out.size() == 1);
    CHECK(read_foreign(R"("_claim_names":{"other":"src1"})", names)->left_out.empty());
    CHECK(read_foreign(R"("_claim_names":"resource")", names)->left_out.empty());
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

TEST_CASE("claims: amr says how somebody signed in, and what is no list of texts says nothing")
{
    using methods = std::vector<std::string>;
    CHECK(read(R"("amr":["pwd","otp"])")->who.methods == methods{"pwd", "otp"});
    CHECK(read(R"("amr":["pwd","pwd",""])")->who.methods == methods{"pwd", "pwd", ""});
    for (auto const* said : {R"("x":0)", R"("amr":null)", R"("amr":[])", R"("amr":"pwd")", R"("amr":7)", R"("amr":{"pwd":1})",
                             R"("amr":["pwd",7])", R"("amr":[["pwd"]])"}) {
        CAPTURE(said);
        auto const claims = read(said);
        REQUIRE_MESSAGE(claims, "a token that was good without the claim");
        CHECK(claims->who.methods.empty());
        CHECK(claims->left_out.empty());
    }
}

TEST_CASE("claims: cnf binds a token to a certificate, and a thumbprint that is none binds it to nothing")
{
    std::string const bytes(32, '\x07');
    auto const thumbprint = base64url_encode(bytes);
    auto const bound = [&](std::string const& text) { return R"("cnf":{"x5t#S256":")" + text + "\"}"; };
    struct
    {
        std::string members;
        std::string to; // "malformed", or the thumbprint
    } const rows[]{
        {R"("x":1)", ""},
        {R"("cnf":null)", ""},
        {R"("cnf":{})", ""},
        {R"("cnf":{"jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"})", ""},
        {bound(thumbprint), thumbprint},
        {R"("cnf":{"jkt":"x","x5t#S256":")" + thumbprint + "\"}", thumbprint},
        {bound(""), "malformed"},
        {bound(base64url_encode(bytes.substr(1))), "malformed"},
        {bound(base64url_encode(bytes + "x")), "malformed"},
        {bound(hex_encode(bytes)), "malformed"},
        {bound("*" + thumbprint.substr(1)), "malformed"},
        {R"("cnf":{"x5t#S256":null})", "malformed"},
        {R"("cnf":{"x5t#S256":7})", "malformed"},
        {R"("cnf":")" + thumbprint + "\"", "malformed"},
        {R"("cnf":["x5t#S256"])", "malformed"},
    };
    for (auto const by : {dialect::ours, dialect::foreign})
        for (auto const& [members, to] : rows) {
            auto const said = read(members, {}, by);
            CHECK_MESSAGE((said ? said->who.certificate : "malformed") == to, members);
            if (!said) CHECK(said.error() == errc::token_malformed);
        }
    // Others pad, and mean the same.
    CHECK(read_foreign(bound(thumbprint + "="))->who.certificate == thumbprint);
    CHECK_FALSE(read(bound(thumbprint + "=")));
}

TEST_CASE("claims: a payload that is not base64url or not JSON is malformed")
{
    for (auto const* encoded : {"e30=", "e30 ", "", "e3", "bm8", "!!!!"})
        CHECK(parse_payload(encoded).error() == errc::token_malformed);
    CHECK(parse_payload("e30"));
}
