#include "gateway/tokens/keys/keys.hpp"

#include "gateway/base/text/base64url.hpp"
#include "gateway/tokens/keys/jwk.hpp"
#include "gateway/tokens/keys/openssl_handle.hpp"
#include "tests/support/print.hpp"
#include "tests/support/token_builder.hpp"

#include <doctest/doctest.h>

#include <boost/json/parse.hpp>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include <set>

using namespace yett;
using namespace yett::tokens;
using namespace yett::tests;

namespace {

boost::json::object parsed(std::string_view text)
{
    return boost::json::parse(text).as_object();
}

std::string note_of(result<verification_key> const& key)
{
    REQUIRE(!key);
    return key.error().note();
}

evp_key rsa_of(bignum const& modulus, std::string_view exponent)
{
    std::string n(static_cast<std::size_t>(BN_num_bytes(modulus.get())), '\0');
    BN_bn2bin(modulus.get(), bytes_of(n));
    auto const key =
        public_key_of(algorithm::rs256, {{"kty", "RSA"}, {"n", base64url_encode(n)}, {"e", base64url_encode(exponent)}});
    return key ? key.value() : nullptr;
}

bignum odd_number(int bits)
{
    bignum made{BN_new()};
    BN_rand(made.get(), bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD);
    return made;
}

constexpr std::string_view usual_exponent{"\x01\x00\x01", 3};

} // namespace

TEST_CASE("algorithms: names are exact and lead back to themselves")
{
    for (int i = 0; i <= static_cast<int>(algorithm::eddsa); ++i) {
        auto const alg = static_cast<algorithm>(i);
        CHECK(algorithm_named(name_of(alg)) == alg);
        CHECK(is_symmetric(alg) == name_of(alg).starts_with("HS"));
        CHECK(is_pss(alg) == name_of(alg).starts_with("PS"));
        CHECK((coordinate_bytes(alg) != 0) == name_of(alg).starts_with("ES"));
    }
    CHECK(curve_of(algorithm::es512) == "P-521");
    for (auto const* name : {"", "none", "hs256", "HS2567", "ES521", "ed25519", "Ed448"}) CHECK_FALSE(algorithm_named(name));
}

TEST_CASE("keys: HMAC secrets are at least as long as the digest")
{
    struct
    {
        algorithm alg;
        std::size_t bytes;
        bool good;
    } const rows[]{{algorithm::hs256, 0, false},   {algorithm::hs256, 31, false},   {algorithm::hs256, 32, true},
                   {algorithm::hs256, 4096, true}, {algorithm::hs256, 4097, false}, {algorithm::hs384, 47, false},
                   {algorithm::hs384, 48, true},   {algorithm::hs512, 63, false},   {algorithm::hs512, 64, true},
                   {algorithm::es256, 64, false}};
    for (auto const& [alg, bytes, good] : rows)
        CHECK_MESSAGE(verification_key::from_secret(alg, secret{std::string(bytes, 'k')}).has_value() == good, name_of(alg), ' ',
                      bytes);
}

TEST_CASE("keys: a key serves no algorithm of another kind or curve")
{
    for (auto const of : {algorithm::rs256, algorithm::es256, algorithm::es384, algorithm::eddsa})
        for (auto const as : {algorithm::hs256, algorithm::rs256, algorithm::ps256, algorithm::es256, algorithm::es384,
                              algorithm::es512, algorithm::eddsa}) {
            bool const fits = of == as || (of == algorithm::rs256 && as == algorithm::ps256);
            CHECK_MESSAGE(verification_key::from_public(as, test_key(of).private_key()).has_value() == fits, name_of(of), " as ",
                          name_of(as));
        }
    CHECK_FALSE(verification_key::from_public(algorithm::es256, nullptr));
    evp_key const secp256k1 = adopt(EVP_EC_gen("secp256k1"));
    CHECK(note_of(verification_key::from_public(algorithm::es256, secp256k1)) == "the curve is not the one of the algorithm");
}

TEST_CASE("keys: RSA keys are neither short nor absurd")
{
    CHECK(verification_key::from_public(algorithm::rs256, rsa_of(odd_number(2048), usual_exponent)));
    CHECK(note_of(verification_key::from_public(algorithm::rs256, rsa_of(odd_number(2047), usual_exponent)))
              .find("fewer than 2048") != std::string::npos);
    CHECK(note_of(verification_key::from_public(algorithm::rs256, rsa_of(odd_number(1024), usual_exponent)))
              .find("fewer than 2048") != std::string::npos);
    CHECK(note_of(verification_key::from_public(algorithm::rs256, rsa_of(odd_number(8193), usual_exponent)))
              .find("more than 8192") != std::string::npos);
    for (auto const& exponent : {std::string{"\x01"}, std::string{"\x02"}, std::string{"\x04"}, std::string(9, '\x01')})
        CHECK_FALSE(verification_key::from_public(algorithm::rs256, rsa_of(odd_number(2048), exponent)));
    CHECK(verification_key::from_public(algorithm::rs256, rsa_of(odd_number(2048), "\x03")));
    auto even = odd_number(2048);
    BN_sub_word(even.get(), 1);
    CHECK_FALSE(verification_key::from_public(algorithm::rs256, rsa_of(even, usual_exponent)));
}

TEST_CASE("keys: a modulus with the fingerprint of CVE-2017-15361 is refused")
{
    // The residues of the flaw: p = k·M + (65537^a mod M), twice.
    bignum product{BN_new()}, power{BN_new()}, generator{BN_new()}, exponent{BN_new()}, made{BN_new()}, half{BN_new()};
    std::unique_ptr<BN_CTX, freed_by<BN_CTX_free>> const scratch{BN_CTX_new()};
    BN_one(product.get());
    for (unsigned p = 2; p <= 167; ++p) {
        bool prime = true;
        for (unsigned d = 2; d * d <= p; ++d) prime = prime && p % d != 0;
        if (prime) BN_mul_word(product.get(), p);
    }
    BN_set_word(generator.get(), 65537);
    BN_one(made.get());
    for (unsigned a : {1234567u, 7654321u}) {
        BN_set_word(exponent.get(), a);
        BN_mod_exp(power.get(), generator.get(), exponent.get(), product.get(), scratch.get());
        BN_rand(half.get(), 1027 - BN_num_bits(product.get()), BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY);
        BN_mul(half.get(), half.get(), product.get(), scratch.get());
        BN_add(half.get(), half.get(), power.get());
        BN_mul(made.get(), made.get(), half.get(), scratch.get());
    }
    REQUIRE(BN_num_bits(made.get()) >= 2048);
    CHECK(note_of(verification_key::from_public(algorithm::rs256, rsa_of(made, usual_exponent))).find("CVE-2017-15361") !=
          std::string::npos);
}

TEST_CASE("keys: points off the curve, cut coordinates and points of small order are refused")
{
    auto const good = parsed(test_key().verification().public_jwk());
    REQUIRE(public_key_of(algorithm::es256, good));
    auto const x = *base64url_decode(std::string_view{good.at("x").as_string()});
    for (auto const& other : {x.substr(1), '\0' + x, std::string(32, '\0'), std::string(32, '\xff'), std::string{}}) {
        auto changed = good;
        changed["x"] = base64url_encode(other);
        auto const key = public_key_of(algorithm::es256, changed);
        CHECK_FALSE((key && verification_key::from_public(algorithm::es256, *key)));
    }
    for (auto const* hex : {"0000000000000000000000000000000000000000000000000000000000000000",
                            "0100000000000000000000000000000000000000000000000000000000000000",
                            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                            "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"}) {
        auto const key =
            public_key_of(algorithm::eddsa, {{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", base64url_encode(*hex_decode(hex))}});
        CHECK_FALSE_MESSAGE((key && verification_key::from_public(algorithm::eddsa, *key)), hex);
    }
}

TEST_CASE("keys: thumbprints are those of RFC 7638 and RFC 8037")
{
    auto const rsa = public_key_of(
        algorithm::rs256,
        parsed(
            R"({"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB"})"));
    REQUIRE(rsa);
    CHECK(verification_key::from_public(algorithm::rs256, *rsa)->kid() == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    auto const ed = public_key_of(algorithm::eddsa,
                                  parsed(R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})"));
    REQUIRE(ed);
    CHECK(verification_key::from_public(algorithm::eddsa, *ed)->kid() == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

TEST_CASE("keys: a public key cannot sign, and a generated one can")
{
    auto const jwk = parsed(test_key().verification().public_jwk());
    CHECK_FALSE(signing_key::from_private(algorithm::es256, public_key_of(algorithm::es256, jwk).value()));
    std::set<std::string> kids;
    for (auto const alg : {algorithm::es256, algorithm::es256, algorithm::eddsa, algorithm::rs256, algorithm::hs256}) {
        auto const key = signing_key::generate(alg);
        REQUIRE(key);
        kids.insert(key->kid());
        auto const signature = key->sign("text").value();
        CHECK(signature.size() == key->verification().signature_bytes());
        CHECK(key->verification().verifies("text", signature));
        CHECK_FALSE(key->verification().verifies("Text", signature));
    }
    CHECK(kids.size() == 5);
}

TEST_CASE("keys: a fingerprint names algorithm, kid and key")
{
    auto const& key = test_key(algorithm::rs256);
    auto const as = [&](algorithm alg, std::string kid) {
        return verification_key::from_public(alg, key.private_key(), std::move(kid))->fingerprint();
    };
    CHECK(as(algorithm::rs256, "a") == as(algorithm::rs256, "a"));
    CHECK(as(algorithm::rs256, "a") != as(algorithm::rs256, "b"));
    CHECK(as(algorithm::rs256, "a") != as(algorithm::ps256, "a"));
    CHECK(as(algorithm::rs256, {}) == key.verification().fingerprint());
    CHECK_FALSE(verification_key::from_public(algorithm::rs256, key.private_key(), std::string(max_kid_bytes + 1, 'k')));
}

TEST_CASE("keys: an HMAC secret is never shown, a public key is shown whole")
{
    CHECK(test_key(algorithm::hs256).verification().public_jwk().empty());
    auto const shown = parsed(test_key(algorithm::eddsa).verification().public_jwk());
    CHECK(shown.at("alg") == "EdDSA");
    CHECK(shown.at("use") == "sig");
    CHECK(shown.size() == 6);
    auto const odd = verification_key::from_public(algorithm::es256, test_key().private_key(), "a\"b\\").value();
    CHECK(parsed(odd.public_jwk()).at("kid") == "a\"b\\");
}

TEST_CASE("keys: r and s of ES256 are in range, and a signature has exactly 64 bytes")
{
    auto const& key = test_key().verification();
    auto const order = *hex_decode("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
    auto const zero = std::string(32, '\0');
    auto one = zero;
    one.back() = 1;
    for (auto const& r : {zero, one, order, std::string(32, '\xff')})
        for (auto const& s : {zero, one, order, std::string(32, '\xff')}) CHECK_FALSE(key.verifies("text", r + s));
    auto const good = test_key().sign("text").value();
    CHECK(key.verifies("text", good));
    CHECK_FALSE(key.verifies("text", good.substr(0, 63)));
    CHECK_FALSE(key.verifies("text", good + '\0'));
    CHECK_FALSE(key.verifies("text", {}));
    CHECK_MESSAGE(ERR_peek_error() == 0, "a refusal leaves nothing behind in OpenSSL's queue");
}
