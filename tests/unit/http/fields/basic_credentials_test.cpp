#include "gateway/http/fields/basic_credentials.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace yett::http;

TEST_CASE("basic_credentials: who and with what, up to the first colon and behind it")
{
    struct
    {
        char const* authorization;
        char const* user; // null: none
        char const* password;
    } const rows[] = {
        {"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin", "open sesame"}, // RFC 7617 section 2
        {"Basic dGVzdDoxMjPCow==", "test", "123\xc2\xa3"},                // section 2.1
        {"basic dTpw", "u", "p"},
        {"BASIC dTpw", "u", "p"},
        {"Basic   dTpw", "u", "p"},
        {"Basic\tdTpw", "u", "p"},
        {"Basic dTpw=", "u", "p"},
        {"Basic dTpwOnE=", "u", "p:q"},
        {"Basic dTpwOnE", "u", "p:q"},
        {"Basic OnA=", "", "p"},
        {"Basic dTo=", "u", ""},
        {"Basic Og==", "", ""},
        {"Basic dTrDv8O_", "u", "\xc3\xbf\xc3\xbf"},
        {"Basic dTrDv8O/", "u", "\xc3\xbf\xc3\xbf"},
        {"Basic dT pw", "u", "p"},
        {"Basic d!T@p#w", "u", "p"},
        {"Basic dXA=", nullptr, nullptr},
        {"Basic ", nullptr, nullptr},
        {"Basic", nullptr, nullptr},
        {"BasicdTpw", nullptr, nullptr},
        {"Bearer dTpw", nullptr, nullptr},
        {"Basic: dTpw", nullptr, nullptr},
        {"", nullptr, nullptr},
    };
    for (auto const& row : rows) {
        CAPTURE(row.authorization);
        auto const read = read_basic(row.authorization);
        CHECK(read.has_value() == (row.user != nullptr));
        if (!read || !row.user) continue;
        CHECK(read->user == row.user);
        CHECK(read->password == row.password);
    }
}

TEST_CASE("basic_credentials: base64 in both alphabets, and whatever else stands there is skipped")
{
    struct
    {
        char const* text;
        char const* bytes;
    } const rows[] = {
        {"", ""},
        {"Zg==", "f"},
        {"Zm8=", "fo"},
        {"Zm9v", "foo"},
        {"Zm9vYg==", "foob"},
        {"Zm9vYmE", "fooba"},
        {"Zm9vYmFy", "foobar"},
        {"Zg", "f"},
        {"Z", ""},
        {"Z m\n9\tv", "foo"},
        {"-_-_", "\xfb\xff\xbf"},
        {"+/+/", "\xfb\xff\xbf"},
        {"Zm9v====", "foo"},
        {"=Zm9v", "foo"},
    };
    for (auto const& row : rows) {
        CAPTURE(row.text);
        CHECK(decode_loosely(row.text) == row.bytes);
    }
}
