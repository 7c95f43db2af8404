#include "gateway/pipeline/call/replies.hpp"

#include "gateway/pipeline/call/page_replies.hpp"
#include "gateway/pipeline/request/session_cookies.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace yett;

namespace {

constexpr wall_time noon{seconds{1'580'472'000}}; // 2020-01-31T12:00:00Z

std::string field(http::reply const& r, std::string_view name)
{
    std::string all;
    for (auto const& [key, value] : r.fields)
        if (key == name) all += (all.empty() ? "" : " | ") + value;
    return all;
}

accounts::profile ada()
{
    return {"u1", "ada@example.com", {"user", "admin"}, true, noon};
}

accounts::grant a_grant()
{
    accounts::grant g;
    g.user = ada();
    g.session = "s1";
    g.access_token = secret{std::string{"a.b.c"}};
    g.expires_in = seconds{900};
    g.refresh_token = secret{std::string{"yr1_secret"}};
    return g;
}

accounts::api_key a_key()
{
    accounts::api_key k;
    k.id = "k1";
    k.user_id = "u1";
    k.name = "ci \"main\"";
    k.hash = "never shown";
    k.scopes = {"read", "write"};
    k.created_at = noon;
    return k;
}

} // namespace

TEST_CASE("replies: each has its status, its bytes and nothing that may be kept")
{
    accounts::registered const made{"u1", "ada@example.com", false, true};
    struct
    {
        char const* situation;
        http::reply reply;
        unsigned status;
        char const* body;
    } const rows[] = {
        {"no content", pipeline::no_content(), 204, ""},
        {"accepted", pipeline::accepted(), 202, "{}"},
        {"registered", pipeline::registered_reply(made), 201, R"({"user_id":"u1","email":"ada@example.com","verified":false})"},
        {"verified", pipeline::verified_reply(ada()), 200, R"({"user_id":"u1","email":"ada@example.com","verified":true})"},
        {"a profile", pipeline::profile_reply(ada()), 200,
         R"({"id":"u1","email":"ada@example.com","roles":["user","admin"],"verified":true,"created_at":"2020-01-31T12:00:00Z"})"},
        {"no sessions", pipeline::sessions_reply({}), 200, R"({"sessions":[]})"},
        {"no keys", pipeline::api_keys_reply({}), 200, R"({"api_keys":[]})"},
    };
    for (auto const& row : rows) {
        CAPTURE(row.situation);
        CHECK(row.reply.status == row.status);
        CHECK(row.reply.body == row.body);
        CHECK(field(row.reply, "Cache-Control") == "no-store");
        CHECK(field(row.reply, "Content-Type") == (row.reply.body.empty() ? "" : "application/json"));
    }
}

TEST_CASE("replies: whether an account was made is not told")
{
    accounts::registered known{"made-up", "ada@example.com", false, false};
    accounts::registered fresh{"made-up", "ada@example.com", false, true};
    CHECK(pipeline::registered_reply(known).body == pipeline::registered_reply(fresh).body);
}

TEST_CASE("replies: a part of the sessions, and where the next one begins")
{
    accounts::signed_in one{"s1", {"192.0.2.7", "Firefox"}, noon, noon + seconds{60}, noon + seconds{3600}, true};
    accounts::signed_in other = one;
    other.id = "s2";
    other.current = false;
    auto const first = R"({"id":"s1","device":"Firefox","address":"192.0.2.7","created_at":"2020-01-31T12:00:00Z",)"
                       R"("last_seen":"2020-01-31T12:01:00Z","expires_at":"2020-01-31T13:00:00Z","current":true})";
    CHECK(pipeline::sessions_reply({{one}, ""}).body == std::string{R"({"sessions":[)"} + first + "]}");
    auto const two = pipeline::sessions_reply({{one, other}, "s2"}).body;
    CHECK(two.starts_with(std::string{R"({"sessions":[)"} + first + R"(,{"id":"s2")"));
    CHECK(two.ends_with(R"("current":false}],"next":"s2"})"));
}

TEST_CASE("replies: what is not known of a key is null, and its hash is never there")
{
    auto const kept = a_key();
    auto const shown = pipeline::api_keys_reply({{kept}, ""}).body;
    CHECK(shown == R"({"api_keys":[{"id":"k1","name":"ci \"main\"","scopes":["read","write"],"requests_per_minute":null,)"
                   R"("created_at":"2020-01-31T12:00:00Z","expires_at":null,"last_used":null}]})");
    auto used = kept;
    used.requests_per_minute = 60;
    used.expires_at = noon + seconds{86'400};
    used.last_used = noon + seconds{120};
    auto const more = pipeline::api_keys_reply({{used}, "k1"}).body;
    CHECK(more.find(R"("requests_per_minute":60,)") != std::string::npos);
    CHECK(more.find(R"("expires_at":"2020-02-01T12:00:00Z","last_used":"2020-01-31T12:02:00Z")") != std::string::npos);
    CHECK(more.ends_with(R"("next":"k1"})"));
    CHECK(more.find("never shown") == std::string::npos);
}

TEST_CASE("replies: a key is shown once, when it is made")
{
    auto const made = pipeline::new_api_key_reply({a_key(), secret{std::string{"yk1_text"}}});
    CHECK(made.status == 201);
    CHECK(made.body.ends_with(R"("last_used":null,"key":"yk1_text"})"));
    CHECK(pipeline::api_keys_reply({{a_key()}, ""}).body.find("yk1_text") == std::string::npos);
}

TEST_CASE("replies: a grant shows the tokens that travel in the body, and no others")
{
    auto const user = R"("user":{"id":"u1","email":"ada@example.com","roles":["user","admin"]}})";
    struct
    {
        bool access_in_header;
        bool refresh_in_body;
        char const* tokens;
    } const rows[] = {
        {true, false, R"({"access_token":"a.b.c","token_type":"bearer","expires_in":900,)"},
        {true, true, R"({"access_token":"a.b.c","token_type":"bearer","expires_in":900,"refresh_token":"yr1_secret",)"},
        {false, true, R"({"expires_in":900,"refresh_token":"yr1_secret",)"},
        {false, false, R"({"expires_in":900,)"},
    };
    for (auto const& row : rows) {
        pipeline::auth_transport ways;
        ways.access_in_header = row.access_in_header;
        ways.refresh_in_body = row.refresh_in_body;
        auto const reply = pipeline::grant_reply(a_grant(), ways);
        CHECK(reply.status == 200);
        CHECK(reply.body == std::string{row.tokens} + user);
    }
}

TEST_CASE("page replies: a page is never kept, never framed, and loads nothing that is not ours")
{
    auto const page = pipeline::page_reply("<p>hello</p>");
    CHECK(page.status == 200);
    CHECK(page.body == "<p>hello</p>");
    CHECK(field(page, "Content-Type") == "text/html; charset=utf-8");
    CHECK(field(page, "Cache-Control") == "no-store");
    CHECK(field(page, "X-Content-Type-Options") == "nosniff");
    CHECK(field(page, "Referrer-Policy") == "strict-origin");
    CHECK(field(page, "X-Frame-Options") == "DENY");
    CHECK(field(page, "Cross-Origin-Opener-Policy") == "same-origin");
    auto const policy = field(page, "Content-Security-Policy");
    for (auto const* part : {"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"})
        CHECK_MESSAGE(policy.find(part) != std::string::npos, part);
    CHECK(policy.find("unsafe") == std::string::npos);
}

TEST_CASE("page replies: fields of a page beside those that a reply has")
{
    http::reply problem;
    problem.status = 403;
    problem.fields = {{"Content-Type", "text/html"}};
    pipeline::add_page_fields(problem);
    CHECK(problem.status == 403);
    CHECK(field(problem, "Content-Type") == "text/html");
    CHECK(field(problem, "X-Frame-Options") == "DENY");
    CHECK(field(problem, "Cache-Control").empty());
}

TEST_CASE("page replies: after a form a GET follows, and nothing of it is kept")
{
    auto const away = pipeline::see_other("/auth/account?notice=password");
    CHECK(away.status == 303);
    CHECK(field(away, "Location") == "/auth/account?notice=password");
    CHECK(field(away, "Cache-Control") == "no-store");
    CHECK(away.body.empty());
}
