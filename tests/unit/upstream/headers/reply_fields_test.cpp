#include "gateway/upstream/headers/reply_fields.hpp"

#include "gateway/upstream/headers/header_plan.hpp"
#include "gateway/rewriting/prefix_change.hpp"
#include "gateway/upstream/headers/location_mapping.hpp"
#include "gateway/upstream/headers/reply_changes.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

using namespace yett;

namespace {

using pairs = std::vector<std::pair<std::string, std::string>>;

// "Name: value" a line, of what the client gets of these fields; `by` says what else they are judged by.
std::string told_by(pairs const& from_application, void (*by)(upstream::reply_rules&), std::vector<http::field> const& added = {},
                    upstream::location_mapping const* locations = nullptr, bool to_proxy = false, bool speaks_of_origins = false)
{
    upstream::header_options options;
    options.cookies = {"__Host-yett_access", "yett_access"};
    auto const plan = upstream::header_plan::from(options);
    REQUIRE(plan.has_value());
    std::array<http::field, 32> array;
    std::size_t count = 0;
    for (auto const& [name, value] : from_application) array[count++] = {name, value, http::known_named(name)};
    upstream::reply_rules rules{*plan, added, locations, to_proxy, speaks_of_origins};
    if (by) by(rules);
    auto const kept = upstream::fields_for_client(array, count, rules);
    REQUIRE(kept.has_value());
    std::string text;
    for (auto const& f : kept->fields) text.append(f.name).append(": ").append(f.value).append("\n");
    return text;
}

std::string told(pairs const& from_application, std::vector<http::field> const& added = {},
                 upstream::location_mapping const* locations = nullptr, bool to_proxy = false, bool speaks_of_origins = false)
{
    return told_by(from_application, nullptr, added, locations, to_proxy, speaks_of_origins);
}

void change_a_few(upstream::reply_rules& rules)
{
    static upstream::reply_changes const changes{
        {{{"X-Frame-Options", "DENY"}, {"cache-control", "public"}, {"Vary", "Cookie"}}, {"server", "X-Powered-By"}}};
    rules.changes = &changes;
}

void undo_prefixes(upstream::reply_rules& rules)
{
    static rewriting::prefix_change const prefixes{"/api", "/v1"};
    rules.prefixes = &prefixes;
}

} // namespace

TEST_CASE("reply_fields: an application cannot set a cookie of ours, in any spelling that a browser would send back")
{
    for (auto const* value : {"__Host-yett_access=evil; Path=/; Secure", "yett_access=evil", "YETT_ACCESS=evil",
                              "=yett_access=evil", " yett_access =evil", "yett_access=; Max-Age=0"})
        CHECK_MESSAGE(told({{"Set-Cookie", value}, {"X-Stays", "1"}}) == "X-Stays: 1\nVia: 1.1 yett\n", value);
    CHECK(told({{"set-cookie", "yett_access=evil"}, {"Set-Cookie", "a=1"}}) == "Set-Cookie: a=1\nVia: 1.1 yett\n");
    CHECK(told({{"Set-Cookie", "xyett_access=1"}}) == "Set-Cookie: xyett_access=1\nVia: 1.1 yett\n");
}

TEST_CASE("reply_fields: what Yett adds replaces the application's word, but cookies stand side by side")
{
    std::vector<http::field> const added{{"Set-Cookie", "yett_access=new", http::known::set_cookie},
                                         {"Cache-Control", "no-store", http::known::other}};
    pairs const reply{{"cache-control", "public, max-age=3600"},
                      {"Set-Cookie", "a=1"},
                      {"Set-Cookie", "yett_access=evil"},
                      {"X-Stays", "1"},
                      {"Cache-Control", "immutable"}};
    CHECK(told(reply, added) ==
          "Set-Cookie: a=1\nX-Stays: 1\nVia: 1.1 yett\nSet-Cookie: yett_access=new\nCache-Control: no-store\n");
    CHECK(told(reply) ==
          "cache-control: public, max-age=3600\nSet-Cookie: a=1\nX-Stays: 1\nCache-Control: immutable\nVia: 1.1 yett\n");
}

TEST_CASE("reply_fields: orders for a server in front end here, unless one is there to take them")
{
    for (auto const* name : {"X-Accel-Redirect", "x-accel-buffering", "X-Accel-Expires", "X-Sendfile", "X-LIGHTTPD-send-file",
                             "X-Reproxy-URL", "X_Accel_Redirect"}) {
        CAPTURE(name);
        CHECK(told({{name, "/internal/secret"}, {"X-Stays", "1"}}) == "X-Stays: 1\nVia: 1.1 yett\n");
        CHECK(told({{name, "v"}}, {}, nullptr, true) == std::string{name} + ": v\nVia: 1.1 yett\n");
    }
    CHECK(told({{"X-Accelerate", "1"}, {"X-Send", "1"}}) == "X-Accelerate: 1\nX-Send: 1\nVia: 1.1 yett\n");
}

TEST_CASE("reply_fields: addresses of the application become the client's, and nothing else changes")
{
    upstream::location_mapping const locations{{"http", "127.0.0.1:9000"}, "app.test:4443", {"https", "app.test:4443"}};
    CHECK(told({{"Location", "http://127.0.0.1:9000/a"},
                {"Link", "<http://127.0.0.1:9000/a>"},
                {"Content-Location", "http://app.test:4443/b"}},
               {}, &locations) ==
          "Location: https://app.test:4443/a\nLink: <http://127.0.0.1:9000/a>\nContent-Location: https://app.test:4443/b\n"
          "Via: 1.1 yett\n");
}

TEST_CASE("reply_fields: a reply that asks to sign in the connection is noticed")
{
    struct
    {
        char const* name;
        char const* value;
        bool asks;
    } const cases[] = {{"WWW-Authenticate", "NTLM", true},
                       {"www-authenticate", "Negotiate", true},
                       {"WWW-Authenticate", "Basic realm=\"a\", NTLM", true},
                       {"WWW-Authenticate", "Negotiate oYG2MIGz", true},
                       {"Proxy-Authenticate", "NTLM", true},
                       {"WWW-Authenticate", "Basic realm=\"NTLM\"", false},
                       {"WWW-Authenticate", "Bearer", false},
                       {"X-Authenticate", "NTLM", false}};
    auto const plan = *upstream::header_plan::from({});
    for (auto const& c : cases) {
        CAPTURE(c.value);
        std::array<http::field, 4> array{http::field{c.name, c.value, http::known_named(c.name)}};
        CHECK(upstream::fields_for_client(array, 1, {plan})->asks_to_sign_in_connection == c.asks);
    }
}

TEST_CASE("reply_fields: where a rule speaks of other sites, the application does not, and Vary stands side by side")
{
    std::vector<http::field> const ours{{"Access-Control-Allow-Origin", "https://spa.test", http::known::other},
                                        {"Vary", "Origin", http::known::other}};
    std::vector<http::field> const nobody{{"Vary", "Origin", http::known::other}};
    pairs const reply{{"Access-Control-Allow-Origin", "*"},
                      {"access-control-allow-credentials", "true"},
                      {"ACCESS-CONTROL-EXPOSE-HEADERS", "X-Secret"},
                      {"Access-Control-Allow-Private-Network", "true"},
                      {"Vary", "Accept-Encoding"},
                      {"X-Stays", "1"}};
    CHECK(told(reply, ours, nullptr, false, true) == "Vary: Accept-Encoding\nX-Stays: 1\nVia: 1.1 yett\n"
                                                     "Access-Control-Allow-Origin: https://spa.test\nVary: Origin\n");
    CHECK(told(reply, nobody, nullptr, false, true) == "Vary: Accept-Encoding\nX-Stays: 1\nVia: 1.1 yett\nVary: Origin\n");
    // Where no rule speaks of them, the application's word passes.
    CHECK(told({{"Access-Control-Allow-Origin", "*"}}) == "Access-Control-Allow-Origin: *\nVia: 1.1 yett\n");
}

TEST_CASE("reply_fields: what is added may be more than the array has room for")
{
    for (auto const many : {30u, 31u, 32u, 100u}) {
        std::vector<http::field> const added(many, {"Set-Cookie", "yett_access=; Max-Age=0", http::known::set_cookie});
        auto const text = told({{"X-Stays", "1"}}, added);
        CHECK(text.starts_with("X-Stays: 1\nVia: 1.1 yett\nSet-Cookie: "));
        CHECK(std::ranges::count(text, '\n') == static_cast<std::ptrdiff_t>(many) + 2);
    }
}

TEST_CASE("reply_fields: a rule removes fields and sets others in place of what came")
{
    CHECK(told_by({{"Server", "app/1"}, {"X-Stays", "1"}, {"x-powered-by", "x"}, {"x-frame-options", "ALLOW"}, {"VARY", "Accept"}},
                  change_a_few) ==
          "X-Stays: 1\nVia: 1.1 yett\nX-Frame-Options: DENY\ncache-control: public\nVary: Cookie\n");
    CHECK(told_by({}, change_a_few) == "Via: 1.1 yett\nX-Frame-Options: DENY\ncache-control: public\nVary: Cookie\n");
}

TEST_CASE("reply_fields: what Yett adds is its word, whatever a rule sets, and cookies stay")
{
    std::vector<http::field> const added{{"Set-Cookie", "yett_access=new", http::known::set_cookie},
                                         {"Cache-Control", "no-store", http::known::other},
                                         {"Vary", "Origin", http::known::other}};
    CHECK(told_by({{"Set-Cookie", "a=1"}, {"Cache-Control", "private"}, {"Vary", "Accept"}}, change_a_few, added) ==
          "Set-Cookie: a=1\nVia: 1.1 yett\nX-Frame-Options: DENY\nVary: Cookie\nSet-Cookie: yett_access=new\n"
          "Cache-Control: no-store\nVary: Origin\n");
}

TEST_CASE("reply_fields: what is set may be more than the array has room for")
{
    for (auto const many : {27u, 28u, 29u, 30u, 60u}) {
        std::vector<http::field> const added(many, {"Set-Cookie", "yett_access=; Max-Age=0", http::known::set_cookie});
        auto const text = told_by({{"X-Stays", "1"}, {"Server", "x"}}, change_a_few, added);
        CHECK(text.starts_with("X-Stays: 1\nVia: 1.1 yett\nX-Frame-Options: DENY\ncache-control: public\nVary: Cookie\nSet-Cookie: "));
        CHECK(std::ranges::count(text, '\n') == static_cast<std::ptrdiff_t>(many) + 5);
    }
}

TEST_CASE("reply_fields: the path of an application's cookie is the one that clients know")
{
    CHECK(told_by({{"Set-Cookie", "a=1; Path=/v1/x"}, {"set-cookie", "b=2; path=/; Secure"}, {"Set-Cookie", "c=3"}}, undo_prefixes) ==
          "Set-Cookie: a=1; Path=/api/x\nset-cookie: b=2; path=/api; Secure\nSet-Cookie: c=3\nVia: 1.1 yett\n");
    CHECK(told_by({{"Set-Cookie", "yett_access=evil; Path=/v1"}}, undo_prefixes) == "Via: 1.1 yett\n");
    CHECK(told({{"Set-Cookie", "a=1; Path=/v1/x"}}) == "Set-Cookie: a=1; Path=/v1/x\nVia: 1.1 yett\n");
}
