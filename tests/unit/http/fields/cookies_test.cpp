#include "gateway/http/fields/cookies.hpp"
#include "tests/unit/http/parsed.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::http;
using namespace std::string_literals;

namespace {

// The value, "-" for none, and how many where there are several.
std::string looked_up(std::string const& fields, std::string_view name = "yett")
{
    parsed const p{request("GET / HTTP/1.1", "Host: a\r\n" + fields)};
    CAPTURE(fields);
    REQUIRE(p.h.has_value());
    auto const found = find_cookies(*p.h, name);
    if (found.count == 0) return "-";
    return std::string{found.value} + (found.count > 1 ? " of " + std::to_string(found.count) : "");
}

std::vector<std::string_view> all_of(parsed const& p, std::size_t most = 8)
{
    return values_of_cookies(*p.h, "yett", most);
}

std::string in_cookie(std::string const& value)
{
    return looked_up("Cookie: " + value + "\r\n");
}

} // namespace

TEST_CASE("cookies: the one cookie of our name is found over all fields")
{
    CHECK(in_cookie("yett=abc") == "abc");
    CHECK(in_cookie("a=1; yett=abc; b=2") == "abc");
    CHECK(in_cookie("a=1;yett=abc;b=2") == "abc");
    CHECK(in_cookie("yett=") == "-");
    CHECK(in_cookie("yett=a=b==") == "a=b==");
    CHECK(looked_up("Cookie: a=1\r\nX: yett=no\r\ncookie: yett=abc\r\n") == "abc");
    CHECK(looked_up("") == "-");
    CHECK(in_cookie("a=1") == "-");
    CHECK(in_cookie("") == "-");
    CHECK(in_cookie("===;;;") == "-");
    CHECK(looked_up("Cookie: __Host-yett_rt=1; yett_rt=2\r\n", "__Host-yett_rt") == "1");
}

TEST_CASE("cookies: several of our name are counted, and the first is shown")
{
    CHECK(in_cookie("yett=a; yett=b") == "a of 2");
    CHECK(in_cookie("yett=a; yett=a") == "a of 2");
    CHECK(in_cookie("yett=a; yett=\"b\"") == "a of 2");
    CHECK(looked_up("Cookie: yett=a\r\nCookie: x=1; yett=b\r\n") == "a of 2");
}

TEST_CASE("cookies: an empty one stands beside another as if it were not there (sibling)")
{
    CHECK(in_cookie("yett=a; yett=") == "a");
    CHECK(in_cookie("yett=; yett=a; yett=") == "a");
}

TEST_CASE("cookies: whoever has to choose gets each value once, and not too many (sibling)")
{
    parsed const p{request("GET / HTTP/1.1", "Host: a\r\nCookie: yett=a; x=1; yett=b; yett=a; yett=\r\nCookie: yett=c\r\n")};
    REQUIRE(p.h.has_value());
    CHECK(all_of(p) == std::vector<std::string_view>{"a", "b", "c"});
    CHECK(all_of(p, 2) == std::vector<std::string_view>{"a", "b"});
}

TEST_CASE("cookies: nameless cookies, $Version and look-alikes are not ours")
{
    for (auto const* value : {"=yett", "=yett=evil", "yett", "YETT=evil", "Yett=evil", "yett =evil", "yett\t=evil",
                              "$Version=1; $yett=evil", "xyett=evil", "yettx=evil", "\"yett\"=evil", "__Host-yett=evil",
                              "ye tt=evil", "a=yett=evil", "a=b yett=evil", "a=b,yett=evil", "yet%74=evil", "a=; =yett=evil"})
        CHECK_MESSAGE(in_cookie(value) == "-", value);
    CHECK(in_cookie("$Version=1; yett=abc; $Path=/") == "abc");
    CHECK(in_cookie("=yett=evil; yett=abc") == "abc");
}

TEST_CASE("cookies: a value comes as it is; who uses it finds out what it is worth")
{
    CHECK(in_cookie("yett=\"abc\"") == "\"abc\"");
    CHECK(in_cookie("yett=a b") == "a b");
    CHECK(in_cookie("yett=a\"b") == "a\"b");
    CHECK(in_cookie("yett=caf\xc3\xa9") == "caf\xc3\xa9");
}

TEST_CASE("cookies: a torn quote of a sibling keeps nobody out")
{
    CHECK(in_cookie("x=\"; yett=abc; y=\"") == "abc");
    CHECK(in_cookie("a=\"; yett=abc") == "abc");
    CHECK(in_cookie("yett=abc; a=\"x") == "abc");
    CHECK(in_cookie("a=\"x\"; yett=abc") == "abc");
    CHECK(in_cookie("a=\"x; b=y\"") == "-");
}

TEST_CASE("cookies: a backslash or a quote inside a sibling's value changes nothing (sibling)")
{
    CHECK(in_cookie("a=\\\"; yett=abc; b=x\\") == "abc");
    CHECK(in_cookie("a=x\"y; yett=abc") == "abc");
}

TEST_CASE("cookies: ours are taken out for forwarding, however they are spelled")
{
    std::string const names[] = {"yett", "__Host-yett_rt"};
    auto const cookies_without = [&names](std::string_view value) {
        std::string kept;
        append_cookies_without(value, names, kept);
        return kept;
    };
    CHECK(cookies_without("a=1; yett=x; b=2") == "a=1; b=2");
    CHECK(cookies_without("yett=x").empty());
    CHECK(cookies_without("YETT=x;  yett =y; yett; __host-YETT_rt=z;a=1") == "a=1");
    CHECK(cookies_without("a=1;b=2;;c") == "a=1; b=2; c");
    CHECK(cookies_without("a=yett; xyett=1") == "a=yett; xyett=1");
    CHECK(cookies_without("").empty());
}

TEST_CASE("cookies: what browsers would send back under our name is seen in Set-Cookie")
{
    std::string const names[] = {"yett", "__Host-yett_rt"};
    for (auto const* value : {"yett=x", "yett=x; Path=/", "YETT=x", " yett =x", "yett", "yett; Path=/", "=yett=x", "==yett=x",
                              "= yett=x", "\t=\tyett=x", "__host-yett_rt=; Max-Age=0", "=__Host-yett_rt=evil; Secure"})
        CHECK_MESSAGE(sets_one_of(value, names), value);
    for (auto const* value : {"", "=", ";", "a=yett", "a=1; yett=x", "xyett=1", "yettx=1", "yett_rt=1", "\"yett\"=x",
                              "a b yett=x", "$yett=x", "=a=yett"})
        CHECK_MESSAGE(!sets_one_of(value, names), value);
}

TEST_CASE("cookies: a cookie is written with its attributes, and deleted with the same")
{
    set_cookie c{.name = "__Host-yett_rt", .value = "yr1_abc"};
    CHECK(format(c).value() == "__Host-yett_rt=yr1_abc; Path=/; Secure; HttpOnly; SameSite=Lax");
    c.max_age = seconds{3600};
    c.same_site = same_site::strict;
    CHECK(format(c).value() == "__Host-yett_rt=yr1_abc; Path=/; Max-Age=3600; Secure; HttpOnly; SameSite=Strict");
    CHECK(format_deletion(c).value() == "__Host-yett_rt=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict");

    set_cookie const d{.name = "yett",
                       .value = "x",
                       .path = "/auth",
                       .domain = "yett.test",
                       .max_age = seconds{-5},
                       .secure = false,
                       .http_only = false};
    CHECK(format(d).value() == "yett=x; Path=/auth; Domain=yett.test; Max-Age=0; SameSite=Lax");
    set_cookie const e{.name = "yett", .value = "x", .same_site = same_site::none};
    CHECK(format(e).value() == "yett=x; Path=/; Secure; HttpOnly; SameSite=None");
}

TEST_CASE("cookies: no part of a cookie can break out of its place")
{
    set_cookie const good{.name = "yett", .value = "x"};
    auto const refused = [](set_cookie const& c) {
        return format(c).has_error() && format(c).error().from() == origin::ourselves;
    };
    CHECK_FALSE(refused(good));
    for (auto const* text : {"a;b", "a b", "a\r\nb", "a,b", "\"a\"", "a\\b", "caf\xc3\xa9", "a\tb"}) {
        auto c = good;
        c.value = text;
        CHECK_MESSAGE(refused(c), text);
        c = good;
        c.name = text;
        CHECK_MESSAGE(refused(c), text);
    }
    for (auto const* text : {"", "a", "/a;Domain=evil", "/a b", "/a\r\nb"}) {
        auto c = good;
        c.path = text;
        CHECK_MESSAGE(refused(c), text);
    }
    for (auto const* text : {"a;b", "a b", "a\r\nb", "a/b", "a:1"}) {
        auto c = good;
        c.domain = text;
        CHECK_MESSAGE(refused(c), text);
    }
    auto c = good;
    c.name = "";
    CHECK(refused(c));
    std::string const large(5000, 'a');
    c = good;
    c.value = large;
    CHECK(refused(c));
}

TEST_CASE("cookies: a name's prefix has to keep its promise")
{
    auto const works = [](set_cookie const& c) { return format(c).has_value(); };
    CHECK(works({.name = "__Host-a", .value = "x"}));
    CHECK_FALSE(works({.name = "__Host-a", .value = "x", .path = "/auth"}));
    CHECK_FALSE(works({.name = "__Host-a", .value = "x", .domain = "yett.test"}));
    CHECK_FALSE(works({.name = "__Host-a", .value = "x", .secure = false}));
    CHECK(works({.name = "__Secure-a", .value = "x", .path = "/auth", .domain = "yett.test"}));
    CHECK_FALSE(works({.name = "__Secure-a", .value = "x", .secure = false}));
    CHECK_FALSE(works({.name = "a", .value = "x", .secure = false, .same_site = same_site::none}));
}
