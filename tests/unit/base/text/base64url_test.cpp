#include "gateway/base/text/base64url.hpp"

#include <doctest/doctest.h>

using namespace yett;

TEST_CASE("base64url: the vectors of RFC 4648 without padding")
{
    for (auto const& [bytes, text] : {std::pair{"", ""},
                                      {"f", "Zg"},
                                      {"fo", "Zm8"},
                                      {"foo", "Zm9v"},
                                      {"foob", "Zm9vYg"},
                                      {"fooba", "Zm9vYmE"},
                                      {"foobar", "Zm9vYmFy"}}) {
        CHECK(base64url_encode(bytes) == text);
        CHECK(base64url_decode(text) == bytes);
    }
}

TEST_CASE("base64url: every value has exactly one spelling")
{
    for (auto const* text : {"Zh", "Zm9", "Zg==", "Z", "Z g", "Zm9v\n", "Zm+v", "Zm/v", "=", "Zm9vY"})
        CHECK_MESSAGE(!base64url_decode(text), text);
}

TEST_CASE("hex: round trip, and no odd or foreign digits")
{
    CHECK(hex_encode(std::string_view{"\x00\xff\x10", 3}) == "00ff10");
    CHECK(hex_decode("00FF10") == std::string{"\x00\xff\x10", 3});
    CHECK(!hex_decode("0"));
    CHECK(!hex_decode("0g"));
}
