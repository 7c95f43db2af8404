#include "gateway/pipeline/error_replies.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/bodies/glimpse.hpp"
#include "gateway/telemetry/log.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/unit/pipeline/authentication/gate.hpp"

#include <fstream>
#include <iterator>

using namespace yett;
using namespace yett::tests;
using pipeline::error_replies;
using pipeline::request_context;

namespace {

constexpr auto navigation = "Accept: text/html\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n";
constexpr auto form = "Accept: text/html\r\nSec-Fetch-Mode: navigate\r\nContent-Type: application/x-www-form-urlencoded\r\n";

std::string request(std::string const& line, std::string const& fields = {})
{
    return line + " HTTP/1.1\r\nHost: example.com\r\n" + fields + "\r\n";
}

struct scene
{
    scene()
    {
        at.world.world->transport.login_page = "/auth/login";
        at.world.world->transport.realm = "Yett";
    }
    http::reply reply_to(error const& why, request_context const& context)
    {
        ex.emplace(head);
        return error_replies::reply_to(why, *ex, context);
    }
    static std::string field(http::reply const& r, std::string_view name)
    {
        std::string all;
        for (auto const& [n, value] : r.fields)
            if (http::ascii::equal_ignoring_case(n, name)) all += (all.empty() ? "" : " | ") + value;
        return all;
    }

    gate at{{rule("app", "/**"), endpoint("login"), endpoint("password")}};
    temporary_folder folder;
    std::unique_ptr<telemetry::log_sink> sink = *telemetry::log_sink::open(folder.file("log"));
    telemetry::log log{*sink, telemetry::line_format::json, telemetry::level::info};
    pipeline::error_replies replies{log};
    std::string head = request("GET /a");
    std::optional<fake_exchange> ex;
};

} // namespace

TEST_CASE("error replies: who is sent to the login")
{
    struct row
    {
        char const* what;
        char const* rule;
        std::string head;
        errc why;
        bool by_cookie;
        bool credential_sent;
        unsigned status;
        char const* location;
    };
    auto const page = request("GET /a?b=c", navigation);
    auto const script = request("GET /a");
    auto const form_of_ours = request("POST /auth/password", form);
    for (auto const& each : {
             row{"a page without a session", "app", page, errc::unauthenticated, false, false, 302,
                 "/auth/login?next=/a%3Fb%3Dc"},
             row{"with one that is over", "app", page, errc::token_expired, true, true, 302, "/auth/login?next=/a%3Fb%3Dc"},
             row{"a browser that sent a token of its own", "app", page, errc::token_expired, false, true, 401, ""},
             row{"a script", "app", script, errc::unauthenticated, false, false, 401, ""},
             row{"a script with a session that is over", "app", script, errc::token_expired, true, true, 401, ""},
             row{"two cookies that disagree would only come again", "app", page, errc::credentials_disagree, true, true, 401, ""},
             row{"what the login would not change", "app", page, errc::forbidden, true, true, 403, ""},
             row{"a session that could not be looked at is perhaps a good one", "app", page, errc::rate_limited, true, true, 429,
                 ""},
             row{"a login that is too old", "app", page, errc::recent_login_required, true, true, 302,
                 "/auth/login?next=/a%3Fb%3Dc&confirm=1"},
             row{"without a session there is none to be old", "app", page, errc::recent_login_required, false, true, 401, ""},
             row{"a form of ours, which leads back to its page", "password", form_of_ours, errc::recent_login_required, true,
                 true, 303, "/auth/login?next=/auth/account&confirm=1"},
         }) {
        INFO(std::string{each.what});
        scene s;
        s.head = each.head;
        auto context = s.at.world.at(each.rule);
        context.found.by_cookie = each.by_cookie;
        context.reported.credential_sent = each.credential_sent;
        auto const came = s.reply_to(each.why, context);
        CHECK(came.status == each.status);
        CHECK(s.field(came, "Location") == each.location);
    }
    scene s;
    s.head = page;
    s.at.world.world->transport.login_page.clear();
    CHECK(s.reply_to(errc::unauthenticated, s.at.world.at("app")).status == 401);
}

TEST_CASE("error replies: what a challenge says")
{
    scene s;
    auto context = s.at.world.at("app");
    CHECK(s.field(s.reply_to(errc::unauthenticated, context), "WWW-Authenticate") == R"(Bearer realm="Yett")");
    context.reported.credential_sent = true;
    CHECK(s.field(s.reply_to(errc::token_expired, context), "WWW-Authenticate") ==
          R"(Bearer realm="Yett", error="invalid_token")");
    context.reported.credential_sent = false;
    s.at.world.facts("app").ways.basic = true;
    CHECK(s.field(s.reply_to(errc::unauthenticated, context), "WWW-Authenticate") == R"(Basic realm="Yett", charset="UTF-8")");
    // A browser would ask for a name and a password, and keep the key.
    s.head = request("GET /a", "Sec-Fetch-Mode: cors\r\n");
    CHECK(s.field(s.reply_to(errc::unauthenticated, context), "WWW-Authenticate") == R"(Bearer realm="Yett")");
}

TEST_CASE("error replies: what else the status demands")
{
    scene s;
    auto context = s.at.world.at("app");
    context.reported.allowed_methods = context.found.route->methods();
    CHECK(!s.field(s.reply_to(errc::method_not_allowed, context), "Allow").empty());
    CHECK(s.field(s.reply_to(errc::rate_limited, context), "Retry-After").empty()); // nobody knows when
    context.reported.credential_refused = errc::rate_limited;
    s.at.spend_checks();
    CHECK(s.field(s.reply_to(errc::rate_limited, context), "Retry-After") == "3600");
    CHECK(s.field(s.reply_to(errc::rate_limited, context), "RateLimit").empty());
    context.asked.another_websocket_version = true;
    CHECK(s.reply_to(errc::bad_request, context).status == 426);
}

TEST_CASE("error replies: cookies come and go with the session")
{
    struct row
    {
        char const* what;
        errc why;
        bool by_cookie;
        std::optional<errc> refused;
        bool deleted;
    };
    for (auto const& each : {
             row{"a session that is over", errc::token_expired, true, errc::token_expired, true},
             row{"a header that does not serve", errc::token_expired, false, errc::token_expired, false},
             row{"nobody looked at it", errc::unauthenticated, true, {}, false},
             row{"two that disagree: nothing says which", errc::credentials_disagree, true, errc::credentials_disagree, false},
             row{"another site sent it", errc::csrf_rejected, true, errc::csrf_rejected, false},
             row{"it could not be looked at", errc::rate_limited, true, errc::rate_limited, false},
         }) {
        INFO(std::string{each.what});
        scene s;
        auto context = s.at.world.at("app");
        context.found.by_cookie = each.by_cookie;
        context.reported.credential_refused = each.refused;
        auto const cookies = s.field(s.reply_to(each.why, context), "Set-Cookie");
        CHECK((cookies.find("Max-Age=0") != cookies.npos) == each.deleted);
    }
    scene s;
    auto context = s.at.world.at("app");
    context.reported.set_cookies = {{"Set-Cookie", "of=a renewed session"}};
    CHECK(s.field(s.reply_to(errc::upstream_broken, context), "Set-Cookie") == "of=a renewed session");
}

TEST_CASE("error replies: a browser gets a page, and the form's own where one was left")
{
    scene s;
    s.head = request("GET /a", navigation);
    auto context = s.at.world.at("app");
    auto const page = s.reply_to(errc::upstream_broken, context);
    CHECK(page.status == 502);
    CHECK(s.field(page, "Content-Type") == "text/html; charset=utf-8");
    CHECK(page.body.find("an id") != page.body.npos);
    context.reported.page = "<p>this form";
    CHECK(s.reply_to(errc::bad_request, context).body == "<p>this form");
    s.head = request("GET /a");
    CHECK(s.field(s.reply_to(errc::bad_request, context), "Content-Type") == "application/problem+json");
}

TEST_CASE("error replies: a reply that had begun is given up, and our own faults are told to the operator")
{
    struct row
    {
        char const* what;
        error why;
        bool told;
    };
    for (auto const& each :
         {row{"a defect", our_error(errc::internal, "a defect"), true},
          row{"a store that is down", our_error(errc::storage_unavailable), true},
          row{"no room", our_error(errc::overloaded), false}, row{"draining", our_error(errc::stopping), false},
          row{"the client's", client_error(errc::bad_request), false},
          row{"the application's", upstream_error(errc::upstream_broken), false}}) {
        INFO(std::string{each.what});
        scene s;
        auto const context = s.at.world.at("app");
        fake_exchange ex{s.head};
        run(s.replies.send(each.why, ex, context));
        CHECK(ex.ended());
        s.sink->flush();
        std::ifstream in{s.folder.file("log")};
        std::string const lines{std::istreambuf_iterator<char>{in}, {}};
        CHECK((lines.find("a request failed") != lines.npos) == each.told);
    }
    scene s;
    auto const context = s.at.world.at("app");
    fake_exchange ex{s.head};
    http::reply_head const begun{200, {}, {}};
    http::message_part const half{"half", false};
    (void)run(ex.begin(begun, half));
    run(s.replies.send(upstream_error(errc::upstream_broken), ex, context));
    CHECK(ex.aborted());
    CHECK(ex.status() == 200);
}

TEST_CASE("error replies: to bytes that never became a request")
{
    scene s;
    request_context nobody;
    nobody.snapshot = s.at.world.snapshot;
    nobody.asked.request_id = "an id";
    auto const program =
        error_replies::refusal(client_error(errc::bad_request), http::glimpse_of("GET / HTTP/1.1\r\n\r\n"), nobody);
    CHECK(program.status == 400);
    CHECK(s.field(program, "Content-Type") == "application/problem+json");
    CHECK(program.body.find("an id") != program.body.npos);
    auto const browser =
        error_replies::refusal(client_error(errc::header_too_large), http::glimpse_of(request("GET /", navigation)), nobody);
    CHECK(browser.status == 431);
    CHECK(s.field(browser, "Content-Type") == "text/html; charset=utf-8");
}
