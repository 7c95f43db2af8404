#include "gateway/pipeline/request/credential.hpp"

#include "gateway/pipeline/request/request_id.hpp"
#include "gateway/pipeline/request/same_origin.hpp"
#include "gateway/pipeline/request/session_cookies.hpp"
#include "tests/unit/http/parsed.hpp"
#include "tests/unit/pipeline/request/head_of.hpp"

using namespace yett;
using tests::read_head;

namespace {

result<std::string_view> bearer(read_head const& head)
{
    return pipeline::bearer_of(*head);
}

pipeline::auth_transport ways(bool header, bool cookie)
{
    pipeline::auth_transport transport;
    transport.access_in_header = header;
    transport.access_in_cookie = cookie;
    return transport;
}

// "header TOKEN", "header TOKEN, cookie TOKEN", "cookie TOKEN", "none", "!" for a refusal; with
// "several" where a choice is left.
std::string found_in(std::string const& fields, pipeline::auth_transport const& by)
{
    read_head const head{fields};
    auto const found = pipeline::credential_of(*head, by);
    if (!found) return found.error() == errc::credentials_disagree ? "!" : "malformed";
    using way = pipeline::credential::way;
    auto const token = std::string{found->token};
    auto const beside = found->in_cookie.empty() ? "" : ", cookie " + std::string{found->in_cookie};
    auto const several = std::string{found->several ? ", several" : ""};
    return found->by == way::none ? "none" : (found->by == way::header ? "header " : "cookie ") + token + beside + several;
}

} // namespace

TEST_CASE("credential: a token counts only on the ways that are configured")
{
    std::string const header = "Authorization: Bearer abc\r\n";
    std::string const cookie = "Cookie: a=1; __Host-yett_access=xyz\r\n";
    CHECK(found_in("", ways(true, true)) == "none");
    CHECK(found_in(header, ways(true, false)) == "header abc");
    CHECK(found_in(cookie, ways(true, false)) == "none");
    CHECK(found_in(header + cookie, ways(true, false)) == "header abc");
    CHECK(found_in(header, ways(false, true)) == "none");
    CHECK(found_in(cookie, ways(false, true)) == "cookie xyz");
    CHECK(found_in(header + cookie, ways(false, true)) == "cookie xyz");
    CHECK(found_in(header, ways(true, true)) == "header abc");
    CHECK(found_in(cookie, ways(true, true)) == "cookie xyz");
    CHECK(found_in(header + cookie, ways(true, true)) == "header abc, cookie xyz");
    CHECK(found_in(header + "Cookie: __Host-yett_access=abc\r\n", ways(true, true)) == "header abc");
    CHECK(found_in("Authorization: Basic YTpi\r\n" + cookie, ways(true, true)) == "cookie xyz");
    CHECK(found_in("Authorization: Bearer\r\n" + cookie, ways(true, true)) == "malformed");
}

TEST_CASE("credential: what only looks like our cookie is none, and of two of them a choice is left")
{
    auto const by = ways(false, true);
    for (auto const* value :
         {"yett_access=x", "__Secure-yett_access=x", "__host-yett_access=x", "=__Host-yett_access=x", "__Host-yett_access",
          "__Host-yett_access =x", "$Version=1; $__Host-yett_access=x", "\"__Host-yett_access\"=x",
          "__Host-yett_access=", "__Host-yett_refresh=x", "a=__Host-yett_access=x"})
        CHECK_MESSAGE(found_in("Cookie: " + std::string{value} + "\r\n", by) == "none", value);
    CHECK(found_in("Cookie: __Host-yett_access=x; __Host-yett_access=y\r\n", by) == "cookie x, several");
    CHECK(found_in("Cookie: __Host-yett_access=x\r\nCookie: __Host-yett_access=x\r\n", by) == "cookie x, several");
    CHECK(found_in("Cookie: __Host-yett_access=x; __Host-yett_access=\r\n", by) == "cookie x");
    CHECK(found_in("Cookie: a=\"; __Host-yett_access=x\r\n", by) == "cookie x");
    CHECK(found_in("Authorization: Bearer x\r\nCookie: __Host-yett_access=x; __Host-yett_access=y\r\n", ways(true, true)) ==
          "header x, several");
}

TEST_CASE("credential: what changes something or opens a WebSocket needs its origin proved")
{
    auto const needs = [](std::string const& line, std::string const& fields) {
        std::vector<std::string> const named{"QUERY", "PURGE"};
        http::framing::limits limits;
        limits.methods = named;
        http::parsed const p{http::request(line, "Host: a\r\nContent-Length: 0\r\n" + fields), limits};
        REQUIRE(p.h.has_value());
        return pipeline::needs_same_origin(*p.h);
    };
    for (auto const* method : {"POST", "PUT", "PATCH", "DELETE", "PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK",
                               "UNLOCK", "REPORT", "SEARCH", "QUERY", "PURGE"})
        CHECK_MESSAGE(needs(std::string{method} + " / HTTP/1.1", ""), method);
    for (auto const* method : {"GET", "HEAD", "OPTIONS"}) CHECK_MESSAGE(!needs(std::string{method} + " / HTTP/1.1", ""), method);
    CHECK(needs("GET / HTTP/1.1", "Upgrade: websocket\r\nConnection: Upgrade\r\n"));
    CHECK(needs("GET / HTTP/1.1", "Upgrade: h2c, WebSocket\r\n"));
}

TEST_CASE("credential: the scheme is compared without case and blanks are skipped")
{
    for (auto const* field :
         {"Authorization: Bearer abc.def", "authorization: bearer abc.def", "AUTHORIZATION: BEARER  abc.def"}) {
        read_head const head{std::string{field} + "\r\n"};
        CHECK_MESSAGE(bearer(head).value() == "abc.def", field);
    }
}

TEST_CASE("credential: another scheme or none is no credential")
{
    for (auto const* field : {"", "Authorization: Basic YTpi\r\n", "Authorization: Bearerabc\r\n", "Authorization: Digest x\r\n",
                              "Authorization:\r\n"}) {
        read_head const head{field};
        CHECK_MESSAGE(bearer(head).value().empty(), field);
    }
}

TEST_CASE("credential: a bearer scheme without one token is malformed")
{
    for (auto const* field :
         {"Authorization: Bearer", "Authorization: Bearer a b", "Authorization: Bearer a,b", "Authorization: bearer a\tb"}) {
        read_head const head{std::string{field} + "\r\n"};
        CHECK_MESSAGE(bearer(head).error() == errc::token_malformed, field);
    }
}

TEST_CASE("credential: two Authorization fields disagree, even when they are equal")
{
    read_head const different{"Authorization: Bearer a\r\nAuthorization: Bearer b\r\n"};
    read_head const equal{"Authorization: Bearer a\r\nAuthorization: Bearer a\r\n"};
    read_head const schemes{"Authorization: Basic YTpi\r\nAuthorization: Bearer a\r\n"};
    for (auto const* head : {&different, &equal, &schemes}) CHECK(bearer(*head).error() == errc::credentials_disagree);
}

TEST_CASE("same_origin: only our own pages may use the cookie")
{
    struct
    {
        char const* fields;
        bool https, allowed;
    } const cases[] = {
        {"Sec-Fetch-Site: same-origin\r\n", true, true},
        {"Sec-Fetch-Site: same-site\r\n", true, false},
        {"Sec-Fetch-Site: cross-site\r\n", true, false},
        {"Sec-Fetch-Site: none\r\n", true, false},
        {"Origin: https://app.example\r\n", true, true},
        {"Origin: https://APP.example\r\n", true, true},
        {"Origin: http://app.example\r\n", true, false},
        {"Origin: http://app.example\r\n", false, true},
        {"Origin: https://app.example.evil\r\n", true, false},
        {"Origin: https://evil\r\n", true, false},
        {"Origin: https://app.example:8443\r\n", true, false},
        {"Origin: null\r\n", true, false},
        {"Origin: https://app.example\r\nSec-Fetch-Site: cross-site\r\n", true, false},
        {"Origin: https://app.example\r\nOrigin: https://evil\r\n", true, false},
        {"Sec-Fetch-Site: same-origin\r\nSec-Fetch-Site: cross-site\r\n", true, false},
        {"Sec-Fetch-Site: same-origin, cross-site\r\n", true, false},
        {"Sec-Fetch-Site: Same-Origin\r\n", true, false},
        {"Sec-Fetch-Site:\r\n", true, false},
        {"Origin:\r\n", true, false},
        {"", true, false},
    };
    for (auto const& each : cases) {
        read_head const head{each.fields};
        auto const fine = pipeline::require_same_origin(*head, each.https);
        CHECK_MESSAGE(fine.has_value() == each.allowed, each.fields);
        if (!fine) CHECK(fine.error() == errc::csrf_rejected);
    }
}

TEST_CASE("same_origin: a program that says nothing of its origin may log in, a foreign page may not")
{
    read_head const nothing{""};
    CHECK(pipeline::refuse_foreign_origin(*nothing, true).has_value());
    for (auto const* fields : {"Sec-Fetch-Site: same-origin\r\n", "Origin: https://app.example\r\n"}) {
        read_head const ours{fields};
        CHECK_MESSAGE(pipeline::refuse_foreign_origin(*ours, true).has_value(), fields);
    }
    for (auto const* fields :
         {"Sec-Fetch-Site: cross-site\r\n", "Sec-Fetch-Site: same-site\r\n", "Origin: https://evil\r\n", "Origin: null\r\n"}) {
        read_head const foreign{fields};
        CHECK_MESSAGE(pipeline::refuse_foreign_origin(*foreign, true).error() == errc::csrf_rejected, fields);
    }
}

TEST_CASE("request_id: one from a trusted proxy is kept when it is sound")
{
    wall_time const now{milliseconds{1'700'000'000'000}};
    read_head const sound{"X-Request-Id: abc-1.2_3:4\r\n"};
    read_head const unsound{"X-Request-Id: abc\" onload\r\n"};
    read_head const longer{"X-Request-Id: " + std::string(129, 'a') + "\r\n"};
    CHECK(pipeline::request_id_of(*sound, true, now) == "abc-1.2_3:4");
    CHECK(pipeline::request_id_of(*sound, false, now) != "abc-1.2_3:4");
    CHECK(std::string_view{pipeline::request_id_of(*unsound, true, now)}.size() == 36);
    CHECK(std::string_view{pipeline::request_id_of(*longer, true, now)}.size() == 36);
}

TEST_CASE("credential: an API key counts in a field of its own, whatever else is configured")
{
    std::string const key = "X-Api-Key: yk1_abc\r\n";
    std::string const cookie = "Cookie: __Host-yett_access=xyz\r\n";
    CHECK(found_in(key, ways(true, false)) == "header yk1_abc");
    CHECK(found_in(key, ways(false, true)) == "header yk1_abc");
    CHECK(found_in("x-api-key: yk1_abc\r\n", ways(false, true)) == "header yk1_abc");
    CHECK(found_in("Authorization: Bearer yk1_abc\r\n", ways(true, false)) == "header yk1_abc");
    CHECK(found_in("Authorization: Bearer yk1_abc\r\n", ways(false, true)) == "none");
    CHECK(found_in(key + cookie, ways(true, true)) == "header yk1_abc, cookie xyz");
    CHECK(found_in(key + cookie, ways(true, false)) == "header yk1_abc");
    CHECK(found_in("Authorization: Basic YTpi\r\n" + key, ways(true, false)) == "header yk1_abc");
}

TEST_CASE("credential: what else stands in X-Api-Key is the application's business")
{
    for (std::string const value : {"abc", "", "YK1_abc", "abc yk1_abc", "yr1_abc"})
        CHECK_MESSAGE(found_in("X-Api-Key: " + value + "\r\n", ways(true, true)) == "none", value);
    CHECK(found_in("X-Api-Key: abc\r\nX-Api-Key: def\r\n", ways(true, true)) == "none");
    CHECK(found_in("X-Api-Key: abc\r\nAuthorization: Bearer xyz\r\n", ways(true, true)) == "header xyz");
}

TEST_CASE("credential: two keys, or a key beside another token, are refused")
{
    std::string const key = "X-Api-Key: yk1_abc\r\n";
    CHECK(found_in(key + key, ways(true, false)) == "!");
    CHECK(found_in(key + "X-Api-Key: def\r\n", ways(true, false)) == "!");
    CHECK(found_in("X-Api-Key: def\r\n" + key, ways(false, true)) == "!");
    CHECK(found_in(key + "Authorization: Bearer xyz\r\n", ways(true, false)) == "!");
    CHECK(found_in(key + "Authorization: Bearer yk1_abd\r\n", ways(true, false)) == "!");
    CHECK(found_in(key + "Authorization: Bearer yk1_abc\r\n", ways(true, false)) == "header yk1_abc");
}
