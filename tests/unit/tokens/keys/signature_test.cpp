#include "gateway/tokens/keys/signature.hpp"

#include "gateway/base/text/base64url.hpp"
#include "tests/support/print.hpp"
#include "tests/support/token_builder.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace yett;
using namespace yett::tokens;
using namespace yett::tests;

namespace {

std::string bytes(std::string_view hex)
{
    auto made = hex_decode(hex);
    REQUIRE(made);
    return *made;
}

// Keys of a serial of their own, as verification_key gives them.
std::uint64_t next_serial()
{
    static std::uint64_t last = 1'000'000;
    return ++last;
}

constexpr algorithm with_context[] = {algorithm::rs256, algorithm::rs384, algorithm::rs512, algorithm::ps256, algorithm::ps384,
                                      algorithm::ps512, algorithm::es256, algorithm::es384, algorithm::es512};

} // namespace

TEST_CASE("signature: HMACs are those of RFC 4231")
{
    auto const text = "what do ya want for nothing?";
    struct
    {
        algorithm alg;
        char const* mac;
    } const rows[] = {
        {algorithm::hs256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {algorithm::hs384, "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649"},
        {algorithm::hs512, "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fd"
                           "caeab1a34d4a6b4b636e070a38bce737"},
    };
    for (auto const& row : rows) {
        CAPTURE(name_of(row.alg));
        auto const mac = make_hmac(row.alg, "Jefe", text);
        REQUIRE(mac);
        CHECK(hex_encode(*mac) == row.mac);
        auto const serial = next_serial();
        CHECK(check_hmac(row.alg, "Jefe", serial, text, *mac));
        CHECK_MESSAGE(check_hmac(row.alg, "Jefe", serial, text, *mac), "by the context that is ready now");
        CHECK_FALSE(check_hmac(row.alg, "Jefe", serial, "what do ya want", *mac));
        CHECK_FALSE(check_hmac(row.alg, "Jefe", serial, text, mac->substr(1)));
        CHECK_FALSE(check_hmac(row.alg, "Jefe", serial, text, *mac + "x"));
        CHECK_FALSE(check_hmac(row.alg, "Jefe", serial, text, ""));
        CHECK_FALSE(check_hmac(row.alg, "jefe", next_serial(), text, *mac));
    }
}

TEST_CASE("signature: Ed25519 is that of RFC 8032 section 7.1")
{
    struct
    {
        char const* key;
        char const* text;
        char const* signature;
    } const rows[] = {
        {"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a"
         "100b"},
        {"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb"
         "0c00"},
    };
    for (auto const& row : rows) {
        auto const key = bytes(row.key);
        auto const text = bytes(row.text);
        auto const signature = bytes(row.signature);
        CHECK(check_ed25519(key, text, signature));
        CHECK_FALSE(check_ed25519(key, text + "x", signature));
        for (std::size_t at = 0; at < signature.size(); ++at) {
            auto changed = signature;
            changed[at] = static_cast<char>(changed[at] ^ 1);
            CHECK_FALSE(check_ed25519(key, text, changed));
        }
    }
}

TEST_CASE("signature: what a key signed it knows, and nothing that was changed")
{
    for (auto const alg : with_context) {
        CAPTURE(name_of(alg));
        auto* const key = test_key(alg).private_key().get();
        auto const serial = next_serial();
        auto const signature = make_signature(alg, key, "the text");
        REQUIRE(signature);
        CHECK(check_signature(alg, key, serial, "the text", *signature));
        CHECK_FALSE(check_signature(alg, key, serial, "the texT", *signature));
        CHECK_FALSE(check_signature(alg, key, serial, "", *signature));
        for (auto const at : {std::size_t{0}, signature->size() / 2, signature->size() - 1}) {
            auto changed = *signature;
            changed[at] = static_cast<char>(changed[at] ^ 0x80);
            CHECK_FALSE(check_signature(alg, key, serial, "the text", changed));
        }
        CHECK_MESSAGE(check_signature(alg, key, serial, "the text", *signature), "a refusal spoils nothing");
        if (coordinate_bytes(alg) != 0) CHECK(signature->size() == 2 * coordinate_bytes(alg));
    }
}

TEST_CASE("signature: r and s of any size come back whole, leading zeros and all")
{
    auto* const key = test_key(algorithm::es256).private_key().get();
    auto const serial = next_serial();
    bool short_r = false;
    for (int i = 0; i < 600; ++i) {
        auto const text = "text " + std::to_string(i);
        auto const signature = make_signature(algorithm::es256, key, text);
        REQUIRE(signature);
        REQUIRE(signature->size() == 64);
        short_r = short_r || signature->front() == '\0' || (*signature)[32] == '\0';
        REQUIRE(check_signature(algorithm::es256, key, serial, text, *signature));
    }
    CHECK_MESSAGE(short_r, "among six hundred there is one with a leading zero, but for one run in a hundred");
}

TEST_CASE("signature: keys that share a slot of a thread do not take each other's contexts")
{
    auto* const one = test_key(algorithm::es256).private_key().get();
    static auto const second = signing_key::generate(algorithm::es256).value();
    auto* const other = second.private_key().get();
    auto const by_one = *make_signature(algorithm::es256, one, "text");
    auto const by_other = *make_signature(algorithm::es256, other, "text");
    auto const serial = next_serial();
    for (int round = 0; round < 3; ++round) {
        CHECK(check_signature(algorithm::es256, one, serial, "text", by_one));
        CHECK(check_signature(algorithm::es256, other, serial + 64, "text", by_other));
        CHECK_FALSE(check_signature(algorithm::es256, one, serial, "text", by_other));
        CHECK_FALSE(check_signature(algorithm::es256, other, serial + 64, "text", by_one));
    }
}

TEST_CASE("signature: RSA with one padding is not RSA with the other, nor with another digest")
{
    auto* const key = test_key(algorithm::rs256).private_key().get();
    constexpr algorithm rsa[] = {algorithm::rs256, algorithm::rs384, algorithm::rs512,
                                 algorithm::ps256, algorithm::ps384, algorithm::ps512};
    for (auto const made : rsa)
        for (auto const checked : rsa) {
            CAPTURE(name_of(made));
            CAPTURE(name_of(checked));
            auto const signature = *make_signature(made, key, "text");
            CHECK(check_signature(checked, key, next_serial(), "text", signature) == (made == checked));
        }
}
