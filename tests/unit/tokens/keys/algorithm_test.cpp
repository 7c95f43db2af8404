#include "gateway/tokens/keys/algorithm.hpp"

#include <doctest/doctest.h>

using namespace yett::tokens;

namespace {

struct fact
{
    algorithm alg;
    char const* name;
    key_kind kind;
    bool symmetric;
    bool pss;
    std::size_t digest;
    char const* curve;
    std::size_t coordinate;
};

constexpr fact facts[] = {
    {algorithm::hs256, "HS256", key_kind::hmac, true, false, 32, "", 0},
    {algorithm::hs384, "HS384", key_kind::hmac, true, false, 48, "", 0},
    {algorithm::hs512, "HS512", key_kind::hmac, true, false, 64, "", 0},
    {algorithm::rs256, "RS256", key_kind::rsa, false, false, 32, "", 0},
    {algorithm::rs384, "RS384", key_kind::rsa, false, false, 48, "", 0},
    {algorithm::rs512, "RS512", key_kind::rsa, false, false, 64, "", 0},
    {algorithm::ps256, "PS256", key_kind::rsa, false, true, 32, "", 0},
    {algorithm::ps384, "PS384", key_kind::rsa, false, true, 48, "", 0},
    {algorithm::ps512, "PS512", key_kind::rsa, false, true, 64, "", 0},
    {algorithm::es256, "ES256", key_kind::ec, false, false, 32, "P-256", 32},
    {algorithm::es384, "ES384", key_kind::ec, false, false, 48, "P-384", 48},
    {algorithm::es512, "ES512", key_kind::ec, false, false, 64, "P-521", 66},
    {algorithm::eddsa, "EdDSA", key_kind::ed25519, false, false, 64, "Ed25519", 0},
};

} // namespace

TEST_CASE("algorithm: what RFC 7518 and RFC 8037 say of each")
{
    for (auto const& each : facts) {
        CAPTURE(each.name);
        CHECK(name_of(each.alg) == each.name);
        CHECK(algorithm_named(each.name) == each.alg);
        CHECK(kind_of(each.alg) == each.kind);
        CHECK(is_symmetric(each.alg) == each.symmetric);
        CHECK(is_pss(each.alg) == each.pss);
        CHECK(digest_bytes(each.alg) == each.digest);
        CHECK(curve_of(each.alg) == each.curve);
        CHECK(coordinate_bytes(each.alg) == each.coordinate);
    }
    CHECK_MESSAGE(algorithm_named("Ed25519") == algorithm::eddsa, "RFC 9864's name of the same");
}

TEST_CASE("algorithm: what is nearly a name is none")
{
    for (auto const* text : {"",    "none",   "None",  "NONE",  "hs256",   "Hs256", "HS-256", "HS256 ",   " HS256", "HS128",
                             "RS1", "ES256K", "EDDSA", "eddsa", "ed25519", "Ed448", "A128KW", "RSA-OAEP", "HS2560", "HS25"})
        CHECK_MESSAGE(!algorithm_named(text), text);
}
