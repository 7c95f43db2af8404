#include "gateway/tokens/keys/jwks.hpp"
#include "gateway/tokens/verifier.hpp"
#include "tests/support/print.hpp"
#include "tests/support/token_builder.hpp"

#include <doctest/doctest.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

// What other issuers write and we do not.

using namespace yett;
using namespace yett::tokens;
using namespace yett::tests;
namespace json = boost::json;

namespace {

verifier foreign_judge(std::vector<verification_key> keys = {test_key().verification()})
{
    return verifier{{foreign_issuer("https://idp.test", std::move(keys))}};
}

verifier own_judge()
{
    return verifier{{own_issuer_with({test_key().verification()})}};
}

token_builder foreign_token()
{
    return a_token().from("https://idp.test").without("type");
}

std::string with_time(char const* name, char const* value)
{
    std::string others = R"("iss":"https://idp.test","aud":"api","sub":"s",)";
    if (std::string_view{name} != "exp") others += R"("exp":1767226000,)";
    return foreign_token().with_payload(fmt::format(R"({{{}"{}":{}}})", others, name, value)).text();
}

struct parts_of
{
    std::string header, payload, signature;
    explicit parts_of(std::string const& token)
    {
        auto const first = token.find('.'), second = token.rfind('.');
        header = token.substr(0, first);
        payload = token.substr(first + 1, second - first - 1);
        signature = token.substr(second + 1);
    }
};

std::string padded(std::string const& part)
{
    return part + std::string((4 - part.size() % 4) % 4, '=');
}

// Signed over the padded text, as whoever pads would do it.
std::string padded_token(token_builder const& token)
{
    parts_of const plain{token.text()};
    auto const signed_text = padded(plain.header) + '.' + padded(plain.payload);
    return signed_text + '.' + padded(base64url_encode(test_key().sign(signed_text).value()));
}

json::object jwk_of(verification_key const& key)
{
    return json::parse(key.public_jwk()).as_object();
}

std::string set_with(json::object jwk)
{
    return json::serialize(json::object{{"keys", json::array{std::move(jwk)}}});
}

} // namespace

TEST_CASE("foreign spelling: times may have fractions; exp is cut down, nbf and iat are rounded up")
{
    auto const judge = foreign_judge();
    CHECK(judge.verify(with_time("exp", "1767226000.9"), at())->who->expires_at == from_unix(1767226000));
    CHECK(judge.verify(with_time("exp", "1.767226e9"), at())->who->expires_at == from_unix(1767226000));
    CHECK(judge.verify(with_time("nbf", "1767225590.1"), at())->not_before == from_unix(1767225591 - 30));
    CHECK(judge.verify(with_time("iat", "1767225590.5"), at())->who->issued_at == from_unix(1767225591));
    CHECK(judge.verify(with_time("nbf", "1767225600.0"), at())->not_before == from_unix(1767225600 - 30));
}

TEST_CASE("foreign spelling, sibling: auth_time with a fraction is no later than it says, and microseconds stay exact")
{
    auto const judge = foreign_judge();
    CHECK(judge.verify(with_time("auth_time", "1767225000.999"), at())->who->authenticated_at == from_unix(1767225000));
    CHECK(judge.verify(with_time("nbf", "1767225590.000001"), at())->not_before == from_unix(1767225591 - 30));
}

TEST_CASE("foreign spelling: a null time is none; exp is wanted all the same")
{
    auto const judge = foreign_judge();
    for (auto const* name : {"nbf", "iat", "auth_time"}) CHECK_MESSAGE(judge.verify(with_time(name, "null"), at()), name);
    CHECK(judge.verify(with_time("exp", "null"), at()).error() == errc::token_malformed);
}

TEST_CASE("foreign spelling: times that are none stay refused")
{
    auto const judge = foreign_judge();
    for (auto const* value : {"1e999", "\"1767226000\"", "-1", "-0.5", "-0.0", "true", "[]", "{}", "18446744073709551615",
                              "253402300800", "253402300799.5e3", "99999999999999999999"})
        for (auto const* name : {"exp", "nbf", "iat", "auth_time"})
            CHECK_MESSAGE(judge.verify(with_time(name, value), at()).error() == errc::token_malformed, name, " ", value);
    CHECK(judge.verify(with_time("nbf", "253402300799.5"), at()).error() == errc::token_malformed);
}

TEST_CASE("foreign spelling: parts may be padded, as far as they have to be and at their end alone")
{
    auto const token = padded_token(foreign_token());
    REQUIRE(token.find('=') != token.npos);
    CHECK(foreign_judge().verify(token, at()));
    CHECK(base64url_decode_padded("Zg==") == "f");
    CHECK(base64url_decode_padded("Zm8=") == "fo");
    CHECK(base64url_decode_padded("Zm9v") == "foo");
    for (auto const* wrong : {"Zg=", "Zg===", "Zm8==", "Zm9v=", "Zm9v====", "=",
                              "====", "Z===", "Zg==Zg==", "=Zg=", "Zh==", "Zm9=", "Z+==", "Zg= =", "Zg==\n", "Zg%3D%3D"})
        CHECK_MESSAGE(!base64url_decode_padded(wrong), wrong);
}

TEST_CASE("foreign spelling, sibling: ours has one spelling, whichever part is padded")
{
    auto const judge = own_judge();
    CHECK(judge.verify(padded_token(a_token()), at()).error() == errc::token_malformed);
    parts_of const plain{a_token().text()};
    for (auto const& token : {plain.header + '.' + plain.payload + '.' + plain.signature + "==",
                              plain.header + '.' + plain.payload + "=." + plain.signature})
        CHECK(!judge.verify(token, at()));
    for (auto const* name : {"kid", "typ"})
        CHECK(judge.verify(a_token().with_header(name, nullptr), at()).error() == errc::token_malformed);
}

TEST_CASE("foreign spelling: null in a header is absent, but not for what changes the rest")
{
    auto const judge = foreign_judge();
    CHECK(judge.verify(foreign_token().with_header("kid", nullptr).text(), at()));
    CHECK(judge.verify(foreign_token().with_header("typ", nullptr).text(), at()));
    CHECK(judge.verify(foreign_token().with_header("kid", "").text(), at()));
    for (auto const* name : {"alg", "crit", "b64"})
        CHECK_MESSAGE(judge.verify(foreign_token().with_header(name, nullptr).text(), at()).error() == errc::token_malformed,
                      name);
}

TEST_CASE("foreign spelling: null members of a key are absent, and an empty kid is none")
{
    jwks_rules const rules{.algorithms = {algorithm::es256}};
    for (auto const* name : {"use", "alg", "kid", "key_ops"}) {
        auto jwk = jwk_of(test_key().verification());
        jwk[name] = nullptr;
        CHECK_MESSAGE(parse_jwks(set_with(jwk), rules), name);
    }
    auto jwk = jwk_of(test_key().verification());
    jwk["kid"] = "";
    auto const set = parse_jwks(set_with(jwk), rules);
    REQUIRE(set);
    CHECK(!set->keys.front().kid().empty());
    CHECK(foreign_judge(set->keys).verify(foreign_token().with_header("kid", "").text(), at()));
}

TEST_CASE("foreign spelling, sibling: a key's coordinates may be padded; null where the key itself stands is no key")
{
    jwks_rules const rules{.algorithms = {algorithm::es256}};
    auto jwk = jwk_of(test_key().verification());
    for (auto const* name : {"x", "y"}) jwk[name] = padded(std::string{std::string_view{jwk[name].as_string()}});
    CHECK(parse_jwks(set_with(jwk), rules));
    for (auto const* name : {"kty", "crv", "x", "y"}) {
        auto broken = jwk_of(test_key().verification());
        broken[name] = nullptr;
        CHECK_MESSAGE(!parse_jwks(set_with(broken), rules), name);
    }
    auto longer = jwk_of(test_key().verification());
    longer["x"] = std::string{std::string_view{longer["x"].as_string()}} + "==";
    CHECK(!parse_jwks(set_with(longer), rules));
}

TEST_CASE("foreign spelling: Ed25519 has two names, in tokens and in keys")
{
    auto const& key = test_key(algorithm::eddsa);
    for (auto const* alg : {"EdDSA", "Ed25519"}) {
        CHECK_MESSAGE(
            foreign_judge({key.verification()}).verify(foreign_token().signed_with(key).with_header("alg", alg).text(), at()),
            alg);
        auto jwk = jwk_of(key.verification());
        jwk["alg"] = alg;
        CHECK_MESSAGE(parse_jwks(set_with(jwk), {.algorithms = {algorithm::eddsa}}), alg);
    }
    for (auto const* alg : {"ed25519", "Ed448", "EDDSA", "Ed25519ph"}) CHECK_MESSAGE(!algorithm_named(alg), alg);
    CHECK(verifier{{own_issuer_with({key.verification()})}}
              .verify(a_token().signed_with(key).with_header("alg", "Ed25519"), at())
              .error() == errc::token_untrusted);
}

TEST_CASE("foreign spelling, sibling: each algorithm is bound to the kind, the curve and the size of its key")
{
    constexpr algorithm wider[]{algorithm::rs384, algorithm::rs512, algorithm::es384,
                                algorithm::es512, algorithm::ps384, algorithm::ps512};
    for (auto const alg : wider) {
        auto const& key = test_key(alg);
        CHECK_MESSAGE(foreign_judge({key.verification()}).verify(foreign_token().signed_with(key).text(), at()), name_of(alg));
        for (auto const other : wider) {
            auto jwk = jwk_of(key.verification());
            jwk.erase("alg");
            bool const both_rsa = kind_of(alg) == key_kind::rsa && kind_of(other) == key_kind::rsa;
            auto const set = parse_jwks(set_with(jwk), {.algorithms = {other}});
            CHECK_MESSAGE(set.has_value() == (alg == other || both_rsa), name_of(alg), " as ", name_of(other));
        }
    }
}

TEST_CASE("foreign spelling: a token is as long and as deep as the settings say, and the note names the limit")
{
    std::string groups = "[";
    for (int i = 0; i < 200; ++i) groups += fmt::format(R"({}"0197a2c5-7f00-7000-8000-{:012d}")", i ? "," : "", i);
    auto them = foreign_issuer("https://idp.test", {test_key().verification()});
    them.claims.roles = "groups";
    auto const of_entra = foreign_token().with("groups", json::parse(groups + ']')).text();
    REQUIRE(of_entra.size() > 8192);
    CHECK(verifier{{them}}.verify(of_entra, at())->who->roles.size() == 200);
    auto const longer = verifier{{them}, 8192}.verify(of_entra, at());
    CHECK(longer.error() == errc::token_malformed);
    CHECK(longer.error().note().find("tokens.most_bytes") != std::string::npos);

    auto const deep = [](int depth) {
        json::value inner = 1;
        for (int i = 0; i < depth; ++i) inner = json::array{std::move(inner)};
        return foreign_token().with("x", inner).text();
    };
    CHECK(verifier{{them}}.verify(deep(31), at()));
    auto const deeper = verifier{{them}}.verify(deep(32), at());
    CHECK(deeper.error() == errc::token_malformed);
    CHECK(deeper.error().note().find("32") != std::string::npos);
    them.most_depth = 4;
    CHECK(verifier{{them}}.verify(deep(4), at()).error() == errc::token_malformed);
}

TEST_CASE("foreign spelling, sibling: the depth is the issuer's own, also where two issuers could have signed")
{
    auto shallow = foreign_issuer("https://idp.test", {test_key().verification()});
    shallow.most_depth = 2;
    auto const same_key = foreign_issuer("https://other.test", {test_key().verification()});
    verifier const judge{{shallow, same_key}};
    auto const nested = json::object{{"a", json::object{{"b", json::object{}}}}};
    CHECK(judge.verify(foreign_token().with("x", nested).text(), at()).error() == errc::token_malformed);
    CHECK(judge.verify(foreign_token().from("https://other.test").with("x", nested).text(), at()));
}

TEST_CASE("foreign spelling: whose a token says it is, without a proof")
{
    verifier const judge{
        {own_issuer_with({test_key().verification()}), foreign_issuer("https://idp.test", {test_key().verification()})}};
    auto const stranger = signing_key::generate(algorithm::es256).value();
    CHECK(judge.is_named_in(a_token().text()));
    CHECK(judge.is_named_in(a_token().expired().text()));
    CHECK(judge.is_named_in(foreign_token().signed_with(stranger).text()));
    CHECK(judge.is_named_in(padded_token(a_token())));
    CHECK(judge.is_named_in("x." + parts_of{a_token().text()}.payload));
    CHECK_FALSE(judge.is_named_in(a_token().from("https://application.test").text()));
    CHECK_FALSE(judge.is_named_in(a_token().without("iss").text()));
    for (auto const* text : {"", "x", "a.b.c", "....", "ghp_0123456789"}) CHECK_FALSE(judge.is_named_in(text));
}
