#include "tests/unit/http/parsed.hpp"

#include <doctest/doctest.h>

#include <random>
#include <utility>

using namespace yett;
using namespace yett::http;
using namespace std::string_literals;

namespace {

struct spelled
{
    bool accepted = false;
    errc why = errc::internal;
    std::string path;
    std::string query;
    std::string host;
    bool has_query = false;
    bool encoded_slash = false;
};

spelled spell(std::string const& raw, std::string const& host = "yett.test", std::string const& word = "GET")
{
    parsed const p{request(word + " " + raw + " HTTP/1.1", "Host: " + host + "\r\n")};
    CAPTURE(raw);
    REQUIRE(p.h.has_value());
    auto const t = target::from(*p.h);
    if (!t) return {.why = t.error().code(), .path = {}, .query = {}, .host = {}};
    return {true,           errc::internal,        std::string{t->path()}, std::string{t->query()}, std::string{t->host()},
            t->has_query(), t->has_encoded_slash()};
}

} // namespace

TEST_CASE("target: each path has one spelling")
{
    for (auto const& [raw, path] : {std::pair{"/", "/"},
                                    {"/a/b.c", "/a/b.c"},
                                    {"/a/", "/a/"},
                                    {"/%41%7a%2D%2e%5f%7E", "/Az-._~"},
                                    {"/caf%c3%a9", "/caf%C3%A9"},
                                    {"/a%20b", "/a%20b"},
                                    {"/./a", "/a"},
                                    {"/a/./b", "/a/b"},
                                    {"/a/../b", "/b"},
                                    {"/a/b/..", "/a/"},
                                    {"/a/b/.", "/a/b/"},
                                    {"/..", "/"},
                                    {"/.", "/"},
                                    {"/../../a", "/a"},
                                    {"/a/b/../../..", "/"},
                                    {"/%2e%2e/a", "/a"},
                                    {"/a/%2E./b", "/b"},
                                    {"/a/.%2e", "/"},
                                    {"/...", "/..."},
                                    {"/.a", "/.a"},
                                    {"/a./..b", "/a./..b"},
                                    {"/a/.../b", "/a/.../b"},
                                    {"/.well-known/x", "/.well-known/x"},
                                    {"/a|b", "/a%7Cb"},
                                    {"/[x]", "/%5Bx%5D"},
                                    {"/%5bx%5d", "/%5Bx%5D"},
                                    {"/{x}^`<>\"", "/%7Bx%7D%5E%60%3C%3E%22"},
                                    {"/!$&'()*+,=:@-_~", "/!$&'()*+,=:@-_~"},
                                    {"/100%25", "/100%25"},
                                    {"/%25zz", "/%25zz"},
                                    {"/a%3fb", "/a%3Fb"},
                                    {"/%3B", "/%3B"},
                                    {"/a%E9b", "/a%E9b"},
                                    {"/%e2%82%ac", "/%E2%82%AC"},
                                    {"/%f0%9f%98%80", "/%F0%9F%98%80"},
                                    {"/a/b/c/../../d/./e/..", "/a/d/"}}) {
        auto const s = spell(raw);
        CAPTURE(raw);
        REQUIRE(s.accepted);
        CHECK(s.path == path);
        CHECK_FALSE(s.has_query);
        CHECK(spell(s.path).path == s.path);
    }
}

TEST_CASE("target: what no reader can be trusted with is refused")
{
    for (auto const* raw : {"/a\\b",         "/%00",
                            "/a%00b",        "/%01",
                            "/%0a",          "/%0D%0a",
                            "/%1f",          "/%7f",
                            "/%7F",          "/%",
                            "/%4",           "/%4g",
                            "/%g4",          "/%%41",
                            "/a%",           "/a%2",
                            "/%%34%31",      "/%2%35f",
                            "/a#b",          "/#",
                            "/%u0041",       "/%c0%af",
                            "/%c1%9c",       "/%C0%AE%C0%AE/",
                            "/%e0%80%af",    "/%f0%80%80%af",
                            "/..%2fa",       "/a/..%2f",
                            "/a/.%2f",       "/%2e%2e%2fa",
                            "/a%2f..",       "/a%2F../b",
                            "/a%2f.",        "/a%2f%2e%2e",
                            "/a%2f./b",      "/a/.%2E%2F",
                            "/\xff",         "/\xc0\xaf",
                            "/\xc3",         "/\xe0\x80\xaf",
                            "/\xed\xa0\x80", "/\xf4\x90\x80\x80",
                            "/\xc2\x85",     "/a\xc3/b",
                            "/\x80",         "/\xf8\x88\x80\x80\x80"}) {
        auto const s = spell(raw);
        CHECK_MESSAGE(!s.accepted, raw);
        CHECK(s.why == errc::uri_rejected);
    }
}

TEST_CASE("target: what servers read in different ways is told")
{
    struct
    {
        char const* raw;
        std::vector<doubt> doubts;
    } const rows[] = {
        {"/a/b.c-d_e~f", {}},
        {"/.well-known/x", {}},
        {"/a%2Fb", {}},
        {"/a:b@c", {}},
        {"/100%25", {}},
        {"/%25zz", {}},
        {"/a%3Db", {}},
        {"/a//b", {doubt::empty_segment}},
        {"//", {doubt::empty_segment}},
        {"/a;b", {doubt::parameter}},
        {"/;", {doubt::parameter}},
        {"/a/%5cb", {doubt::backslash}},
        {"/caf\xc3\xa9", {doubt::raw_bytes}},
        {"/\xf0\x9f\x98\x80", {doubt::raw_bytes}},
        {"/%252f", {doubt::double_escape}},
        {"/%25%34%31", {doubt::double_escape}},
        {"/%2525", {doubt::double_escape}},
        {"/a.", {doubt::segment_end}},
        {"/a./b", {doubt::segment_end}},
        {"/a/...", {doubt::segment_end}},
        {"/a%20b", {doubt::segment_end}},
        {"/a%3bb", {doubt::segment_end}},
        {"/a%3Fb", {doubt::segment_end}},
        {"/a%23b", {doubt::segment_end}},
        {"/a.%2fb", {doubt::segment_end}},
        {"/a::$DATA", {doubt::stream}},
        {"/a%3A:b", {doubt::stream}},
        {"/a:%24b", {doubt::stream}},
        {"/a//b;c", {doubt::empty_segment, doubt::parameter}},
        {"/a//../b", {doubt::empty_segment}}, // though it is gone from the spelling
    };
    for (auto const& row : rows) {
        parsed const p{request("GET "s + row.raw + " HTTP/1.1")};
        CAPTURE(std::string{row.raw});
        REQUIRE(p.h.has_value());
        auto const t = target::from(*p.h);
        REQUIRE(t.has_value());
        path_doubts expected;
        for (auto const each : row.doubts) expected.add(each);
        for (auto const each : {doubt::double_escape, doubt::segment_end, doubt::stream, doubt::empty_segment, doubt::parameter,
                                doubt::backslash, doubt::raw_bytes})
            CHECK(t->doubts().has(each) == expected.has(each));
    }
}

TEST_CASE("target: a path in doubt is forwarded byte for byte, any other in its one spelling")
{
    for (auto const& [raw, forwarded] : {std::pair{"/wiki/100%25Deal", "/wiki/100%25Deal"},
                                         {"//api/v1/info", "//api/v1/info"},
                                         {"/a%5cb", "/a%5cb"},
                                         {"/%7ea;b", "/%7ea;b"},
                                         {"/caf\xc3\xa9", "/caf\xc3\xa9"},
                                         {"/caf%c3%a9/a%20b", "/caf%c3%a9/a%20b"},
                                         {"/%7ea", "/~a"},
                                         {"/caf%c3%a9", "/caf%C3%A9"},
                                         {"/x/../a;b", "/a;b"},
                                         {"/x//../%7ea", "/x/~a"}}) {
        parsed const p{request("GET "s + raw + "?q HTTP/1.1")};
        CAPTURE(raw);
        REQUIRE(p.h.has_value());
        auto made = target::from(*p.h);
        REQUIRE(made.has_value());
        target const moved{std::move(*made)};
        CHECK(moved.path_to_forward() == forwarded);
    }
}

TEST_CASE("target: bytes beyond ASCII in a query are escaped")
{
    for (auto const& [raw, query] : {std::pair{"/a?q=caf\xc3\xa9", "q=caf%C3%A9"},
                                     {"/a?\xff\x80", "%FF%80"},
                                     {"/a?%c3\xa9&\xe2\x82\xac=1", "%c3%A9&%E2%82%AC=1"},
                                     {"http://yett.test?\xe9", "%E9"},
                                     {"/a?x=%41", "x=%41"}}) {
        auto const s = spell(raw);
        CAPTURE(raw);
        REQUIRE(s.accepted);
        CHECK(s.query == query);
        CHECK(s.has_query);
    }
}

TEST_CASE("target: HTTP/1.0 without Host has none, unless the target names it")
{
    parsed const p{request("GET /a HTTP/1.0", "")};
    REQUIRE(p.h.has_value());
    auto const t = target::from(*p.h);
    REQUIRE(t.has_value());
    CHECK(t->host().empty());
    CHECK(t->path() == "/a");
    parsed const named{request("GET http://Yett.test:81/a HTTP/1.0", "")};
    REQUIRE(named.h.has_value());
    CHECK(target::from(*named.h)->host() == "yett.test");
}

TEST_CASE("target: an encoded slash stays encoded and is told")
{
    CHECK(spell("/a%2fb").path == "/a%2Fb");
    CHECK(spell("/a%2fb").encoded_slash);
    CHECK(spell("/a%2Fb/%41").encoded_slash);
    CHECK(spell("/a%2Fb%2F..c").encoded_slash);
    CHECK_FALSE(spell("/a/b?c=%2f").encoded_slash);
    CHECK_FALSE(spell("/a%2Fb/../c").encoded_slash);
}

TEST_CASE("target: the query is kept as sent")
{
    auto const s = spell("/a?x=%41&y=//../;%zz?|");
    REQUIRE(s.accepted);
    CHECK(s.path == "/a");
    CHECK(s.has_query);
    CHECK(s.query == "x=%41&y=//../;%zz?|");
    CHECK(spell("/a?").has_query);
    CHECK(spell("/a?").query.empty());
    CHECK_FALSE(spell("/a").has_query);
    CHECK_FALSE(spell("/a?b#c").accepted);
    CHECK(spell("/%41?%41").query == "%41");
}

TEST_CASE("target: the host is lower case without port and trailing dot")
{
    for (auto const& [sent, host] : {std::pair{"yett.test", "yett.test"},
                                     {"YETT.Test:8443", "yett.test"},
                                     {"yett.test.", "yett.test"},
                                     {"Yett.Test.:80", "yett.test"},
                                     {"[::1]:8443", "[::1]"},
                                     {"[2001:DB8::A]", "[2001:db8::a]"},
                                     {"10.0.0.1:1", "10.0.0.1"},
                                     {"A-very-long-name-that-does-not-fit-into-a-short-string.example",
                                      "a-very-long-name-that-does-not-fit-into-a-short-string.example"}})
        CHECK(spell("/", sent).host == host);
}

TEST_CASE("target: an absolute target gives path and host")
{
    auto const s = spell("http://Yett.test:80/%41/../b?q=1", "yett.test");
    REQUIRE(s.accepted);
    CHECK(s.path == "/b");
    CHECK(s.query == "q=1");
    CHECK(s.host == "yett.test");
    CHECK(spell("http://yett.test").path == "/");
    CHECK(spell("http://yett.test?a").path == "/");
    CHECK(spell("http://yett.test?a").query == "a");
    CHECK_FALSE(spell("http://yett.test#a").accepted);
    CHECK(spell("http://yett.test//a").path == "//a");
    CHECK(spell("http://yett.test", "yett.test", "OPTIONS").path == "*");
    CHECK(spell("http://yett.test?a", "yett.test", "OPTIONS").path == "/");
}

TEST_CASE("target: OPTIONS * keeps its asterisk")
{
    CHECK(spell("*", "yett.test", "OPTIONS").path == "*");
}

TEST_CASE("target: a canonical target is not copied, and any target survives being moved")
{
    parsed const plain{request("GET /a/b?c HTTP/1.1")};
    auto const t = target::from(*plain.h);
    REQUIRE(t.has_value());
    CHECK(t->path().data() == plain.h->raw_target().data());
    CHECK(t->host().data() == plain.h->host().data());

    for (std::string const tail : {"", "-and-so-on-until-no-short-string-can-hold-it"}) {
        parsed const odd{request("GET /%41" + tail + "?q HTTP/1.1", "Host: A" + tail + "\r\n")};
        auto made = target::from(*odd.h);
        REQUIRE(made.has_value());
        auto first = std::make_unique<target>(std::move(*made));
        target second{std::move(*first)};
        first.reset();
        CHECK(second.path() == "/A" + tail);
        CHECK(second.host() == "a" + tail);
        CHECK(second.query() == "q");
        parsed const other{request("GET /x HTTP/1.1")};
        auto third = target::from(*other.h);
        *third = std::move(second);
        CHECK(third->path() == "/A" + tail);
        CHECK(third->host() == "a" + tail);
        CHECK(third->has_query());
    }
}

TEST_CASE("target: normalising twice is normalising once, on random paths")
{
    constexpr std::string_view pieces[] = {"/", "/", ".", "..",     "%2e", "%2F", "%2f", "%41", "a",   "B", "~", "%25",
                                           "%", "2", "e", "%c3%a9", "|",   "*",   "@",   "%20", "%5B", "[", "-"};
    std::mt19937 random{20240601};
    std::size_t accepted = 0;
    for (int round = 0; round < 20000; ++round) {
        std::string raw = "/";
        for (auto n = random() % 12; n > 0; --n) raw += pieces[random() % std::size(pieces)];
        auto const once = spell(raw);
        if (!once.accepted) continue;
        ++accepted;
        auto const twice = spell(once.path);
        CAPTURE(raw);
        REQUIRE(twice.accepted);
        REQUIRE(twice.path == once.path);
        REQUIRE(twice.encoded_slash == once.encoded_slash);
        // No dot segment is left, decoded or not.
        auto const framed = once.path + "/";
        REQUIRE(framed.find("/./") == std::string::npos);
        REQUIRE(framed.find("/../") == std::string::npos);
        if (raw.find("//") == raw.npos)
            REQUIRE(framed.find("//") == (once.path.ends_with('/') ? once.path.size() - 1 : std::string::npos));
    }
    CHECK(accepted > 2000);
}
