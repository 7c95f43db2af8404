#include "gateway/pages/built_in.hpp"
#include "gateway/pages/page_renderer.hpp"
#include "gateway/pages/template_text.hpp"
#include "gateway/pages/texts.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <vector>

using namespace yett;
using namespace yett::pages;

namespace {

constexpr page every_page[] = {
    page::login, page::register_, page::register_closed,  page::mail_verify,     page::mail_reset,      page::verify,
    page::reset, page::choose,    page::link_dead_verify, page::link_dead_reset, page::verified_before, page::logout};
constexpr language every_language[] = {language::english, language::german};

bool has(std::string const& text, std::string_view part)
{
    return text.find(part) != text.npos;
}

std::vector<session_line> two_sessions(wall_time now)
{
    return {{"s1", "Firefox, Linux", "192.0.2.1", now - std::chrono::hours{50}, now, true},
            {"s2", "", "2001:db8::1", now - std::chrono::hours{2}, now - std::chrono::minutes{5}, false}};
}

wall_time some_day()
{
    return wall_time{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21}.time_since_epoch()};
}

// Every page, each with everything in it that can stand there.
std::vector<std::string> all_pages(language l)
{
    page_renderer b{{}};
    field_message const wrong[] = {{"email", "required"},
                                   {"password", "password_weak", "Use more."},
                                   {"current_password", "current_password"},
                                   {"new_password", "password_weak"}};
    view v{.in = l,
           .form_token = "TOKEN",
           .link_token = "LINK",
           .email = "a@b.example",
           .next = "/x?y",
           .host = "app.example",
           .confirm = true,
           .notice = "verified",
           .alert = "rate_limited",
           .wait = seconds{61},
           .wrong = wrong};
    std::vector<std::string> all;
    for (auto const each : every_page) all.push_back(b.write(each, v));
    auto const now = some_day();
    auto const lines = two_sessions(now);
    std::vector<key_line> const keys{{"k1", "backup", "read write", now, now, now}, {"k2", "other", "", now, {}, {}}};
    std::vector<std::string> const scopes{"read", "write"};
    all.push_back(b.write_account(v, {"a@b.example", lines, now, keys, "yk1_NEW", true, scopes}));
    for (unsigned const status : {400u, 401u, 403u, 404u, 405u, 429u, 500u, 502u, 503u, 504u})
        all.push_back(b.write_failure({.in = l, .status = status, .request_id = "0193-ref", .again = "/x?y"}));
    return all;
}

} // namespace

TEST_CASE("pages: each is a whole document in its language, without script or style of its own")
{
    for (auto const l : every_language)
        for (auto const& html : all_pages(l)) {
            CAPTURE(html);
            CHECK(html.starts_with("<!doctype html>\n<html lang=\"" + std::string{tag_of(l)} + "\">"));
            CHECK(html.ends_with("</html>\n"));
            CHECK(has(html, "<title>"));
            CHECK_FALSE(has(html, "<title> "));
            CHECK(has(html, "<h1>"));
            CHECK_FALSE(has(html, "<h1></h1>"));
            for (auto const* forbidden :
                 {"<script", "<style", " style=", "javascript:", "{{", "}}", "<iframe", "onclick", "=\"http"})
                CHECK_MESSAGE(!has(html, forbidden), forbidden);
        }
}

TEST_CASE("pages: each weighs less than 20 KiB with all that it loads")
{
    page_renderer const b{{}};
    std::size_t loaded = 0;
    std::string const html = all_pages(language::german).front();
    for (std::size_t at = html.find("/assets/"); at != html.npos; at = html.find("/assets/", at + 1)) {
        auto const name = html.substr(at + 8, html.find('"', at) - at - 8);
        auto const* file = b.find_asset(name);
        REQUIRE_MESSAGE(file, name);
        loaded += file->bytes.size();
    }
    CHECK(loaded > 4000);
    for (auto const l : every_language)
        for (auto const& each : all_pages(l)) CHECK(each.size() + loaded < 20 * 1024);
}

TEST_CASE("pages: what comes from a client is text and stays where it belongs")
{
    std::string const evil = "\"'><script>alert(1)</script>&{{t.email}}";
    page_renderer b{{.brand = evil, .home = evil}};
    field_message const wrong[] = {{"email", "email_taken", evil}, {"password", "password_weak", evil}, {evil, evil, evil}};
    view const v{
        .form_token = evil, .link_token = evil, .email = evil, .next = evil, .notice = evil, .alert = evil, .wrong = wrong};
    auto const now = some_day();
    std::vector<session_line> const lines{{evil, evil, evil, now, now, false}};
    std::vector<std::string> all;
    for (auto const each : every_page) all.push_back(b.write(each, v));
    std::vector<key_line> const keys{{evil, evil, evil, now, now, now}};
    std::vector<std::string> const scopes{evil, evil};
    all.push_back(b.write_account(v, {evil, lines, now, keys, evil, true, scopes}));
    all.push_back(b.write_failure({.status = 404, .request_id = evil}));
    all.push_back(b.write_failure({.status = 502, .request_id = evil, .again = evil}));
    for (auto const& html : all) {
        CHECK_FALSE(has(html, "<script"));
        CHECK_FALSE(has(html, "\"'>"));
        CHECK(has(html, "&lt;script&gt;"));
    }
}

TEST_CASE("pages: an error is told at the top and at its field, and each points to the other")
{
    page_renderer b{{}};
    field_message const wrong[] = {{"email", "email_taken"}, {"password", "password_weak", "Use at least 12 characters."}};
    auto const html = b.write(page::register_, {.email = "a@b.example", .wrong = wrong});
    CHECK(has(html, "<title>Problem: Create an account – Yett</title>"));
    CHECK(has(html, R"(role="alert" tabindex="-1" autofocus)"));
    CHECK(has(html, R"(<li><a href="#email">Email address: There is an account for this address already.</a></li>)"));
    CHECK(has(html, R"(<li><a href="#password">Password: Use at least 12 characters.</a></li>)"));
    CHECK(has(html, R"(value="a@b.example" aria-invalid="true" aria-describedby="email-error")"));
    CHECK(has(html, R"(aria-describedby="password-hint password-error" aria-invalid="true")"));
    CHECK(has(html, R"(<p class="error" id="password-error">Use at least 12 characters.</p>)"));

    auto const german = b.write(page::register_, {.in = language::german, .wrong = wrong});
    CHECK(has(german, "Wählen Sie ein längeres Passwort"));
    CHECK_FALSE(has(german, "Use at least 12 characters."));

    auto const fine = b.write(page::register_, {});
    CHECK_FALSE(has(fine, "role=\"alert\""));
    CHECK_FALSE(has(fine, "aria-invalid"));
    CHECK_FALSE(has(fine, "class=\"error\""));
}

TEST_CASE("pages: an alert has its own words, a limit says how long to wait")
{
    page_renderer b{{}};
    CHECK(has(b.write(page::login, {.alert = "invalid_credentials"}), "<p>The address or the password is wrong.</p>"));
    CHECK(has(b.write(page::login, {.alert = "rate_limited", .wait = seconds{840}}), "Please wait 14 minutes and try again."));
    CHECK(has(b.write(page::login, {.alert = "never heard of"}), "<p>That did not work. Please try again.</p>"));
    CHECK_FALSE(has(b.write(page::login, {.alert = "invalid_credentials"}), "/auth/check-mail"));
    CHECK(has(b.write(page::login, {.alert = "email_not_verified"}), "href=\"/auth/check-mail\""));
}

TEST_CASE("pages: password managers find what they look for")
{
    page_renderer b{{}};
    auto const login = b.write(page::login, {});
    CHECK(has(login, R"(type="email" inputmode="email" autocomplete="username")"));
    CHECK(has(login, R"(autocomplete="current-password")"));
    auto const joining = b.write(page::register_, {});
    CHECK(has(joining, R"(autocomplete="username")"));
    CHECK(has(joining, R"(autocomplete="new-password")"));
    CHECK(has(b.write(page::reset, {}), R"(autocomplete="email")"));
    CHECK(has(b.write(page::choose, {}), R"(autocomplete="new-password")"));
    auto const account = b.write_account({}, {"a@b.example", {}, some_day()});
    CHECK(has(account, R"(<input type="email" autocomplete="username" value="a@b.example" hidden>)"));
    CHECK(has(account, R"(autocomplete="current-password")"));
    CHECK(has(account, R"(autocomplete="new-password")"));
}

TEST_CASE("pages: the account shows where its owner is signed in")
{
    page_renderer b{{}};
    auto const now = some_day();
    auto const lines = two_sessions(now);
    auto const html = b.write_account({.prefix = "/api/auth", .form_token = "TOKEN"}, {"a@b.example", lines, now});
    CHECK(has(html, "<strong>Firefox, Linux</strong> <span class=\"badge\">This device</span>"));
    CHECK(has(html, "2001:db8::1 · last active <time datetime=\"2026-11-20T23:55:00Z\">5 minutes ago</time>"));
    CHECK(has(html, "name=\"end\" value=\"s2\""));
    CHECK_FALSE(has(html, "value=\"s1\""));
    CHECK(has(html, "<strong>Unknown device</strong>"));
    CHECK(has(html, "name=\"others\""));
    CHECK(has(html, "action=\"/api/auth/logout\""));
    CHECK_FALSE(has(b.write_account({}, {"a@b.example", std::span{lines}.first(1), now}), "name=\"others\""));
}

TEST_CASE("pages: where a login leads is carried from page to page")
{
    page_renderer b{{}};
    auto const html = b.write(page::login, {.next = "/a b?c=d&e=/ü#"});
    CHECK(has(html, R"(name="next" value="/a b?c=d&amp;e=/ü#")"));
    CHECK(has(html, R"(href="/auth/register?next=/a%20b%3Fc%3Dd%26e%3D/%C3%BC%23")"));
    CHECK(has(b.write(page::login, {}), R"(href="/auth/register")"));
}

TEST_CASE("pages: an invitation stands in the form, and only when there is one")
{
    page_renderer b{{}};
    CHECK(has(b.write(page::register_, {.link_token = "INV"}), R"(name="invitation" value="INV")"));
    CHECK_FALSE(has(b.write(page::register_, {}), "invitation"));
}

TEST_CASE("pages: what is not offered is not pointed to")
{
    page_renderer b{{.registration = false, .login = false, .links = false}};
    CHECK_FALSE(has(b.write(page::login, {}), "/reset"));
    CHECK(has(page_renderer{{}}.write(page::login, {}), "href=\"/auth/reset\""));
    CHECK_FALSE(has(b.write(page::login, {}), "/register"));
    CHECK_FALSE(has(b.write(page::register_, {}), "/login"));
    CHECK_FALSE(has(b.write_failure({.status = 401}), "/login"));
    CHECK(has(page_renderer{{}}.write_failure({.status = 401}), "href=\"/auth/login\""));
    CHECK(has(page_renderer{{}}.write_failure({.status = 401, .confirm = true}), "href=\"/auth/login?confirm=1\""));
    CHECK(has(page_renderer{{.home = "/app"}}.write_failure({.status = 404}), "href=\"/app\""));
}

TEST_CASE("pages: an error page tells the reference, also for a status without words of its own")
{
    page_renderer b{{}};
    auto const html = b.write_failure({.status = 403, .request_id = "0193-ref"});
    CHECK(has(html, "Reference: <code>0193-ref</code>"));
    CHECK_FALSE(has(b.write_failure({.status = 403}), "Reference"));
    CHECK(has(b.write_failure({.status = 429, .wait = seconds{840}}), "Please wait 14 minutes"));
    CHECK(has(b.write_failure({.status = 429}), "Please wait a moment"));
    CHECK(has(b.write_failure({.status = 429, .again = "/auth/login"}), "href=\"/auth/login\""));
    CHECK_FALSE(has(b.write_failure({.status = 500, .again = "/auth/login"}), "href=\"/auth/login\""));
    CHECK(has(b.write_failure({.status = 418}), "That did not work"));
    CHECK(has(b.write_failure({.status = 599}), "Something is broken"));
}

TEST_CASE("pages: brand, colour and logo are the operator's")
{
    page_renderer const plain{{}};
    page_renderer b{
        {.brand = "Ada & Söhne", .colour = {0x12, 0x34, 0x56}, .logo = "<svg/>", .logo_ending = "svg", .prefix = "/api/auth"}};
    auto const html = b.write(page::login, {});
    CHECK(has(html, "<span>Ada &amp; Söhne</span>"));
    auto const at = html.find("<img src=\"/api/auth/assets/");
    REQUIRE(at != html.npos);
    auto const name = html.substr(at + 27, html.find('"', at + 27) - at - 27);
    REQUIRE(b.find_asset(name));
    CHECK(b.find_asset(name)->bytes == "<svg/>");
    CHECK(b.find_asset(name)->media_type == "image/svg+xml");
    CHECK_FALSE(has(page_renderer{{}}.write(page::login, {}), "<img"));
    CHECK(b.find_asset("") == nullptr);
    CHECK(b.find_asset("style.css") == nullptr);
    CHECK(media_type_of("exe").empty());
}

TEST_CASE("pages: the login says where one is going, without what a query adds")
{
    page_renderer b{{}};
    auto const html = b.write(page::login, {.next = "/reports/2026?secret=x", .host = "app.example"});
    CHECK(has(html, "to continue to <strong>app.example/reports/2026</strong>"));
    CHECK(
        has(b.write(page::login, {.in = language::german, .next = "/", .host = "app.example"}), "<strong>app.example</strong>"));
    CHECK_FALSE(has(b.write(page::login, {.host = "app.example"}), "to continue to"));
    // Siblings: what waits elsewhere has no name, and a long one is cut.
    CHECK_FALSE(has(b.write(page::login, {.next = "kept", .host = "app.example"}), "to continue to"));
    CHECK(has(b.write(page::login, {.next = "/" + std::string(500, 'a'), .host = "app.example"}), "aaa…</strong>"));
}

TEST_CASE("pages: somebody who is signed in is asked to confirm that it is them")
{
    page_renderer b{{}};
    auto const html = b.write(page::login, {.email = "a@b.example", .next = "/x", .confirm = true});
    CHECK(has(html, "<h1>Confirm it is you</h1>"));
    CHECK(has(html, "value=\"a@b.example\""));
    CHECK_FALSE(has(html, "/register"));
}

TEST_CASE("pages: an application that does not answer can be tried again")
{
    page_renderer b{{}};
    for (unsigned const status : {502u, 503u, 504u}) {
        auto const html = b.write_failure({.status = status, .again = "/x?a=b&c"});
        CHECK(has(html, R"(<a class="button" href="/x?a=b&amp;c">Try again</a>)"));
        // Siblings: what changed something is not sent again, and other failures do not pass.
        CHECK_FALSE(has(b.write_failure({.status = status}), "Try again"));
    }
    CHECK_FALSE(has(b.write_failure({.status = 500, .again = "/x"}), "Try again"));
}

TEST_CASE("pages: the account lists keys, and shows one in full only when it was just made")
{
    page_renderer b{{}};
    auto const now = some_day();
    std::vector<key_line> const keys{{"k1", "backup", "read", now - std::chrono::hours{24}, now - std::chrono::minutes{5}, now}};
    std::vector<std::string> const scopes{"read", "write"};
    auto const html = b.write_account({}, {"a@b.example", {}, now, keys, "yk1_NEW", true, scopes});
    CHECK(has(html, "<code>yk1_NEW</code>"));
    CHECK(has(html, "<strong>backup</strong> <span class=\"hint\">read</span>"));
    CHECK(has(html, "last used 5 minutes ago · good until 21 Nov 2026"));
    CHECK(has(html, R"(name="remove_key" value="k1")"));
    CHECK(has(html, "<option>read</option>"));
    CHECK(has(html, "<option>read write</option>"));
    CHECK_FALSE(has(b.write_account({}, {"a@b.example", {}, now, keys, {}, true, {}}), "<select"));
    // Siblings: nobody makes keys here, or there are none.
    auto const none = b.write_account({}, {"a@b.example", {}, now, keys, {}, false, {}});
    CHECK(has(none, "remove_key"));
    CHECK_FALSE(has(none, "/api-keys"));
    CHECK_FALSE(has(b.write_account({}, {"a@b.example", {}, now, {}, {}, false, {}}), "API keys"));
}

TEST_CASE("pages: another colour has another name, so that browsers load it")
{
    auto const style_of = [](page_renderer& b) {
        auto const html = b.write(page::login, {});
        auto const at = html.find("/assets/style.");
        return html.substr(at, html.find('"', at) - at);
    };
    page_renderer a{{}};
    page_renderer b{{.colour = {1, 2, 3}}};
    page_renderer same{{}};
    CHECK(style_of(a) != style_of(b));
    CHECK(style_of(a) == style_of(same));
}

TEST_CASE("templates: each text they name exists")
{
    std::string all;
    for (auto const& [name, text] : built_in) all += text;
    for (auto at = all.find("{{t."); at != all.npos; at = all.find("{{t.", at + 1)) {
        auto const key = all.substr(at + 4, all.find('}', at) - at - 4);
        CHECK_MESSAGE(!text_of(key, language::english).empty(), key);
    }
    CHECK_THROWS_AS(template_text("nothing.html"), std::out_of_range);
}
