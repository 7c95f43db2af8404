#include "gateway/pipeline/endpoints/page_endpoints.hpp"

#include "gateway/pipeline/call/endpoint.hpp"
#include "gateway/pipeline/request/request_context.hpp"
#include "tests/support/endpoint_caller.hpp"
#include "tests/support/fake_exchange.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace yett;
using namespace yett::tests;
using pipeline::endpoint_named;

namespace {

endpoint_caller::settings settings_with(bool pages, bool login, bool links)
{
    endpoint_caller::settings s;
    s.pages = pages;
    s.branding.login = login;
    s.branding.links = links;
    s.transport.login_page = "/auth/login";
    return s;
}

fake_exchange request(std::string const& line, std::string const& fields = {})
{
    return fake_exchange{line + " HTTP/1.1\r\nHost: example.com\r\n" + fields + "\r\n"};
}

std::string field(http::reply const& r, std::string_view name)
{
    auto const found = std::ranges::find(r.fields, name, &std::pair<std::string, std::string>::first);
    return found == r.fields.end() ? std::string{} : found->second;
}

constexpr auto html = "Accept: text/html\r\n";
constexpr auto json = "Accept: application/json\r\n";
constexpr auto form = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 0\r\n";

} // namespace

TEST_CASE("page endpoints: who is answered with a page, and who as a program")
{
    struct
    {
        char const* endpoint;
        char const* line;
        char const* accept;
        bool pages;
        bool login;
        bool answered_here;
    } const rows[] = {
        {"login", "POST /auth/login", html, true, true, true},
        {"login", "POST /auth/login", json, true, true, false},
        {"login", "POST /auth/login", "", true, true, false},
        {"login", "POST /auth/login", html, false, true, false},
        {"login", "POST /auth/login", html, true, false, false},
        {"register", "POST /auth/register", html, true, false, true},
        {"login_page", "GET /auth/login", json, true, true, true},
        {"login_page", "GET /auth/login", "", false, true, true},
        {"verify_link", "GET /auth/verify/x", html, true, true, true},
        {"verify_link", "GET /auth/verify/x", json, true, true, false},
        {"me", "GET /auth/me", html, true, true, false},
        {"sessions", "GET /auth/sessions", html, true, true, false},
        {"jwks", "GET /.well-known/jwks.json", html, true, true, false},
        {"refresh", "POST /auth/refresh", html, true, true, false},
        {"asset", "GET /auth/assets/a.css", "Accept: text/css\r\n", false, true, true},
    };
    for (auto const& row : rows) {
        CAPTURE(row.endpoint);
        CAPTURE(row.accept);
        endpoint_caller at{settings_with(row.pages, row.login, true)};
        auto const ex = request(row.line, std::string{row.accept} + (row.line[0] == 'P' ? form : ""));
        CHECK(pipeline::is_answered_by_page(*endpoint_named(row.endpoint), ex, at.context().pages()) == row.answered_here);
    }
}

TEST_CASE("page endpoints: what a script sends is no form, whatever it would like to read")
{
    endpoint_caller at{settings_with(true, true, true)};
    auto const& login = *endpoint_named("login");
    for (auto const* fields : {"Content-Length: 0\r\n", "Content-Type: application/json\r\nContent-Length: 0\r\n"}) {
        auto const ex = request("POST /auth/login", std::string{html} + fields);
        CHECK_FALSE(pipeline::is_answered_by_page(login, ex, at.context().pages()));
    }
}

TEST_CASE("page endpoints: what these settings offer")
{
    struct
    {
        char const* endpoint;
        bool pages, login, links;
        bool offered;
    } const rows[] = {
        {"login_page", true, true, true, true},   {"login_page", false, true, true, false},
        {"login_page", true, false, true, false}, {"login_page", true, true, false, true},
        {"mail_page", true, true, true, true},    {"mail_page", true, true, false, false},
        {"mail_page", true, false, true, true},   {"register_page", true, false, false, true},
        {"account", true, true, true, true},      {"account", true, false, true, false},
        {"login", false, false, false, true},     {"reset_request", false, false, false, true},
        {"me", false, true, true, true},          {"front", false, true, true, false},
    };
    for (auto const& row : rows) {
        CAPTURE(row.endpoint);
        endpoint_caller at{settings_with(row.pages, row.login, row.links)};
        CHECK(pipeline::is_offered(*endpoint_named(row.endpoint), at.context().pages()) == row.offered);
    }
}

TEST_CASE("page endpoints: the page that a form stands on, below the prefix that was asked")
{
    struct
    {
        char const* endpoint;
        char const* path;
        char const* page;
    } const rows[] = {
        {"login", "/auth/login", "/auth/login"},
        {"login", "/api/auth/login", "/api/auth/login"},
        {"register", "/auth/register", "/auth/register"},
        {"resend", "/auth/verify/resend", "/auth/check-mail?for=verify"},
        {"reset_request", "/auth/reset-request", "/auth/reset"},
        {"password", "/auth/password", "/auth/account"},
        {"delete_account", "/auth/account/delete", "/auth/account"},
        {"logout", "/auth/logout", "/auth/account"},
        {"verify", "/auth/verify", ""},
        {"reset_confirm", "/auth/reset-confirm", ""},
        {"me", "/auth/me", ""},
        {"login", "/elsewhere", "/auth/login"},
    };
    endpoint_caller at;
    for (auto const& row : rows) {
        CAPTURE(row.endpoint);
        CHECK(pipeline::page_of_form(*endpoint_named(row.endpoint), row.path, at.context().pages()) == row.page);
    }
}

TEST_CASE("page endpoints: the way to the login, and back to where somebody wanted to go")
{
    struct
    {
        char const* situation;
        std::string line;
        bool confirm;
        unsigned status;
        char const* location;
    } const rows[] = {
        {"a page", "GET /shop", false, 302, "/auth/login?next=/shop"},
        {"with a query", "GET /shop?a=1&b=2", false, 302, "/auth/login?next=/shop%3Fa%3D1%26b%3D2"},
        {"somebody who is to say once more that it is them", "GET /shop", true, 302, "/auth/login?next=/shop&confirm=1"},
        {"a look at the head", "HEAD /shop", false, 302, "/auth/login?next=/shop"},
        {"a form that cannot be sent again", "POST /auth/password", false, 303, "/auth/login?next=/auth/account"},
        {"a form below another prefix", "POST /api/auth/password", false, 303, "/auth/login?next=/api/auth/account"},
        {"what deletes", "DELETE /auth/me", true, 303, "/auth/login?next=/auth/account&confirm=1"},
    };
    endpoint_caller at{settings_with(true, true, true)};
    for (auto const& row : rows) {
        CAPTURE(row.situation);
        auto const ex = request(row.line, row.line[0] == 'P' ? "Content-Length: 0\r\n" : "");
        auto const reply = pipeline::send_to_login(ex, at.context(), row.confirm);
        CHECK(reply.status == row.status);
        CHECK(field(reply, "Location") == row.location);
        CHECK(field(reply, "Cache-Control") == "no-store");
        CHECK(field(reply, "Set-Cookie").empty());
    }
}

TEST_CASE("page endpoints: an address that is too long for a query waits in the browser")
{
    endpoint_caller at{settings_with(true, true, true)};
    auto const context = at.context();
    auto const waits = pipeline::send_to_login(request("GET /" + std::string(5000, 'a')), context, false);
    CHECK(field(waits, "Location") == "/auth/login?next=kept");
    CHECK(field(waits, "Set-Cookie").starts_with("__Host-yett_next="));
    CHECK(field(waits, "Set-Cookie").find("Max-Age=600") != std::string::npos);
    auto const gone = pipeline::send_to_login(request("GET /" + std::string(7900, 'a')), context, false);
    CHECK_MESSAGE(field(gone, "Location") == "/auth/login", "too long for the browser, too: it leads home");
    CHECK(field(gone, "Set-Cookie").empty());
}

TEST_CASE("page endpoints: a failure becomes a page, or the one that its form left")
{
    endpoint_caller at{settings_with(true, true, true)};
    auto const problem = [](unsigned status) {
        http::reply r;
        r.status = status;
        r.fields = {{"Content-Type", "application/problem+json"}, {"Retry-After", "7"}};
        r.body = "{}";
        return r;
    };
    auto context = at.context();
    context.asked.request_id = "id-of-request";
    for (auto const status : {400u, 401u, 403u, 404u, 405u, 429u, 500u, 502u, 503u, 504u}) {
        CAPTURE(status);
        auto r = problem(status);
        pipeline::render_error(r, context, "en", {});
        CHECK(r.status == status);
        CHECK(field(r, "Content-Type") == "text/html; charset=utf-8");
        CHECK(field(r, "Retry-After") == "7");
        CHECK(field(r, "X-Frame-Options") == "DENY");
        CHECK(r.body.find("id-of-request") != std::string::npos);
        CHECK(r.body.find("<html lang=\"en\"") != std::string::npos);
    }
    auto german = problem(404);
    pipeline::render_error(german, context, "de-DE, en;q=0.5", {});
    CHECK(german.body.find("<html lang=\"de\"") != std::string::npos);
    auto again = problem(503);
    pipeline::render_error(again, context, "en", {"/shop?a=1&b=2", false});
    CHECK(again.body.find("href=\"/shop?a=1&amp;b=2\"") != std::string::npos);
    context.reported.page = "<p>the form again</p>";
    auto left = problem(400);
    pipeline::render_error(left, context, "en", {});
    CHECK(left.body == "<p>the form again</p>");
}
