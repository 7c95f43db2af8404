#include "config/values/access_header.hpp"
#include "config/values/issuer_name.hpp"

#include "tests/support/print.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace yett::config;

TEST_CASE("issuer name: what ends where a subject begins")
{
    for (auto const& name : {std::string{"a"}, std::string{"idp.example"}, std::string{"shop_1-EU"}, std::string(64, 'n')}) {
        CAPTURE(name);
        auto const read = parse_issuer_name(name);
        REQUIRE(read);
        CHECK(*read == name);
    }
    for (auto const& name : {std::string{}, std::string{"a:b"}, std::string{"a b"}, std::string{"a/b"},
                             std::string{"b\xc3\xbcro"}, std::string(65, 'n'), std::string{"a|b"}, std::string{"a,b"}}) {
        CAPTURE(name);
        CHECK_FALSE(parse_issuer_name(name));
    }
}

TEST_CASE("issuer name: the host is one that nobody has to think of")
{
    struct
    {
        char const* iss;
        char const* name; // empty: none
    } const rows[] = {
        {"https://idp.example", "idp.example"},
        {"https://IDP.Example:8443/realms/shop", "idp.example"},
        {"https://idp.example/", "idp.example"},
        {"https://idp.example?x=1", "idp.example"},
        {"https://idp.example#x", "idp.example"},
        {"http://127.0.0.1:8080/", "127.0.0.1"},
        {"https://[::1]:8080/", ""},
        {"accounts.google.com", "accounts.google.com"},
        {"accounts.example/tenant", "accounts.example"},
        {"urn:example:issuer", ""},
        {"https:///path", ""},
        {"https://user@idp.example/", ""},
        {"", ""},
        {"/", ""},
    };
    for (auto const& row : rows) {
        CAPTURE(row.iss);
        CHECK(default_issuer_name(row.iss) == row.name);
    }
}

TEST_CASE("issuer name: names that look alike are the same, as far as ASCII goes")
{
    CHECK(folded_name("Shop-EU") == "shop-eu");
    CHECK(folded_name("shop") == folded_name("SHOP"));
    CHECK(folded_name("shop1") != folded_name("shopl"));
    CHECK(folded_name("") == "");
}

TEST_CASE("token type: a media type's subtype, or none")
{
    for (auto const* text : {"JWT", "at+jwt", "none", "application/at+jwt", "okta-internal-at+jwt", "vnd.a!b#c$d&e^f"})
        CHECK_MESSAGE(parse_token_type(text), text);
    for (auto const& text : {std::string{}, std::string{"a b"}, std::string{"a;b"}, std::string{"\"JWT\""}, std::string(65, 'a')})
        CHECK_MESSAGE(!parse_token_type(text), text);
}

TEST_CASE("access header: a name that means nothing yet may bring a token")
{
    for (auto const* name :
         {"X-Access-Token", "Token", "X-Auth", "x_token", "Auth-Token", "X-Request-Token", "Remote", "Acceptance"})
        CHECK_MESSAGE(may_bring_token(name), name);
}

TEST_CASE("access header: what HTTP, browsers or proxies read already may not, in any spelling")
{
    for (auto const* name : {"Authorization",
                             "authorization",
                             "Cookie",
                             "SET-COOKIE",
                             "Host",
                             "Origin",
                             "Referer",
                             "TE",
                             "Connection",
                             "Upgrade",
                             "Via",
                             "Proxy",
                             "Forwarded",
                             "X-Request-Id",
                             "X_Request_Id",
                             "x.request.id",
                             "X-Real-IP",
                             "X-Api-Key",
                             "User-Agent",
                             "Keep-Alive",
                             "Date",
                             "Expect",
                             "Trailer",
                             "Accept",
                             "X-Yett-User",
                             "x_yett_roles",
                             "X-Auth-Request-User",
                             "X-Forwarded-For",
                             "X-Forwarded-Token",
                             "X-Original-URL",
                             "X-Rewrite-URL",
                             "Remote-User",
                             "remote_user",
                             "Proxy-Authorization",
                             "Sec-Fetch-Site",
                             "Content-Type",
                             "Transfer-Encoding",
                             "Accept-Language",
                             "Access-Control-Request-Method"})
        CHECK_MESSAGE(!may_bring_token(name), name);
}
