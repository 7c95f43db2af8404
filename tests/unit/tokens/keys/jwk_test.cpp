#include "gateway/tokens/keys/jwk.hpp"

#include "gateway/base/text/base64url.hpp"
#include "tests/support/print.hpp"
#include "tests/support/token_builder.hpp"

#include <doctest/doctest.h>

#include <boost/json/parse.hpp>

#include <string>

using namespace yett;
using namespace yett::tokens;
using namespace yett::tests;

namespace {

boost::json::object parsed(std::string const& text)
{
    return boost::json::parse(text).as_object();
}

boost::json::object jwk_of(algorithm alg)
{
    return parsed("{" + required_members(alg, test_key(alg).private_key().get()) + "}");
}

std::string note_of(algorithm alg, boost::json::object const& jwk)
{
    auto const key = public_key_of(alg, jwk);
    return key ? std::string{"a key"} : key.error().note();
}

constexpr algorithm asymmetric[] = {algorithm::rs256, algorithm::ps512, algorithm::es256,
                                    algorithm::es384, algorithm::es512, algorithm::eddsa};

} // namespace

TEST_CASE("jwk: what is shown of a key makes the same key again")
{
    for (auto const alg : asymmetric) {
        CAPTURE(name_of(alg));
        auto const jwk = jwk_of(alg);
        auto const key = public_key_of(alg, jwk);
        REQUIRE(key);
        CHECK(parsed("{" + required_members(alg, key->get()) + "}") == jwk);
        CHECK_MESSAGE(!jwk.contains("d"), "the private half is not among them");
        auto const checks = verification_key::from_public(alg, *key);
        REQUIRE(checks);
        CHECK(checks->verifies("text", *test_key(alg).sign("text")));
        CHECK(checks->kid() == test_key(alg).kid());
    }
}

TEST_CASE("jwk: members stand in the order of their names, as a thumbprint wants them")
{
    struct
    {
        algorithm alg;
        char const* begins;
    } const rows[] = {
        {algorithm::rs256, R"("e":"AQAB","kty":"RSA","n":")"},      {algorithm::es256, R"("crv":"P-256","kty":"EC","x":")"},
        {algorithm::es384, R"("crv":"P-384","kty":"EC","x":")"},    {algorithm::es512, R"("crv":"P-521","kty":"EC","x":")"},
        {algorithm::eddsa, R"("crv":"Ed25519","kty":"OKP","x":")"},
    };
    for (auto const& row : rows) CHECK(required_members(row.alg, test_key(row.alg).private_key().get()).starts_with(row.begins));
    CHECK(required_members(algorithm::hs256, nullptr).empty());
}

TEST_CASE("jwk: `kty` and `crv` are those of the algorithm, to the letter")
{
    struct
    {
        algorithm alg;
        char const* jwk;
        bool fits;
    } const rows[] = {
        {algorithm::rs256, R"({"kty":"RSA"})", true},
        {algorithm::ps384, R"({"kty":"RSA"})", true},
        {algorithm::rs256, R"({"kty":"rsa"})", false},
        {algorithm::rs256, R"({"kty":"EC"})", false},
        {algorithm::rs256, R"({})", false},
        {algorithm::rs256, R"({"kty":7})", false},
        {algorithm::es256, R"({"kty":"EC","crv":"P-256"})", true},
        {algorithm::es256, R"({"kty":"EC","crv":"P-384"})", false},
        {algorithm::es256, R"({"kty":"EC","crv":"p-256"})", false},
        {algorithm::es256, R"({"kty":"EC","crv":"secp256k1"})", false},
        {algorithm::es256, R"({"kty":"EC"})", false},
        {algorithm::es384, R"({"kty":"EC","crv":"P-384"})", true},
        {algorithm::es512, R"({"kty":"EC","crv":"P-521"})", true},
        {algorithm::es512, R"({"kty":"EC","crv":"P-512"})", false},
        {algorithm::eddsa, R"({"kty":"OKP","crv":"Ed25519"})", true},
        {algorithm::eddsa, R"({"kty":"OKP","crv":"X25519"})", false},
        {algorithm::eddsa, R"({"kty":"OKP","crv":"Ed448"})", false},
        {algorithm::eddsa, R"({"kty":"EC","crv":"Ed25519"})", false},
        {algorithm::hs256, R"({"kty":"oct"})", true},
        {algorithm::hs256, R"({"kty":"RSA"})", false},
    };
    for (auto const& row : rows) {
        CAPTURE(row.jwk);
        CHECK(fits(row.alg, parsed(row.jwk)) == row.fits);
    }
}

TEST_CASE("jwk: a member that is missing, no text, no base64url, empty or absurd is named")
{
    struct
    {
        algorithm alg;
        char const* member;
    } const members[] = {{algorithm::rs256, "n"},
                         {algorithm::rs256, "e"},
                         {algorithm::es256, "x"},
                         {algorithm::es256, "y"},
                         {algorithm::eddsa, "x"}};
    for (auto const& [alg, member] : members) {
        CAPTURE(name_of(alg));
        CAPTURE(member);
        auto const named = [&, m = std::string{member}](char const* what) { return "`" + m + "` " + what; };
        auto jwk = jwk_of(alg);
        jwk.erase(member);
        CHECK(note_of(alg, jwk) == named("is missing or not a string"));
        jwk[member] = 7;
        CHECK(note_of(alg, jwk) == named("is missing or not a string"));
        jwk[member] = "a+b/";
        CHECK(note_of(alg, jwk) == named("is not base64url"));
        jwk[member] = "";
        CHECK(note_of(alg, jwk) == named("is empty or too long"));
        jwk[member] = base64url_encode(std::string(2049, 'a'));
        CHECK(note_of(alg, jwk) == named("is empty or too long"));
    }
}

TEST_CASE("jwk: coordinates have the whole length of their curve")
{
    for (auto const alg : {algorithm::es256, algorithm::es384, algorithm::es512, algorithm::eddsa}) {
        CAPTURE(name_of(alg));
        auto jwk = jwk_of(alg);
        auto const whole = *base64url_decode(std::string_view{jwk["x"].as_string()});
        for (auto const& other : {whole.substr(1), whole + "x", std::string{"\0", 1} + whole}) {
            jwk["x"] = base64url_encode(other);
            CHECK(note_of(alg, jwk) == "`x` has not the length of the curve");
        }
        jwk["x"] = base64url_encode(whole);
        CHECK(note_of(alg, jwk) == "a key");
    }
}

TEST_CASE("jwk: a point that lies on no curve is no key")
{
    auto jwk = jwk_of(algorithm::es256);
    jwk["y"] = base64url_encode(std::string(32, '\x01'));
    auto const key = public_key_of(algorithm::es256, jwk);
    CHECK_MESSAGE((!key || !verification_key::from_public(algorithm::es256, *key)),
                  "refused when it is made, or when it is judged");
}

TEST_CASE("jwk: the secret of a symmetric key")
{
    struct
    {
        char const* jwk;
        char const* secret; // null: refused
    } const rows[] = {
        {R"({"kty":"oct","k":"AyM"})", "\x03#"},
        {R"({"kty":"oct","k":"AyM="})", "\x03#"},
        {R"({"kty":"oct","k":""})", nullptr},
        {R"({"kty":"oct"})", nullptr},
        {R"({"kty":"oct","k":7})", nullptr},
        {R"({"kty":"RSA","k":"AyM"})", nullptr},
        {R"({"k":"AyM"})", nullptr},
    };
    for (auto const& row : rows) {
        CAPTURE(row.jwk);
        auto const read = secret_of(parsed(row.jwk));
        CHECK(read.has_value() == (row.secret != nullptr));
        if (read && row.secret) CHECK(read->reveal() == row.secret);
    }
}
