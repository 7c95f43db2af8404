#include "gateway/tokens/keys/jwks.hpp"

#include "tests/support/print.hpp"
#include "tests/support/token_builder.hpp"

#include <doctest/doctest.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value_from.hpp>

using namespace yett;
using namespace yett::tokens;
using namespace yett::tests;

namespace {

using boost::json::object;

jwks_rules const asymmetric{.algorithms = {algorithm::rs256, algorithm::ps256, algorithm::es256, algorithm::eddsa}};

object jwk_of(algorithm alg)
{
    return boost::json::parse(test_key(alg).verification().public_jwk()).as_object();
}

object changed(object jwk, std::string_view name, auto const& value)
{
    jwk[name] = boost::json::value_from(value);
    return jwk;
}
object without(object jwk, std::string_view name)
{
    jwk.erase(name);
    return jwk;
}

std::string set_of(std::initializer_list<object> keys)
{
    boost::json::array list;
    for (auto const& key : keys) list.push_back(key);
    return boost::json::serialize(object{{"keys", list}});
}

std::vector<algorithm> algorithms_in(std::string const& text, jwks_rules const& rules)
{
    std::vector<algorithm> found;
    if (auto const set = parse_jwks(text, rules))
        for (auto const& key : set->keys) found.push_back(key.alg());
    return found;
}

} // namespace

TEST_CASE("key set: what is rendered is read back as the same keys")
{
    std::vector const keys{test_key(algorithm::es256).verification(), test_key(algorithm::rs256).verification(),
                           test_key(algorithm::eddsa).verification(), test_key(algorithm::hs256).verification()};
    auto const text = render_jwks(keys);
    CHECK(text.find("\"d\"") == std::string::npos);
    auto const set = parse_jwks(text, asymmetric);
    REQUIRE(set);
    REQUIRE(set->keys.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) CHECK(set->keys[i].fingerprint() == keys[i].fingerprint());
    CHECK(set->complaints.empty());
    CHECK(render_jwks({}) == R"({"keys":[]})");
}

TEST_CASE("key set: a key without alg serves the allowed algorithms that fit, one each")
{
    auto const rsa = set_of({without(jwk_of(algorithm::rs256), "alg")});
    CHECK(algorithms_in(rsa, asymmetric) == std::vector{algorithm::rs256, algorithm::ps256});
    CHECK(algorithms_in(rsa, {.algorithms = {algorithm::ps256}}) == std::vector{algorithm::ps256});
    CHECK(algorithms_in(rsa, {.algorithms = {algorithm::es256}}).empty());
    CHECK(algorithms_in(set_of({without(jwk_of(algorithm::es256), "alg")}), asymmetric) == std::vector{algorithm::es256});
    CHECK(algorithms_in(set_of({without(jwk_of(algorithm::es384), "alg")}), asymmetric).empty());
    auto const short_secret = set_of({{{"kty", "oct"}, {"k", base64url_encode(std::string(40, 'k'))}}});
    CHECK(algorithms_in(short_secret, {.algorithms = {algorithm::hs512, algorithm::hs256}}) == std::vector{algorithm::hs256});
}

TEST_CASE("key set: a bad key is left out with a complaint, and the good one beside it stays")
{
    auto const good = jwk_of(algorithm::eddsa);
    auto const ec = jwk_of(algorithm::es256);
    std::vector<std::pair<std::string, object>> const rows{
        {"kty missing", without(ec, "kty")},
        {"kty of another type", changed(ec, "kty", 1)},
        {"kty unknown", changed(ec, "kty", "ec")},
        {"kty of another algorithm", changed(ec, "kty", "RSA")},
        {"alg unknown", changed(ec, "alg", "ES256K")},
        {"alg not allowed", changed(ec, "alg", "ES384")},
        {"alg none", changed(ec, "alg", "none")},
        {"alg of another type", changed(ec, "alg", 256)},
        {"alg empty", changed(ec, "alg", "")},
        {"use enc", changed(ec, "use", "enc")},
        {"use of another type", changed(ec, "use", true)},
        {"key_ops without verify", changed(ec, "key_ops", boost::json::array{"encrypt"})},
        {"key_ops empty", changed(ec, "key_ops", boost::json::array{})},
        {"key_ops with a number", changed(ec, "key_ops", boost::json::array{"verify", 1})},
        {"key_ops of another type", changed(ec, "key_ops", "verify")},
        {"kid of another type", changed(ec, "kid", 1)},
        {"kid too long", changed(ec, "kid", std::string(max_kid_bytes + 1, 'k'))},
        {"crv of another curve", changed(ec, "crv", "P-384")},
        {"crv missing", without(ec, "crv")},
        {"x missing", without(ec, "x")},
        {"y missing", without(ec, "y")},
        {"x no base64url", changed(ec, "x", "===")},
        {"x too long", changed(ec, "x", std::string(4000, 'A'))},
        {"y of another point", changed(ec, "y", ec.at("x"))},
        {"n missing", without(jwk_of(algorithm::rs256), "n")},
        {"e missing", without(jwk_of(algorithm::rs256), "e")},
        {"e even", changed(jwk_of(algorithm::rs256), "e", "BA")},
        {"e one", changed(jwk_of(algorithm::rs256), "e", "AQ")},
        {"x of 31 bytes", changed(changed(good, "kid", "other"), "x", base64url_encode(std::string(31, 'x')))},
        {"X25519", changed(changed(good, "kid", "other"), "crv", "X25519")},
    };
    for (auto const& [what, bad] : rows) {
        auto const set = parse_jwks(set_of({bad, good}), asymmetric);
        REQUIRE_MESSAGE(set, what);
        CHECK_MESSAGE(set->keys.size() == 1, what);
        CHECK_MESSAGE(set->complaints.size() == 1, what);
        CHECK_MESSAGE(!parse_jwks(set_of({bad}), asymmetric), what);
    }
}

TEST_CASE("key set: a text that is no strict key set is refused whole")
{
    auto const good = boost::json::serialize(jwk_of(algorithm::es256));
    for (auto const& text :
         {std::string{}, std::string{"{}"}, std::string{"[]"}, std::string{R"({"keys":{}})"}, std::string{R"({"keys":[]})"},
          std::string{R"({"keys":[1,null,"x"]})"}, R"({"keys":[)" + good + "],\"keys\":[]}", R"({"keys":[)" + good + "]}x",
          R"({"keys":[)" + good.substr(0, good.size() - 1) + R"(,"kty":"EC"}]})"})
        CHECK_FALSE_MESSAGE(parse_jwks(text, asymmetric), text);
    CHECK_MESSAGE(parse_jwks(good, asymmetric), "a single JWK is a set of one");
}

TEST_CASE("key set: size and count are bounded before any key is read")
{
    auto rules = asymmetric;
    rules.keys = 2;
    auto const key = jwk_of(algorithm::es256);
    CHECK(parse_jwks(set_of({key, key}), rules));
    CHECK_FALSE(parse_jwks(set_of({key, key, key}), rules));
    rules.bytes = 100;
    CHECK_FALSE(parse_jwks(set_of({key}), rules));
}

TEST_CASE("key set: where it may be empty, no usable key is an answer with its reasons")
{
    auto rules = asymmetric;
    rules.may_be_empty = true;
    auto const none = parse_jwks(set_of({}), rules);
    REQUIRE(none);
    CHECK(none->keys.empty());
    auto const odd = parse_jwks(R"({"keys":[{"kty":"none"}]})", rules);
    REQUIRE(odd);
    CHECK(odd->complaints.size() == 1);
    CHECK_FALSE(parse_jwks("{}", rules));
}

TEST_CASE("key set: of two different keys with one name neither is believed, of two equal ones one is kept")
{
    auto const key = jwk_of(algorithm::es256);
    auto const rival =
        changed(boost::json::parse(signing_key::generate(algorithm::es256)->verification().public_jwk()).as_object(), "kid",
                key.at("kid"));
    auto const other = jwk_of(algorithm::eddsa);
    CHECK(algorithms_in(set_of({key, rival, other}), asymmetric) == std::vector{algorithm::eddsa});
    CHECK_FALSE(parse_jwks(set_of({key, rival}), asymmetric));
    CHECK(parse_jwks(set_of({key, rival, other}), asymmetric)->disputed.size() == 2);
    CHECK(algorithms_in(set_of({key, key}), asymmetric) == std::vector{algorithm::es256});
    auto const same_kid_other_algorithm = changed(other, "kid", key.at("kid"));
    CHECK(algorithms_in(set_of({key, same_kid_other_algorithm}), asymmetric).size() == 2);
}

TEST_CASE("key set: a secret beside public keys is none, alone it is one if HMAC is allowed")
{
    auto rules = asymmetric;
    object const oct{{"kty", "oct"}, {"alg", "HS256"}, {"k", base64url_encode(std::string(32, 'k'))}};
    CHECK_FALSE(parse_jwks(set_of({oct}), rules));
    rules.algorithms.push_back(algorithm::hs256);
    CHECK(algorithms_in(set_of({oct}), rules) == std::vector{algorithm::hs256});
    CHECK(algorithms_in(set_of({oct, jwk_of(algorithm::es256)}), rules) == std::vector{algorithm::es256});
}

TEST_CASE("key set: the private half of a key is ignored")
{
    auto const key = parse_jwks(
        R"({"kty":"OKP","crv":"Ed25519","key_ops":["sign"],"x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"})",
        asymmetric);
    REQUIRE(key);
    CHECK(key->keys[0].public_jwk().find("\"d\"") == std::string::npos);
}
