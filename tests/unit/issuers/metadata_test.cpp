#include "gateway/issuers/metadata.hpp"

#include <doctest/doctest.h>

namespace yett::issuers {

TEST_CASE("metadata: are where the issuer is, one slash or none at its end")
{
    CHECK(metadata_url("https://idp.example") == "https://idp.example/.well-known/openid-configuration");
    CHECK(metadata_url("https://idp.example/") == "https://idp.example/.well-known/openid-configuration");
    CHECK(metadata_url("https://idp.example/realms/one") == "https://idp.example/realms/one/.well-known/openid-configuration");
}

TEST_CASE("metadata: name the address of the keys, on whichever host")
{
    auto const found = key_address_in(R"({"issuer":"https://idp.example","jwks_uri":"https://keys.example/a?b","other":[1]})",
                                      "https://idp.example");
    REQUIRE(found.has_value());
    CHECK(*found == "https://keys.example/a?b");
}

TEST_CASE("metadata: of anybody else are refused")
{
    for (auto const* named : {R"("https://idp.example/")", R"("https://IDP.example")", R"("https://idp.example.evil")", R"("")",
                              "null", "7", R"(["https://idp.example"])"}) {
        CAPTURE(named);
        auto const found =
            key_address_in(std::string{R"({"jwks_uri":"https://k/","issuer":)"} + named + "}", "https://idp.example");
        REQUIRE_FALSE(found.has_value());
        CHECK(found.error().what == fetch_error::kind::wrong_issuer);
    }
}

TEST_CASE("metadata: that are no metadata are refused")
{
    auto const long_one = R"({"issuer":"i","jwks_uri":"https://k/)" + std::string(2048, 'a') + "\"}";
    for (std::string const text :
         {"", "<html>", "[]", R"({"issuer":"i"})", R"({"issuer":"i","jwks_uri":7})", R"({"issuer":"i","jwks_uri":""})",
          R"({"issuer":"i","jwks_uri":"https://k/\r\nx: y"})", R"({"issuer":"i","jwks_uri":"https://k/ a"})",
          R"({"issuer":"i","issuer":"i","jwks_uri":"https://k/"})",
          R"({"issuer":"i","jwks_uri":"https://k/"} )"
          "x",
          long_one.c_str()}) {
        CAPTURE(text);
        auto const found = key_address_in(text, "i");
        REQUIRE_FALSE(found.has_value());
        CHECK(found.error().what == fetch_error::kind::malformed);
    }
}

TEST_CASE("metadata: Cache-Control says how long a reply may be kept")
{
    struct row
    {
        std::string_view cache_control;
        std::string_view age;
        std::optional<seconds> life;
    };
    row const rows[] = {
        {"max-age=300", "", seconds{300}},
        {"public, MAX-AGE=300, must-revalidate", "", seconds{300}},
        {"max-age=\"300\"", "", seconds{300}},
        {" public ,max-age = 7 ", "", seconds{7}},
        {"max-age=300", "100", seconds{200}},
        {"max-age=300", "400", seconds{0}},
        {"max-age=300", "soon", seconds{300}},
        {"max-age=300, max-age=5", "", seconds{300}},
        {"max-age=300, no-store", "", seconds{0}},
        {"no-cache", "", seconds{0}},
        {"max-age=99999999999999999999", "", seconds{0x7fffffff}},
        {"max-age=4294967295", "", seconds{0x7fffffff}},
        {"", "", std::nullopt},
        {"public", "5", std::nullopt},
        {"max-age", "", std::nullopt},
        {"max-age=", "", std::nullopt},
        {"max-age=-1", "", std::nullopt},
        {"max-age=1.5", "", std::nullopt},
        {"s-maxage=5", "", std::nullopt},
        {",,,", "", std::nullopt},
    };
    for (auto const& [cache_control, age, life] : rows) {
        CAPTURE(cache_control);
        CHECK(lifetime_of(cache_control, age) == life);
    }
}

} // namespace yett::issuers
