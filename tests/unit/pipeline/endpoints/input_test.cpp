#include "tests/support/endpoint_caller.hpp"

#include <doctest/doctest.h>

#include <memory>

using namespace yett;
using namespace yett::tests;

// What every endpoint that takes something makes of what does not fit, and of whoever may not come.

namespace {

constexpr auto ada = "ada@example.com";

// An endpoint, its method and path, and a body that has all it asks for.
struct taker
{
    char const* endpoint;
    char const* line;
    char const* body;
    char const* member; // of the body, that has to be text
};

constexpr taker takers[] = {
    {"register", "POST /auth/register", R"("email":"eve@example.com","password":"correct horse battery staple")", "email"},
    {"login", "POST /auth/login", R"("email":"ada@example.com","password":"correct horse battery staple")", "password"},
    {"verify", "POST /auth/verify", R"("token":"yl1_x")", "token"},
    {"resend", "POST /auth/verify/resend", R"("email":"ada@example.com")", "email"},
    {"reset_request", "POST /auth/reset-request", R"("email":"ada@example.com")", "email"},
    {"reset_confirm", "POST /auth/reset-confirm", R"("token":"yl1_x","password":"another horse battery staple")", "token"},
    {"password", "POST /auth/password", R"("current_password":"x","new_password":"y")", "new_password"},
    {"email", "POST /auth/email", R"("new_email":"ada@new.example","password":"x")", "new_email"},
    {"email_confirm", "POST /auth/email/confirm", R"("token":"yl1_x")", "token"},
    {"email_undo", "POST /auth/email/undo", R"("token":"yl1_x")", "token"},
    {"create_api_key", "POST /auth/api-keys", R"("name":"ci")", "name"},
};

struct somebody_in
{
    somebody_in()
    {
        endpoint_caller::settings s;
        s.self_delete = true;
        s.transport.refresh_in_body = true;
        at = std::make_unique<endpoint_caller>(s);
        at->add_user(ada);
        at->be(at->sign_in(ada).member("access_token"));
    }
    endpoint_answer send(taker const& to, std::string const& body) { return at->ask(to.endpoint, to.line, body); }

    std::unique_ptr<endpoint_caller> at;
};

std::string without(std::string body, std::string const& member)
{
    auto const begin = body.find('"' + member + '"');
    REQUIRE(begin != body.npos);
    auto const end = body.find(',', begin);
    if (end != body.npos) return "{" + body.erase(begin, end + 1 - begin) + "}";
    return "{" + body.substr(0, begin == 0 ? 0 : begin - 1) + "}";
}

// The member with another value, which is no text.
std::string with_number(std::string const& body, std::string const& member)
{
    auto const key = '"' + member + "\":";
    auto const begin = body.find(key) + key.size();
    auto const end = body.find('"', begin + 1);
    return "{" + body.substr(0, begin) + "7" + body.substr(end + 1) + "}";
}

} // namespace

TEST_CASE("input: a member that nobody expects is named")
{
    for (auto const& each : takers) {
        CAPTURE(each.endpoint);
        somebody_in home;
        auto const answer = home.send(each, "{" + std::string{each.body} + R"(,"colour":"red"})");
        CHECK(answer.came_to() == "bad_request");
        CHECK(answer.complaint_of("colour") == "unknown");
        CHECK(answer.complaints.size() == 1);
    }
}

TEST_CASE("input: a member that is missing is named")
{
    for (auto const& each : takers) {
        CAPTURE(each.endpoint);
        somebody_in home;
        auto const answer = home.send(each, without(each.body, each.member));
        CHECK(answer.came_to() == "bad_request");
        CHECK(answer.complaint_of(each.member) == "required");
    }
}

TEST_CASE("input: a member of another type is named")
{
    for (auto const& each : takers) {
        CAPTURE(each.endpoint);
        somebody_in home;
        auto const answer = home.send(each, with_number(each.body, each.member));
        CHECK(answer.came_to() == "bad_request");
        CHECK(answer.complaint_of(each.member) == "wrong_type");
    }
}

TEST_CASE("input: what is no body at all changes nothing")
{
    for (auto const& each : takers)
        for (auto const* body : {"{", "{]", R"({"a":1,"a":2})", "{\"a\":\"\xff\"}"}) {
            CAPTURE(each.endpoint);
            CAPTURE(body);
            somebody_in home;
            auto const answer = home.send(each, body);
            CHECK(answer.came_to() == "bad_request");
            CHECK(answer.complaints.empty());
            CHECK_MESSAGE(answer.account.empty(), "nothing was counted for anybody");
        }
}

TEST_CASE("input: refresh and logout take less, and nothing else")
{
    struct
    {
        char const* endpoint;
        char const* line;
        char const* body;
        char const* came_to;
        char const* field;
        char const* complaint;
    } const rows[] = {
        {"refresh", "POST /auth/refresh", "{}", "unauthenticated", "", ""},
        {"refresh", "POST /auth/refresh", R"({"refresh_token":null})", "unauthenticated", "", ""},
        {"refresh", "POST /auth/refresh", R"({"refresh_token":""})", "unauthenticated", "", ""},
        {"refresh", "POST /auth/refresh", R"({"refresh_token":7})", "bad_request", "refresh_token", "wrong_type"},
        {"refresh", "POST /auth/refresh", R"({"token":"x"})", "bad_request", "token", "unknown"},
        {"logout", "POST /auth/logout", "{}", "unauthenticated", "", ""},
        {"logout", "POST /auth/logout", R"({"everywhere":"yes"})", "bad_request", "everywhere", "wrong_type"},
        {"logout", "POST /auth/logout", R"({"everywhere":true})", "unauthenticated", "", ""},
        {"logout", "POST /auth/logout", R"({"all":true})", "bad_request", "all", "unknown"},
    };
    for (auto const& row : rows) {
        CAPTURE(row.body);
        somebody_in home;
        auto const answer = home.at->ask(row.endpoint, row.line, row.body);
        CHECK(answer.came_to() == row.came_to);
        if (*row.field) CHECK(answer.complaint_of(row.field) == row.complaint);
    }
}

TEST_CASE("input: only a session of ours manages an account")
{
    struct
    {
        char const* endpoint;
        char const* line;
        char const* body;
    } const rows[] = {
        {"password", "POST /auth/password", R"({"current_password":"x","new_password":"y"})"},
        {"email", "POST /auth/email", R"({"new_email":"ada@new.example","password":"x"})"},
        {"delete_me", "DELETE /auth/me", R"({"password":"correct horse battery staple"})"},
        {"sessions", "GET /auth/sessions", ""},
        {"session", "DELETE /auth/sessions/s1", ""},
        {"other_sessions", "DELETE /auth/sessions", ""},
        {"api_keys", "GET /auth/api-keys", ""},
        {"create_api_key", "POST /auth/api-keys", R"({"name":"ci"})"},
        {"remove_api_key", "DELETE /auth/api-keys/k1", ""},
    };
    for (auto const& row : rows) {
        CAPTURE(row.endpoint);
        somebody_in home;
        auto who = std::make_shared<identity>();
        who->subject = home.at->add_user("key@example.com");
        who->issuer = "https://auth.test";
        home.at->be_known_as(who);
        auto const answer = home.at->ask(row.endpoint, row.line, row.body);
        CHECK(answer.came_to() == "forbidden");
        CHECK(answer.failure->note() == "the credential is no session of ours");
    }
}

TEST_CASE("input: a key of ours may ask who it speaks for, a user of another issuer may not")
{
    somebody_in home;
    auto who = std::make_shared<identity>();
    who->subject = home.at->add_user("key@example.com");
    who->issuer = "https://auth.test";
    home.at->be_known_as(who);
    CHECK(home.at->ask("me", "GET /auth/me").member("email") == "key@example.com");
    who->issuer = "https://idp.example";
    auto const answer = home.at->ask("me", "GET /auth/me");
    CHECK(answer.came_to() == "forbidden");
    CHECK(answer.failure->note() == "not a user of ours");
    who->issuer = "https://auth.test";
    who->subject = "gone";
    CHECK_FALSE(home.at->ask("me", "GET /auth/me").status == 200);
}

TEST_CASE("api keys: what a wish may say")
{
    struct
    {
        char const* situation;
        std::string body;
        char const* came_to;
        char const* field;
        char const* complaint;
    } const rows[] = {
        {"a name", R"({"name":"ci"})", "201", "", ""},
        {"the longest name", R"({"name":")" + std::string(64, 'a') + R"("})", "201", "", ""},
        {"a longer one", R"({"name":")" + std::string(65, 'a') + R"("})", "bad_request", "name", "bad_request"},
        {"an empty one", R"({"name":""})", "bad_request", "name", "bad_request"},
        {"a line end in it", R"({"name":"a\nb"})", "bad_request", "name", "bad_request"},
        {"letters of the world", R"({"name":"Büro"})", "201", "", ""},
        {"scopes that are offered", R"({"name":"ci","scopes":["read","write"]})", "201", "", ""},
        {"a scope that is not", R"({"name":"ci","scopes":["admin"]})", "bad_request", "scopes", "bad_request"},
        {"scopes in one text", R"({"name":"ci","scopes":"read write"})", "bad_request", "scopes", "wrong_type"},
        {"in a form that is how they come", "name=ci&scopes=read+write", "201", "", ""},
        {"a minute", R"({"name":"ci","expires_in":60})", "201", "", ""},
        {"less", R"({"name":"ci","expires_in":59})", "bad_request", "expires_in", "bad_request"},
        {"a year", R"({"name":"ci","expires_in":31536000})", "201", "", ""},
        {"more than the rules allow", R"({"name":"ci","expires_in":31536001})", "bad_request", "expires_in", "bad_request"},
        {"a time in words", R"({"name":"ci","expires_in":"1h"})", "bad_request", "expires_in", "wrong_type"},
        {"half a second", R"({"name":"ci","expires_in":90.5})", "bad_request", "expires_in", "wrong_type"},
        {"a rate of its own", R"({"name":"ci","requests_per_minute":60})", "201", "", ""},
        {"a negative one", R"({"name":"ci","requests_per_minute":-1})", "bad_request", "requests_per_minute", "wrong_type"},
        {"too large for a number", R"({"name":"ci","requests_per_minute":4294967296})", "bad_request", "requests_per_minute",
         "wrong_type"},
    };
    for (auto const& row : rows) {
        CAPTURE(row.situation);
        endpoint_caller::settings s;
        s.key_scopes = {"read", "write"};
        endpoint_caller at{s};
        at.add_user(ada);
        at.be(at.sign_in(ada).member("access_token"));
        auto const answer = at.ask("create_api_key", "POST /auth/api-keys", row.body);
        CHECK(answer.came_to() == row.came_to);
        CHECK(answer.complaint_of(row.field) == row.complaint);
    }
}

TEST_CASE("api keys: a list comes in parts, youngest first, and only whose they are")
{
    endpoint_caller at;
    at.add_user(ada);
    at.add_user("eve@example.com");
    at.be(at.sign_in(ada).member("access_token"));
    for (auto const* name : {"one", "two", "three"}) {
        (void)at.ask("create_api_key", "POST /auth/api-keys", std::string{R"({"name":")"} + name + "\"}");
        at.pass(seconds{60});
    }
    auto const first = at.ask("api_keys", "GET /auth/api-keys?limit=2");
    CHECK(first.member("api_keys/0/name") == "three");
    CHECK(first.member("api_keys/1/name") == "two");
    auto const rest = at.ask("api_keys", "GET /auth/api-keys?limit=2&after=" + first.member("next"));
    CHECK(rest.member("api_keys/0/name") == "one");
    CHECK(rest.member("api_keys/1").empty());
    CHECK(rest.member("next").empty());
    auto const mine = first.member("api_keys/0/id");
    at.be(at.sign_in("eve@example.com").member("access_token"));
    CHECK(at.ask("api_keys", "GET /auth/api-keys").member("api_keys") == "[]");
    CHECK(at.ask("remove_api_key", "DELETE /auth/api-keys/" + mine).came_to() == "not_found");
}

TEST_CASE("documents: a copy that is still good is not sent again")
{
    struct
    {
        char const* condition;
        char const* came_to;
    } const rows[] = {
        {"", "200"},
        {"\nIf-None-Match: \"one\"", "304"},
        {"\nIf-None-Match: W/\"one\"", "304"},
        {"\nIf-None-Match: \"zero\",\"one\" , \"two\"", "304"},
        {"\nIf-None-Match: *", "304"},
        {"\nIf-None-Match: \"two\"", "200"},
        {"\nIf-None-Match: one", "200"},
        {"\nIf-None-Match: \"ONE\"", "200"},
        {"\nIf-Match: \"one\"", "200"},
    };
    for (auto const& row : rows) {
        CAPTURE(row.condition);
        endpoint_caller at;
        auto const answer = at.ask("jwks", std::string{"GET /.well-known/jwks.json"} + row.condition);
        CHECK(answer.came_to() == row.came_to);
        CHECK(answer.field("ETag") == "\"one\"");
        CHECK(answer.field("Cache-Control") == "public, max-age=300");
        CHECK(answer.body == (answer.status == 200 ? R"({"keys":[]})" : ""));
        CHECK(answer.field("Content-Type").empty() == (answer.status == 304));
    }
}

TEST_CASE("refresh: a client that lost the reply gets the same one, for as long as the grace lasts")
{
    struct
    {
        char const* situation;
        seconds later;
        bool same;
    } const rows[] = {{"at once", seconds{0}, true}, {"just in time", seconds{10}, true}, {"too late", seconds{12}, false}};
    for (auto const& row : rows) {
        CAPTURE(row.situation);
        somebody_in home;
        auto const body = R"({"refresh_token":")" + home.at->sign_in(ada).member("refresh_token") + "\"}";
        auto const first = home.at->ask("refresh", "POST /auth/refresh", body);
        REQUIRE(first.came_to() == "200");
        home.at->pass(row.later);
        auto const again = home.at->ask("refresh", "POST /auth/refresh", body);
        CHECK((again.came_to() == "200") == row.same);
        CHECK((again.member("refresh_token") == first.member("refresh_token")) == row.same);
        if (row.same) continue;
        auto const successor = R"({"refresh_token":")" + first.member("refresh_token") + "\"}";
        CHECK_MESSAGE(home.at->ask("refresh", "POST /auth/refresh", successor).failure,
                      "a token that was used twice ends its session");
    }
}
