#include "gateway/tokens/verifier.hpp"

#include "gateway/tokens/keys/jwks.hpp"
#include "tests/support/counted_checks.hpp"
#include "tests/support/print.hpp"
#include "tests/support/token_builder.hpp"

#include <doctest/doctest.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

using namespace yett;
using namespace yett::tokens;
using namespace yett::tests;

namespace {

verifier own_verifier(algorithm alg = algorithm::es256)
{
    return verifier{{own_issuer_with({test_key(alg).verification()})}};
}

errc refusal(verifier const& judge, std::string const& token, wall_time now = at())
{
    auto const said = judge.verify(token, now);
    REQUIRE_MESSAGE(!said, token);
    return said.error().code();
}

struct bad_token
{
    std::string what;
    std::string text;
    errc code;
};

void check_refusals(verifier const& judge, std::vector<bad_token> const& tokens)
{
    for (auto const& [what, text, code] : tokens) {
        auto const said = judge.verify(text, at());
        CHECK_MESSAGE(!said, what);
        if (!said) CHECK_MESSAGE(said.error().code() == code, what, ": ", describe(said.error()));
    }
}

constexpr algorithm every_algorithm[]{algorithm::hs256, algorithm::hs384, algorithm::hs512, algorithm::rs256, algorithm::rs384,
                                      algorithm::rs512, algorithm::ps256, algorithm::ps384, algorithm::ps512, algorithm::es256,
                                      algorithm::es384, algorithm::es512, algorithm::eddsa};

} // namespace

TEST_CASE("verifier: a good token of every algorithm proves its subject")
{
    for (auto const alg : every_algorithm) {
        auto const judge = own_verifier(alg);
        auto const good = judge.verify(a_token().signed_with(test_key(alg)), at());
        REQUIRE_MESSAGE(good, name_of(alg));
        auto const& who = *good->who;
        CHECK(who.subject == "0197a2c5-7f00-7000-8000-00000000ada0");
        CHECK(who.email == "ada@example.com");
        CHECK(who.roles == std::vector<std::string>{"user"});
        CHECK(who.scopes == std::vector<std::string>{"read", "write"});
        CHECK(who.issuer == own_issuer);
        CHECK(who.audience == std::vector<std::string>{"api"});
        CHECK(who.token_id == "token-1");
        CHECK(who.session == "session-1");
        CHECK(who.issued_at == at(-60));
        CHECK(who.authenticated_at == wall_time{});
        CHECK(who.expires_at == at(840));
        CHECK(good->expires == at(870));
        CHECK(good->not_before == at(-90));
        CHECK(good->kid == test_key(alg).kid());
        CHECK(judge.stands_on(good->basis));
    }
}

TEST_CASE("verifier: a signature that was changed in any part is refused, whatever the algorithm")
{
    for (auto const alg : every_algorithm) {
        auto const judge = own_verifier(alg);
        auto const token = a_token().signed_with(test_key(alg)).text();
        auto const second = token.rfind('.');
        auto const decoded = base64url_decode(std::string_view{token}.substr(second + 1)).value();
        for (std::size_t byte = 0; byte < decoded.size(); byte += 7) {
            auto changed = decoded;
            changed[byte] = static_cast<char>(changed[byte] ^ 1);
            CHECK(refusal(judge, token.substr(0, second + 1) + base64url_encode(changed)) == errc::token_untrusted);
        }
        for (auto const& other : {std::string{}, decoded.substr(1), decoded + '\0', '\0' + decoded})
            CHECK(refusal(judge, token.substr(0, second + 1) + base64url_encode(other)) == errc::token_untrusted);
        auto const payload = a_token().with("roles", boost::json::array{"admin"}).signed_with(test_key(alg)).text();
        auto const forged = payload.substr(0, payload.rfind('.')) + token.substr(second);
        CHECK(refusal(judge, forged) == errc::token_untrusted);
    }
}

TEST_CASE("verifier: the algorithm belongs to the key, not to the token")
{
    auto const& rsa = test_key(algorithm::rs256);
    verifier const judge{{own_issuer_with({rsa.verification(), test_key(algorithm::es256).verification()})}};
    auto const public_pem_as_secret =
        signing_key::from_secret(algorithm::hs256, secret{rsa.verification().public_jwk()}, rsa.kid()).value();
    auto const pss = signing_key::from_private(algorithm::ps256, rsa.private_key(), rsa.kid()).value();
    auto const rs512 = signing_key::from_private(algorithm::rs512, rsa.private_key(), rsa.kid()).value();
    check_refusals(
        judge, {
                   {"HS256 with the public key as secret", a_token().signed_with(public_pem_as_secret), errc::token_untrusted},
                   {"PS256 by the RS256 key", a_token().signed_with(pss), errc::token_untrusted},
                   {"RS512 by the RS256 key", a_token().signed_with(rs512), errc::token_untrusted},
                   {"another alg in the header", a_token().signed_with(rsa).with_header("alg", "ES256"), errc::token_untrusted},
                   {"another key's kid", a_token().signed_with(rsa).with_header("kid", test_key(algorithm::es256).kid()),
                    errc::token_untrusted},
               });
}

TEST_CASE("verifier: `none` in any spelling, unknown and missing algorithms are refused")
{
    auto const judge = own_verifier();
    for (auto const* alg : {"none", "None", "NONE", "nOnE", "", "HS256 ", "es256", "ES256K", "RSA-OAEP", "HS1", "EdDSA\n"}) {
        CHECK(refusal(judge, a_token().with_header("alg", alg)) == errc::token_untrusted);
        auto const token = a_token().with_header("alg", alg).text();
        CHECK(refusal(judge, token.substr(0, token.rfind('.') + 1)) == errc::token_untrusted);
    }
    CHECK(refusal(judge, a_token().without_header("alg")) == errc::token_malformed);
    CHECK(refusal(judge, a_token().with_header("alg", nullptr)) == errc::token_malformed);
    CHECK(refusal(judge, a_token().with_header("alg", boost::json::array{"ES256"})) == errc::token_malformed);
}

TEST_CASE("verifier: keys that a token brings along mean nothing")
{
    auto const stranger = signing_key::generate(algorithm::es256).value();
    auto const jwk = boost::json::parse(stranger.verification().public_jwk());
    auto const judge = own_verifier();
    for (auto const& [name, value] :
         std::vector<std::pair<std::string, boost::json::value>>{{"jwk", jwk},
                                                                 {"jku", "https://attacker.test/jwks.json"},
                                                                 {"x5u", "https://attacker.test/c.pem"},
                                                                 {"x5c", boost::json::array{"MIIB"}},
                                                                 {"x5t", "AAAA"}}) {
        CHECK(refusal(judge, a_token().signed_with(stranger).with_header(name, value)) == errc::token_untrusted);
        CHECK(refusal(judge, a_token().signed_with(stranger).with_header(name, value).without_header("kid")) ==
              errc::token_untrusted);
        CHECK_MESSAGE(judge.verify(a_token().with_header(name, value), at()), name, " on a good token is ignored");
    }
}

TEST_CASE("verifier: headers with extensions are refused")
{
    auto const judge = own_verifier();
    check_refusals(
        judge,
        {
            {"crit with exp", a_token().with_header("crit", boost::json::array{"exp"}), errc::token_malformed},
            {"empty crit", a_token().with_header("crit", boost::json::array{}), errc::token_malformed},
            {"crit null", a_token().with_header("crit", nullptr), errc::token_malformed},
            {"b64 false", a_token().with_header("b64", false), errc::token_malformed},
            {"b64 true", a_token().with_header("b64", true), errc::token_malformed},
            {"kid of another type", a_token().with_header("kid", 7), errc::token_malformed},
            {"typ of another type", a_token().with_header("typ", 7), errc::token_malformed},
            {"a kid beyond the bound", a_token().with_header("kid", std::string(max_kid_bytes + 1, 'k')), errc::token_untrusted},
            {"a typ beyond the bound", a_token().with_header("typ", std::string(65, 't')), errc::token_untrusted},
            {"kid twice", a_token().with_raw_header(R"({"alg":"ES256","kid":"a","kid":"a"})"), errc::token_malformed},
            {"a header that is no object", a_token().with_raw_header(R"(["ES256"])"), errc::token_malformed},
            {"a header that is no JSON", a_token().with_raw_header("ES256"), errc::token_malformed},
            {"a header in broken UTF-8", a_token().with_raw_header("{\"alg\":\"ES256\",\"kid\":\"\xff\"}"),
             errc::token_malformed},
            {"a deep header", a_token().with_raw_header(R"({"alg":"ES256","a":[[[[[[[[[[]]]]]]]]]]})"), errc::token_malformed},
        });
}

TEST_CASE("verifier: a kid is opaque text and finds only its equal")
{
    auto const judge = own_verifier();
    for (auto const* kid : {"../../etc/passwd", "' OR 1=1 --", "", "%00", "/dev/null"})
        CHECK(refusal(judge, a_token().with_header("kid", kid)) == errc::token_untrusted);
    std::string const with_nul{"a\0b", 3};
    auto const odd = signing_key::from_private(algorithm::es256, test_key().private_key(), with_nul).value();
    verifier const knows_it{{own_issuer_with({odd.verification()})}};
    CHECK(knows_it.verify(a_token().signed_with(odd), at()));
    CHECK(refusal(knows_it, a_token().signed_with(odd).with_header("kid", "a")) == errc::token_untrusted);
}

TEST_CASE("verifier: a token without a kid is tried with at most four keys of its algorithm")
{
    std::vector<verification_key> keys;
    for (int i = 0; i < 5; ++i) keys.push_back(signing_key::generate(algorithm::es256)->verification());
    keys[3] = test_key().verification();
    CHECK(verifier{{own_issuer_with(keys)}}.verify(a_token().without_header("kid"), at()));
    std::swap(keys[3], keys[4]);
    CHECK(refusal(verifier{{own_issuer_with(keys)}}, a_token().without_header("kid")) == errc::token_untrusted);
    CHECK_MESSAGE(verifier{{own_issuer_with(keys)}}.verify(a_token(), at()), "with a kid it is found at once");
}

TEST_CASE("verifier: whatever is not exactly three strict parts is refused without work")
{
    auto const judge = own_verifier();
    auto const good = a_token().text();
    auto const first = good.find('.'), second = good.rfind('.');
    auto const header = good.substr(0, first), payload = good.substr(first + 1, second - first - 1),
               signature = good.substr(second + 1);
    check_refusals(
        judge, {
                   {"nothing", "", errc::token_malformed},
                   {"one part", header, errc::token_malformed},
                   {"two parts", header + '.' + payload, errc::token_malformed},
                   {"four parts", good + '.', errc::token_malformed},
                   {"five parts, JWE", header + "..AAAA.AAAA.AAAA", errc::token_malformed},
                   {"dots alone", "..", errc::token_malformed},
                   {"many dots", std::string(8000, '.'), errc::token_malformed},
                   {"no header", '.' + payload + '.' + signature, errc::token_malformed},
                   {"JSON, flattened",
                    R"({"protected":")" + header + R"(","payload":")" + payload + R"(","signature":")" + signature + "\"}",
                    errc::token_malformed},
                   {"too long", good + std::string(max_token_bytes, 'A'), errc::token_malformed},
                   {"padded header", header + "=." + payload + '.' + signature, errc::token_malformed},
                   {"padded signature", good + "==", errc::token_malformed},
                   {"blank in front", ' ' + good, errc::token_malformed},
                   {"blank behind", good + ' ', errc::token_malformed},
                   {"line break", good + '\n', errc::token_malformed},
                   {"standard alphabet", header + '.' + payload + ".ab+/" + signature.substr(4), errc::token_malformed},
                   {"NUL inside", good.substr(0, good.size() - 3) + '\0' + good.substr(good.size() - 2), errc::token_malformed},
                   {"a Bearer prefix", "Bearer " + good, errc::token_malformed},
               });
}

TEST_CASE("verifier: a token has one spelling; a signature's unused bits must be zero")
{
    auto const judge = own_verifier();
    auto spelling = a_token().text();
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    auto const last = alphabet.find(spelling.back());
    REQUIRE(last % 16 == 0); // 64 bytes leave four bits of the last character
    spelling.back() = alphabet[last + 1];
    CHECK(refusal(judge, spelling) == errc::token_malformed);
}

TEST_CASE("verifier: payloads that are not one strict JSON object are malformed")
{
    auto const judge = own_verifier();
    std::string const claims = R"("iss":"https://yett.test","aud":"api","sub":"s","type":"access","exp":1767226000)";
    CHECK_MESSAGE(judge.verify(a_token().with_payload('{' + claims + '}'), at()), "the pattern itself is good");
    check_refusals(
        judge,
        {
            {"exp twice", a_token().with_payload('{' + claims + R"(,"exp":1867226000})"), errc::token_malformed},
            {"sub twice", a_token().with_payload('{' + claims + R"(,"sub":"admin"})"), errc::token_malformed},
            {"sub twice, once escaped", a_token().with_payload('{' + claims + ",\"\\u0073ub\":\"admin\"}"),
             errc::token_malformed},
            {"nested duplicate", a_token().with_payload('{' + claims + R"(,"x":{"a":1,"a":2}})"), errc::token_malformed},
            {"comment", a_token().with_payload('{' + claims + "/**/}"), errc::token_malformed},
            {"trailing comma", a_token().with_payload('{' + claims + ",}"), errc::token_malformed},
            {"trailing text", a_token().with_payload('{' + claims + "}x"), errc::token_malformed},
            {"broken UTF-8", a_token().with_payload('{' + claims + ",\"x\":\"\xc3\x28\"}"), errc::token_malformed},
            {"lone surrogate", a_token().with_payload('{' + claims + ",\"x\":\"\\ud800\"}"), errc::token_malformed},
            {"byte order mark", a_token().with_payload("\xef\xbb\xbf{" + claims + '}'), errc::token_malformed},
            {"list", a_token().with_payload('[' + claims + ']'), errc::token_malformed},
            {"nothing but text", a_token().with_payload("foo"), errc::token_malformed},
            {"too deep", a_token().with_payload('{' + claims + ",\"x\":" + std::string(40, '[') + std::string(40, ']') + '}'),
             errc::token_malformed},
            {"infinity by exponent", a_token().with_payload('{' + claims + ",\"x\":1e999}"), errc::token_malformed},
        });
}

TEST_CASE("verifier: times are whole seconds in range, and exp is required")
{
    auto const judge = own_verifier();
    CHECK(refusal(judge, a_token().without("exp")) == errc::token_malformed);
    for (auto const* value : {"1e999", "1767226000.5", "1767226000.0", "1.767226e9", "\"1767226000\"", "-1", "null", "true", "[]",
                              "18446744073709551615", "253402300800", "99999999999999999999", "{}"})
        for (auto const* name : {"exp", "nbf", "iat", "auth_time"}) {
            std::string others = R"("iss":"https://yett.test","aud":"api","sub":"s","type":"access",)";
            if (std::string_view{name} != "exp") others += R"("exp":1767226000,)";
            auto const token = a_token().with_payload(fmt::format(R"({{{}"{}":{}}})", others, name, value)).text();
            CHECK_MESSAGE(refusal(judge, token) == errc::token_malformed, name, " ", value);
        }
}

TEST_CASE("verifier: a token is good from nbf to exp, with the skew at both ends")
{
    auto const judge = own_verifier();
    auto const token = a_token().with("nbf", new_year).with("iat", new_year).with("exp", new_year + 60).text();
    CHECK(refusal(judge, token, at(-31)) == errc::token_not_yet_valid);
    CHECK(judge.verify(token, at(-30)));
    CHECK(judge.verify(token, at(89)));
    CHECK(refusal(judge, token, at(90)) == errc::token_expired);
    CHECK(refusal(judge, a_token().expired()) == errc::token_expired);
    CHECK(refusal(judge, a_token().not_yet_valid()) == errc::token_not_yet_valid);
    CHECK(refusal(judge, a_token().without("nbf").with("iat", new_year + 31)) == errc::token_not_yet_valid);
    CHECK(refusal(judge, a_token().with("exp", 0).without("nbf").without("iat")) == errc::token_expired);
    CHECK(judge.verify(a_token().with("exp", 253402300799), at()));
}

TEST_CASE("verifier: iss and aud are compared whole")
{
    auto const judge = own_verifier();
    for (auto const* iss : {"https://yett.test/", "https://yett.tes", "HTTPS://yett.test", "https://yett.test\n", ""})
        CHECK_MESSAGE(refusal(judge, a_token().from(iss)) == errc::token_wrong_issuer, iss);
    CHECK(refusal(judge, a_token().without("iss")) == errc::token_wrong_issuer);
    CHECK(refusal(judge, a_token().with("iss", boost::json::array{own_issuer})) == errc::token_malformed);

    for (auto const* aud : {"ap", "apis", "API", " api", "api other", ""})
        CHECK_MESSAGE(refusal(judge, a_token().for_audience(aud)) == errc::token_wrong_audience, aud);
    CHECK(refusal(judge, a_token().without("aud")) == errc::token_wrong_audience);
    CHECK(refusal(judge, a_token().for_audience(boost::json::array{})) == errc::token_wrong_audience);
    CHECK(refusal(judge, a_token().for_audience(boost::json::array{"x", "y"})) == errc::token_wrong_audience);
    CHECK(judge.verify(a_token().for_audience(boost::json::array{"x", "api"}), at()));
    CHECK(refusal(judge, a_token().for_audience(boost::json::array{"api", 1})) == errc::token_malformed);
    CHECK(refusal(judge, a_token().for_audience(boost::json::object{{"api", true}})) == errc::token_malformed);
}

TEST_CASE("verifier: a subject is required and not empty")
{
    auto const judge = own_verifier();
    CHECK(refusal(judge, a_token().without("sub")) == errc::token_malformed);
    CHECK(refusal(judge, a_token().of("")) == errc::token_malformed);
    CHECK(refusal(judge, a_token().with("sub", nullptr)) == errc::token_malformed);
    CHECK(refusal(judge, a_token().with("sub", 1)) == errc::token_malformed);
}

TEST_CASE("verifier: our own tokens must say that they are access tokens, twice")
{
    auto const judge = own_verifier();
    for (auto const* type : {"JWT", "jwt", "it+jwt", "at+jw", ""})
        CHECK_MESSAGE(refusal(judge, a_token().with_header("typ", type)) == errc::token_untrusted, type);
    CHECK(refusal(judge, a_token().without_header("typ")) == errc::token_untrusted);
    CHECK(judge.verify(a_token().with_header("typ", "application/at+jwt"), at()));
    CHECK(judge.verify(a_token().with_header("typ", "AT+JWT"), at()));
    for (auto const* type : {"refresh", "Access", ""})
        CHECK_MESSAGE(refusal(judge, a_token().with("type", type)) == errc::token_untrusted, type);
    CHECK(refusal(judge, a_token().without("type")) == errc::token_untrusted);
    CHECK(refusal(judge, a_token().with("type", boost::json::array{"access"})) == errc::token_untrusted);
}

TEST_CASE("verifier: tokens of others may have any usual type, but not one made for something else")
{
    verifier const judge{{foreign_issuer("https://idp.test", {test_key().verification()})}};
    auto const token = [] { return a_token().from("https://idp.test").without("type"); };
    for (auto const* type : {"JWT", "jwt", "at+jwt", "application/at+jwt", "application/okta-internal-at+jwt"})
        CHECK_MESSAGE(judge.verify(token().with_header("typ", type), at()), type);
    CHECK(judge.verify(token().without_header("typ"), at()));
    for (auto const* type : {"logout+jwt", "secevent+jwt", "dpop+jwt", "token-introspection+jwt", "JOSE+JSON"})
        CHECK_MESSAGE(refusal(judge, token().with_header("typ", type)) == errc::token_untrusted, type);
}

TEST_CASE("verifier: a key of one issuer never serves another")
{
    auto const key_a = signing_key::generate(algorithm::es256).value();
    auto const key_b = signing_key::generate(algorithm::es256).value();
    auto const b_with_kid_of_a = signing_key::from_private(algorithm::es256, key_b.private_key(), key_a.kid()).value();
    verifier const distinct{
        {foreign_issuer("https://a.test", {key_a.verification()}), foreign_issuer("https://b.test", {key_b.verification()})}};
    CHECK(distinct.verify(a_token().from("https://a.test").signed_with(key_a), at())->issuer == 0);
    CHECK(distinct.verify(a_token().from("https://b.test").signed_with(key_b), at())->issuer == 1);
    CHECK(refusal(distinct, a_token().from("https://a.test").signed_with(key_b)) == errc::token_wrong_issuer);
    CHECK(refusal(distinct, a_token().from("https://a.test").signed_with(key_b).without_header("kid")) == errc::token_untrusted);

    verifier const same_kid{{foreign_issuer("https://a.test", {key_a.verification()}),
                             foreign_issuer("https://b.test", {b_with_kid_of_a.verification()})}};
    CHECK(same_kid.verify(a_token().from("https://a.test").signed_with(key_a), at())->issuer == 0);
    CHECK(same_kid.verify(a_token().from("https://b.test").signed_with(b_with_kid_of_a), at())->issuer == 1);
    CHECK(refusal(same_kid, a_token().from("https://a.test").signed_with(b_with_kid_of_a)) == errc::token_untrusted);
    CHECK(refusal(same_kid, a_token().from("https://b.test").signed_with(key_a)) == errc::token_untrusted);
    CHECK(refusal(same_kid, a_token().from("https://c.test").signed_with(key_a)) == errc::token_wrong_issuer);
    CHECK(refusal(same_kid, a_token().without("iss").signed_with(key_a)) == errc::token_wrong_issuer);
    CHECK(refusal(same_kid, a_token().with_payload("no json").signed_with(key_a)) == errc::token_malformed);
}

TEST_CASE("verifier: a token signed by a retired key is refused")
{
    auto const retired = signing_key::generate(algorithm::es256).value();
    verifier const before{{own_issuer_with({retired.verification(), test_key().verification()})}};
    verifier const after{{own_issuer_with({test_key().verification()})}};
    auto const token = a_token().signed_with(retired).text();
    auto const good = before.verify(token, at());
    REQUIRE(good);
    CHECK(refusal(after, token) == errc::token_untrusted);
    CHECK_FALSE(after.stands_on(good->basis));
    CHECK(after.stands_on(after.verify(a_token(), at())->basis));
    CHECK(before.stands_on(after.verify(a_token(), at())->basis));
    CHECK(before.generation() != after.generation());
}

TEST_CASE("verifier: a basis dies with any rule of its issuer")
{
    auto const basis = own_verifier().verify(a_token(), at())->basis;
    auto const changed = [&](auto change) {
        auto own = own_issuer_with({test_key().verification()});
        change(own);
        return !verifier{{own}}.stands_on(basis);
    };
    CHECK_FALSE(changed([](issuer&) {}));
    CHECK(changed([](issuer& own) { own.name += '/'; }));
    CHECK(changed([](issuer& own) { own.audience.emplace_back("other"); }));
    CHECK(changed([](issuer& own) { own.skew = seconds{0}; }));
    CHECK(changed([](issuer& own) { own.own = false; }));
    CHECK(changed([](issuer& own) { own.claims.roles = "groups"; }));
}

TEST_CASE("verifier: the issuer whose keys a refused token is not signed with is named, nobody else")
{
    verifier const judge{{own_issuer_with({test_key().verification()}),
                          foreign_issuer("https://idp.test", {test_key(algorithm::rs256).verification()})}};
    auto const fresh = signing_key::generate(algorithm::es256).value();
    CHECK(judge.issuer_lacking_key(a_token().from("https://idp.test").signed_with(fresh).text()) == 1u);
    CHECK(judge.issuer_lacking_key(a_token().signed_with(fresh).text()) == 0u);
    CHECK_FALSE(judge.issuer_lacking_key(a_token().from("https://other.test").signed_with(fresh).text()));
    CHECK(judge.issuer_lacking_key(a_token().from("https://idp.test").without_header("kid").signed_with(fresh).text()) == 1u);
    CHECK_FALSE(
        judge.issuer_lacking_key(a_token().from("https://idp.test").with_header("typ", "logout+jwt").signed_with(fresh).text()));
    CHECK_FALSE(judge.issuer_lacking_key(a_token().without("iss").signed_with(fresh).text()));
    CHECK_FALSE(judge.issuer_lacking_key("no token"));
}

TEST_CASE("verifier: a signature is paid for, and only what does not hold is spent")
{
    auto const other = signing_key::generate(algorithm::es256).value();
    auto const good = a_token().text();
    auto const others = a_token().of("another").text();
    auto const changed = good.substr(0, good.rfind('.')) + others.substr(others.rfind('.'));
    struct
    {
        char const* what;
        std::string token;
        int asked;
        int left; // of ten
    } const rows[] = {
        {"a good one", good, 1, 10},
        {"another's signature", changed, 1, 9},
        {"another key's, under the kid of ours", a_token().with_header("kid", test_key().kid()).signed_with(other), 1, 9},
        {"one that has expired is somebody's", a_token().expired(), 1, 10},
        {"one for somebody else, too", a_token().for_audience("theirs"), 1, 10},
        {"no token", "rubbish", 0, 10},
        {"five parts", "a.b.c.d.e", 0, 10},
        {"a signature that is no text of ours", good + "=", 0, 10},
        {"an unknown kid", a_token().with_header("kid", "another"), 0, 10},
        {"an algorithm that no key has", a_token().signed_with(test_key(algorithm::eddsa)), 0, 10},
        {"none", a_token().with_header("alg", "none"), 0, 10},
        {"extensions", a_token().with_header("crit", "exp"), 0, 10},
    };
    auto const judge = own_verifier();
    for (auto const& row : rows) {
        CAPTURE(row.what);
        counted_checks pays{10};
        auto const unbounded = judge.verify(row.token, at());
        auto const paid = judge.verify(row.token, at(), pays);
        CHECK(pays.asked == row.asked);
        CHECK(pays.left == row.left);
        CHECK(paid.has_value() == unbounded.has_value());
        if (!paid) CHECK(paid.error().code() == unbounded.error().code());

        counted_checks nothing{0};
        auto const poor = judge.verify(row.token, at(), nothing);
        REQUIRE(!poor);
        CHECK(poor.error().code() == (row.asked ? errc::rate_limited : unbounded.error().code()));
    }
}

TEST_CASE("verifier: issuers without a name or an audience, or with one name, are defects")
{
    auto const own = own_issuer_with({test_key().verification()});
    CHECK_THROWS_AS((verifier{{own, own}}), std::invalid_argument);
    auto nameless = own;
    nameless.name.clear();
    CHECK_THROWS_AS((verifier{{nameless}}), std::invalid_argument);
    auto deaf = own;
    deaf.audience.clear();
    CHECK_THROWS_AS((verifier{{deaf}}), std::invalid_argument);
    CHECK(refusal(verifier{{}}, a_token()) == errc::token_untrusted);
}

TEST_CASE("verifier: the moment of our own tokens comes from their UUIDv7, to the millisecond")
{
    auto const now = at() + milliseconds{437};
    auto const judge = own_verifier();
    auto const issued = [&](std::string_view jti) {
        return judge.verify(a_token().named(jti).with("iat", new_year).with("nbf", new_year), now)->who->issued_at;
    };
    CHECK(issued(make_uuid(now)) == now);
    CHECK(issued(make_uuid(now + seconds{5})) == at());
    CHECK(issued("not-a-uuid") == at());
    CHECK(issued("zzzzzzzz-zzzz-7000-8000-000000000000") == at());
    verifier const other{{foreign_issuer("https://idp.test", {test_key().verification()})}};
    auto const foreign = other.verify(a_token().from("https://idp.test").named(make_uuid(now)).with("iat", new_year), now);
    CHECK(foreign->who->issued_at == at());
    CHECK_MESSAGE(foreign->who->session.empty(), "a session is ours alone");
}
