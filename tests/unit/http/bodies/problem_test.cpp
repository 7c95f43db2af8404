#include "gateway/http/bodies/problem.hpp"
#include "tests/unit/http/parsed.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

using namespace yett;
using namespace yett::http;
using namespace std::string_literals;

namespace {

std::string field_of(reply const& r, std::string_view name)
{
    for (auto const& [key, value] : r.fields)
        if (key == name) return value;
    return "-";
}

} // namespace

TEST_CASE("problem: every failure has its status and public code")
{
    struct
    {
        errc code;
        unsigned status;
        char const* name;
    } const cases[] = {
        {errc::no_such_route, 404, "no_such_route"},
        {errc::method_not_allowed, 405, "method_not_allowed"},
        {errc::not_implemented, 501, "not_implemented"},
        {errc::bad_request, 400, "bad_request"},
        {errc::header_too_large, 431, "header_too_large"},
        {errc::body_too_large, 413, "body_too_large"},
        {errc::uri_too_long, 414, "uri_too_long"},
        {errc::uri_rejected, 400, "uri_rejected"},
        {errc::misdirected_request, 421, "misdirected_request"},
        {errc::unsupported_media_type, 415, "unsupported_media_type"},
        {errc::unauthenticated, 401, "unauthenticated"},
        {errc::invalid_credentials, 401, "invalid_credentials"},
        {errc::email_not_verified, 403, "email_not_verified"},
        {errc::token_invalid, 400, "token_invalid"},
        {errc::refresh_reused, 401, "refresh_reused"},
        {errc::forbidden, 403, "forbidden"},
        {errc::recent_login_required, 401, "recent_login_required"},
        {errc::csrf_rejected, 403, "csrf_rejected"},
        {errc::email_taken, 409, "email_taken"},
        {errc::email_invalid, 400, "email_invalid"},
        {errc::password_weak, 400, "password_weak"},
        {errc::rate_limited, 429, "rate_limited"},
        {errc::overloaded, 503, "overloaded"},
        {errc::upstream_unavailable, 502, "upstream_unavailable"},
        {errc::upstream_timeout, 504, "upstream_timeout"},
        {errc::upstream_broken, 502, "upstream_unavailable"},
        {errc::storage_unavailable, 503, "storage_unavailable"},
        {errc::internal, 500, "internal"},
        {errc::token_malformed, 401, "unauthenticated"},
        {errc::token_untrusted, 401, "unauthenticated"},
        {errc::token_expired, 401, "unauthenticated"},
        {errc::token_not_yet_valid, 401, "unauthenticated"},
        {errc::token_wrong_issuer, 401, "unauthenticated"},
        {errc::token_wrong_audience, 401, "unauthenticated"},
        {errc::token_revoked, 401, "unauthenticated"},
        {errc::token_wrong_certificate, 401, "unauthenticated"},
        {errc::credentials_disagree, 401, "unauthenticated"},
        {errc::peer_closed, 400, "bad_request"},
        {errc::peer_broke_off, 400, "bad_request"},
        {errc::timed_out, 408, "bad_request"},
        {errc::stopping, 503, "overloaded"},
        {errc::not_found, 404, "no_such_route"},
        {errc::conflict, 409, "bad_request"},
        {errc::link_invalid, 400, "token_invalid"},
        {errc::link_expired, 400, "token_expired"},
    };
    for (auto const& c : cases) {
        auto const face = public_error_of(error{c.code});
        CAPTURE(c.name);
        CHECK(face.status == c.status);
        CHECK(face.code == c.name);
        CHECK_FALSE(face.title.empty());
    }
    // The list is closed: the last of the codes is the last of the cases.
    CHECK(std::size(cases) == static_cast<std::size_t>(errc::link_expired));
}

TEST_CASE("problem: who broke off or was slow decides the status")
{
    CHECK(public_error_of(upstream_error(errc::timed_out)).status == 504);
    CHECK(public_error_of(upstream_error(errc::timed_out)).code == "upstream_timeout");
    CHECK(public_error_of(our_error(errc::timed_out)).status == 503);
    CHECK(public_error_of(our_error(errc::timed_out)).code == "overloaded");
    CHECK(public_error_of(upstream_error(errc::peer_broke_off)).status == 502);
    CHECK(public_error_of(upstream_error(errc::peer_closed)).code == "upstream_unavailable");
}

TEST_CASE("problem: the reply is problem+json and says nothing but the code")
{
    auto const r = problem_reply(client_error(errc::token_revoked, "jti 42 was revoked"), {.request_id = "r-1"});
    CHECK(r.status == 401);
    CHECK(field_of(r, "Content-Type") == "application/problem+json");
    CHECK(field_of(r, "Cache-Control") == "no-store");
    CHECK(field_of(r, "WWW-Authenticate") == R"(Bearer realm="Yett")");
    CHECK(field_of(r, "Retry-After") == "-");
    CHECK(field_of(r, "Allow") == "-");
    auto const body = boost::json::parse(r.body).as_object();
    CHECK(body.at("type") == "about:blank");
    CHECK(body.at("title") == "Authentication required");
    CHECK(body.at("status") == 401);
    CHECK(body.at("code") == "unauthenticated");
    CHECK(body.at("request_id") == "r-1");
    CHECK(body.size() == 5);
}

TEST_CASE("problem: all reasons for which a credential fails give the same bytes")
{
    std::set<std::string> bodies;
    for (auto code : {errc::token_malformed, errc::token_untrusted, errc::token_expired, errc::token_not_yet_valid,
                      errc::token_wrong_issuer, errc::token_wrong_audience, errc::token_revoked, errc::credentials_disagree})
        bodies.insert(problem_reply(client_error(code, "why"), {.credential_sent = true}).body);
    CHECK(bodies.size() == 1);
}

TEST_CASE("problem: invalid_token is said only where a credential was sent")
{
    CHECK(field_of(problem_reply(errc::unauthenticated, {}), "WWW-Authenticate") == R"(Bearer realm="Yett")");
    CHECK(field_of(problem_reply(errc::token_expired, {.credential_sent = true}), "WWW-Authenticate") ==
          R"(Bearer realm="Yett", error="invalid_token")");
    CHECK(field_of(problem_reply(errc::recent_login_required, {.credential_sent = true}), "WWW-Authenticate") ==
          R"(Bearer realm="Yett", error="insufficient_user_authentication")");
    CHECK(field_of(problem_reply(errc::forbidden, {.credential_sent = true}), "WWW-Authenticate") == "-");
}

TEST_CASE("problem: a rule that takes keys as passwords asks for Basic, but not for a recent login")
{
    problem_context const basic{.credential_sent = true, .realm = "Shop", .basic = true};
    CHECK(field_of(problem_reply(errc::unauthenticated, basic), "WWW-Authenticate") == R"(Basic realm="Shop", charset="UTF-8")");
    CHECK(field_of(problem_reply(errc::recent_login_required, basic), "WWW-Authenticate") ==
          R"(Bearer realm="Shop", error="insufficient_user_authentication")");
    CHECK(field_of(problem_reply(errc::forbidden, basic), "WWW-Authenticate") == "-");
}

TEST_CASE("problem, sibling: a realm stays a quoted string, whatever the brand is")
{
    CHECK(field_of(problem_reply(errc::unauthenticated, {.realm = R"(A "B" \C)"}), "WWW-Authenticate") ==
          R"(Bearer realm="A \"B\" \\C")");
    CHECK(field_of(problem_reply(errc::unauthenticated, {.realm = "Caf\xc3\xa9\r\n"}), "WWW-Authenticate") ==
          R"(Bearer realm="Caf")");
}

TEST_CASE("problem: 429 and 503 say when to come back")
{
    CHECK(field_of(problem_reply(errc::rate_limited, {.retry_after = seconds{17}}), "Retry-After") == "17");
    CHECK(field_of(problem_reply(errc::rate_limited, {.retry_after = seconds{0}}), "Retry-After") == "1");
    CHECK(field_of(problem_reply(errc::overloaded, {}), "Retry-After") == "1");
    CHECK(field_of(problem_reply(errc::overloaded, {.retry_after = seconds{3}}), "Retry-After") == "3");
    CHECK(field_of(problem_reply(errc::upstream_unavailable, {.retry_after = seconds{3}}), "Retry-After") == "-");
}

TEST_CASE("problem: 405 says what is allowed")
{
    CHECK(field_of(problem_reply(errc::method_not_allowed, {}), "Allow") == "GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS");
    CHECK(field_of(problem_reply(errc::method_not_allowed, {.allow = "POST"}), "Allow") == "POST");
}

TEST_CASE("problem: wrong members are listed")
{
    field_error const errors[] = {{"email", "required", "is missing"}, {"roles", "unknown", "\"quoted\""}};
    auto const body = boost::json::parse(problem_reply(errc::bad_request, {.errors = errors}).body);
    REQUIRE(body.at("errors").as_array().size() == 2);
    CHECK(body.at("errors").at(0).at("field") == "email");
    CHECK(body.at("errors").at(0).at("code") == "required");
    CHECK(body.at("errors").at(1).at("message") == "\"quoted\"");
}

TEST_CASE("problem: token endpoints speak the words of RFC 6749, too")
{
    struct
    {
        errc code;
        char const* word;
    } const cases[] = {
        {errc::invalid_credentials, "invalid_grant"},
        {errc::refresh_reused, "invalid_grant"},
        {errc::token_invalid, "invalid_grant"},
        {errc::unauthenticated, "invalid_grant"},
        {errc::bad_request, "invalid_request"},
        {errc::unsupported_media_type, "invalid_request"},
        {errc::rate_limited, "temporarily_unavailable"},
        {errc::overloaded, "temporarily_unavailable"},
        {errc::internal, "server_error"},
    };
    for (auto const& c : cases) {
        auto const body = boost::json::parse(problem_reply(c.code, {.token_endpoint = true}).body);
        CHECK(body.at("error") == c.word);
        CHECK(body.at("error_description").is_string());
    }
    CHECK(!boost::json::parse(problem_reply(errc::bad_request, {}).body).as_object().contains("error"));
}

TEST_CASE("problem: a navigation that would rather have HTML prefers it")
{
    auto const prefers = [](std::string const& fields, std::string const& word = "GET") {
        parsed const p{request(word + " / HTTP/1.1", "Host: a\r\n" + fields)};
        REQUIRE(p.h.has_value());
        return prefers_html(*p.h);
    };
    CHECK(prefers("Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"));
    CHECK(prefers("Accept: text/html\r\nSec-Fetch-Mode: navigate\r\n"));
    CHECK(prefers("Accept: TEXT/HTML ; q=0.9, application/json;q=0.85\r\n", "HEAD"));
    CHECK_FALSE(prefers("Accept: text/html\r\nSec-Fetch-Mode: cors\r\n"));
    CHECK_FALSE(prefers("Accept: text/html\r\n", "POST"));
    CHECK_FALSE(prefers("Accept: text/html\r\nContent-Type: application/json\r\n", "POST"));
    CHECK(prefers("Accept: text/html\r\nContent-Type: application/x-www-form-urlencoded\r\n", "POST"));
    CHECK(prefers("Accept: text/html\r\nContent-Type: Application/X-WWW-Form-Urlencoded ; charset=utf-8\r\n", "POST"));
    CHECK_FALSE(prefers("Content-Type: application/x-www-form-urlencoded\r\n", "POST"));
    CHECK_FALSE(prefers("Accept: text/html\r\nContent-Type: application/x-www-form-urlencoded\r\n", "PUT"));
    CHECK_FALSE(prefers("Accept: */*\r\n"));
    CHECK_FALSE(prefers("Accept: application/json, text/html\r\n"));
    CHECK_FALSE(prefers("Accept: application/json, text/html;q=0.9\r\n"));
    CHECK_FALSE(prefers("Accept: text/html;q=0\r\n"));
    CHECK_FALSE(prefers("Accept: text/html;q=0.000\r\n"));
    CHECK_FALSE(prefers("Accept: text/html;q=x\r\n"));
    CHECK(prefers("Accept: text/html;q=1.0, application/json;q=0.999\r\n"));
    CHECK(prefers("Accept: text/html;q=0.001\r\n"));
    CHECK_FALSE(prefers("Accept:\r\n"));
    CHECK_FALSE(prefers(""));
}

TEST_CASE("problem: a program asks for JSON by its name, a browser and a scanner do not")
{
    auto const asks = [](std::string const& accept) {
        parsed const p{request("GET / HTTP/1.1", "Host: a\r\n" + accept)};
        REQUIRE(p.h.has_value());
        return asks_for_json(*p.h);
    };
    CHECK(asks("Accept: application/json\r\n"));
    CHECK(asks("Accept: application/json, text/plain, */*\r\n"));
    CHECK(asks("Accept: text/html;q=0.5, Application/JSON ; q=0.5\r\n"));
    CHECK_FALSE(asks("Accept: text/html, application/json;q=0.9\r\n"));
    CHECK_FALSE(asks("Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"));
    CHECK_FALSE(asks("Accept: application/json;q=0\r\n"));
    CHECK_FALSE(asks("Accept: application/*\r\n"));
    CHECK_FALSE(asks("Accept: */*\r\n"));
    CHECK_FALSE(asks(""));
}

TEST_CASE("problem: another version of WebSocket is told the one that is spoken")
{
    auto const r = problem_reply(errc::bad_request, {.another_websocket_version = true});
    CHECK(r.status == 426);
    CHECK(field_of(r, "Sec-WebSocket-Version") == "13");
    CHECK(field_of(r, "Upgrade") == "websocket");
}
