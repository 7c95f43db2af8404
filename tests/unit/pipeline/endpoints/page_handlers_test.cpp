#include "tests/support/endpoint_caller.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::tests;
using accounts::letter_kind;

namespace {

constexpr auto ada = "ada@example.com";
constexpr auto in_form = "ada%40example.com";
constexpr auto good = "correct+horse+battery+staple"; // as a form has it

endpoint_caller::settings with_mails()
{
    endpoint_caller::settings s;
    s.verified_email = true;
    return s;
}

// Somebody who is signed in and looks at the account page.
struct at_home
{
    explicit at_home(endpoint_caller::settings s = {}) : at{std::move(s)}
    {
        id = at.add_user(ada);
        at.be(at.sign_in(ada).member("access_token"));
        page = at.visit("account_page", "/auth/account");
    }

    endpoint_caller at;
    std::string id;
    endpoint_answer page;
};

} // namespace

TEST_CASE("pages: which forms stand where")
{
    struct row
    {
        char const* endpoint;
        char const* path;
        char const* text;
    } const rows[] = {
        {"login_page", "/auth/login", "current-password"},
        {"logout_page", "/auth/logout", "action=\"/auth/logout\""},
        {"register_page", "/auth/register", "new-password"},
        {"mail_page", "/auth/check-mail", "action=\"/auth/verify/resend\""},
        {"mail_page", "/auth/check-mail?for=verify", "action=\"/auth/verify/resend\""},
        {"mail_page", "/auth/check-mail?for=reset", "action=\"/auth/reset-request\""},
        {"reset_page", "/auth/reset", "name=\"email\""},
    };
    for (auto const& each : rows) {
        INFO(each.path);
        endpoint_caller at;
        auto const page = at.visit(each.endpoint, each.path);
        CHECK(page.came_to() == "200");
        CHECK(page.field("Content-Type") == "text/html; charset=utf-8");
        CHECK(page.field("Cache-Control") == "no-store");
        CHECK(page.field("X-Frame-Options") == "DENY");
        CHECK_FALSE(page.hidden("form").empty());
        CHECK_FALSE(page.cookie("__Host-yett_form").empty());
        CHECK(page.shows(each.text));
    }
}

TEST_CASE("pages: lie below the prefix that was asked")
{
    endpoint_caller at;
    CHECK(at.visit("logout_page", "/api/auth/logout").shows("action=\"/api/auth/logout\""));
    CHECK(at.visit("front", "/api/auth").field("Location") == "/api/auth/login");
    CHECK(at.visit("front", "/auth").field("Location") == "/auth/login");
    CHECK(at.visit("front_slash", "/auth/").field("Location") == "/auth/login");
    CHECK(at.visit("change-password", "/.well-known/change-password").field("Location") == "/auth/account#change");
}

TEST_CASE("pages: what is there is said by the settings")
{
    struct row
    {
        char const* endpoint;
        bool pages, login, links;
        char const* came_to;
    } const rows[] = {
        {"login_page", true, true, true, "200"},
        {"login_page", false, true, true, "no_such_route"},
        {"login_page", true, false, true, "no_such_route"},
        {"login_page", true, true, false, "200"},
        {"register_page", true, false, true, "200"},
        {"register_page", false, true, true, "no_such_route"},
        {"mail_page", true, true, false, "no_such_route"},
        {"mail_page", true, false, true, "200"},
        {"reset_page", true, true, false, "no_such_route"},
        {"front", true, false, true, "no_such_route"},
        {"change-password", true, false, true, "no_such_route"},
        {"change-password", true, true, true, "303"},
        {"verify_link", true, true, false, "no_such_route"},
        {"verify_link", false, true, false, "link_invalid"}, // a program is answered
    };
    for (auto const& each : rows) {
        INFO(each.endpoint, ' ', each.pages, each.login, each.links);
        endpoint_caller::settings s;
        s.pages = each.pages;
        s.branding.login = each.login;
        s.branding.links = each.links;
        endpoint_caller at{s};
        CHECK(at.visit(each.endpoint, "/auth/x").came_to() == each.came_to);
    }
}

TEST_CASE("pages: what error pages load is there without pages, too")
{
    for (auto const on : {true, false}) {
        endpoint_caller::settings s;
        s.pages = on;
        endpoint_caller at{s};
        CHECK(at.visit("asset", "/auth/assets/no-such-file.css").came_to() == "no_such_route");
    }
    endpoint_caller at;
    auto const page = at.visit("login_page", "/auth/login").shown();
    auto const begin = page.find("/auth/assets/");
    REQUIRE(begin != page.npos);
    auto const path = page.substr(begin, page.find('"', begin) - begin);
    auto const file = at.visit("asset", path);
    CHECK(file.came_to() == "200");
    CHECK(file.field("Cache-Control") == "public, max-age=31536000, immutable");
    CHECK(file.field("Cross-Origin-Resource-Policy") == "same-origin");
}

TEST_CASE("pages: programs are answered by the endpoint itself")
{
    endpoint_caller at;
    at.add_user(ada);
    auto const answer = at.ask("login", "POST /auth/login\nAccept: application/json",
                               R"({"email":"ada@example.com","password":"correct horse battery staple"})");
    CHECK(answer.came_to() == "200");
    CHECK(answer.field("Content-Type") == "application/json");
}

TEST_CASE("login form: where it leads")
{
    struct row
    {
        char const* situation;
        char const* next;
        char const* location;
    } const rows[] = {
        {"home", "", "/"},
        {"back to where somebody wanted to go", "&next=/shop%3Fa%3D1", "/shop?a=1"},
        {"not to another site", "&next=https://evil.example/", "/"},
        {"not to another site, by two slashes", "&next=//evil.example/", "/"},
    };
    for (auto const& each : rows) {
        INFO(each.situation);
        endpoint_caller at;
        at.add_user(ada);
        auto const page = at.visit("login_page", "/auth/login");
        auto const on = at.send(page, "login", "/auth/login", std::string{"email="} + in_form + "&password=" + good + each.next);
        CHECK(on.came_to() == "303");
        CHECK(on.field("Location") == each.location);
        CHECK_FALSE(on.cookie("__Host-yett_refresh").empty());
    }
}

TEST_CASE("login form: what goes wrong is told there")
{
    endpoint_caller at;
    at.add_user(ada);
    auto const page = at.visit("login_page", "/auth/login");
    auto const wrong = at.send(page, "login", "/auth/login", std::string{"email="} + in_form + "&password=not-hers&next=/shop");
    CHECK(wrong.came_to() == "invalid_credentials");
    CHECK(wrong.shows("value=\"ada@example.com\""));
    CHECK_FALSE(wrong.shows("not-hers"));
    CHECK(wrong.hidden("next") == "/shop");
    CHECK_FALSE(wrong.hidden("form").empty());

    auto const empty = at.send(page, "login", "/auth/login", std::string{"email="} + in_form + "&password=");
    CHECK(empty.came_to() == "bad_request");
    CHECK(empty.shows("password-error"));
}

TEST_CASE("forms: are ours, or nobody is asked")
{
    endpoint_caller at;
    at.add_user(ada);
    auto const fields = std::string{"email="} + in_form + "&password=" + good;
    auto const page = at.visit("login_page", "/auth/login");
    auto const of_another_form = at.visit("reset_page", "/auth/reset");
    CHECK(at.send(of_another_form, "login", "/auth/login", fields).came_to() == "csrf_rejected");

    auto cookies = at.cookies();
    at.cookies().clear();
    CHECK_MESSAGE(at.send(page, "login", "/auth/login", fields).came_to() == "csrf_rejected", "of another browser");
    at.cookies() = cookies;

    auto const foreign = at.ask("login",
                                "POST /auth/login\nAccept: text/html\nOrigin: https://evil.example\nCookie: __Host-yett_form=" +
                                    cookies["__Host-yett_form"],
                                "form=" + page.hidden("form") + '&' + fields);
    CHECK(foreign.came_to() == "csrf_rejected");
    CHECK_MESSAGE(foreign.shows("name=\"password\""), "and the form is shown again");
    CHECK(at.send(page, "login", "/auth/login", fields).came_to() == "303");
}

TEST_CASE("login page: whoever is signed in goes on, unless they are to prove it")
{
    endpoint_caller::settings s;
    s.transport.access_in_cookie = true;
    endpoint_caller at{s};
    at.add_user(ada);
    auto const page = at.visit("login_page", "/auth/login");
    (void)at.send(page, "login", "/auth/login", std::string{"email="} + in_form + "&password=" + good);
    CHECK(at.visit("login_page", "/auth/login").field("Location") == "/");
    CHECK(at.visit("login_page", "/auth/login?next=/shop").field("Location") == "/shop");
    CHECK(at.visit("front", "/auth").field("Location") == "/auth/account");
    auto const again = at.visit("login_page", "/auth/login?confirm=1");
    CHECK(again.came_to() == "200");
    CHECK(again.shows("value=\"ada@example.com\""));
    at.cookies().erase("__Host-yett_access");
    CHECK_MESSAGE(at.visit("login_page", "/auth/login").field("Location") == "/", "a session that can be renewed is one");
    at.cookies().erase("__Host-yett_refresh");
    CHECK(at.visit("login_page", "/auth/login").came_to() == "200");
}

TEST_CASE("registration form: where it leads")
{
    auto const fields = std::string{"email="} + in_form + "&password=" + good;
    endpoint_caller at;
    auto page = at.visit("register_page", "/auth/register");
    CHECK(at.send(page, "register", "/auth/register", fields).field("Location") == "/auth/login?notice=registered");

    endpoint_caller mails{with_mails()};
    page = mails.visit("register_page", "/auth/register?next=/shop");
    CHECK(page.hidden("next") == "/shop");
    auto const on = mails.send(page, "register", "/auth/register", fields + "&next=/shop");
    CHECK(on.field("Location") == "/auth/check-mail?for=verify&next=/shop");
    CHECK_MESSAGE(!on.cookie("__Host-yett_next").empty(), "it comes back through the mail");
}

TEST_CASE("registration form: where nobody may come in")
{
    endpoint_caller::settings s;
    s.branding.registration = false;
    endpoint_caller at{s};
    CHECK_FALSE(at.visit("register_page", "/auth/register").shows("name=\"password\""));
    auto const invited = at.visit("register_page", "/auth/register?invitation=yl1_abc");
    CHECK(invited.shows("name=\"password\""));
    CHECK(invited.hidden("invitation") == "yl1_abc");
}

TEST_CASE("registration form: is filled in as it was but for secrets")
{
    endpoint_caller at;
    at.add_user(ada);
    auto const page = at.visit("register_page", "/auth/register");
    auto const taken = at.send(page, "register", "/auth/register", std::string{"email="} + in_form + "&password=" + good);
    CHECK(taken.came_to() == "email_taken");
    CHECK(taken.shows("email-error"));
    CHECK(taken.shows("value=\"ada@example.com\""));
    CHECK_FALSE(taken.shows("staple"));
    auto const weak = at.send(page, "register", "/auth/register", "email=eve%40example.com&password=password1234");
    CHECK(weak.came_to() == "password_weak");
    CHECK(weak.shows("password-error"));
}

TEST_CASE("link to verify: is followed by a form, and told when it is dead")
{
    endpoint_caller at{with_mails()};
    auto const register_page = at.visit("register_page", "/auth/register");
    (void)at.send(register_page, "register", "/auth/register",
                  std::string{"email="} + in_form + "&password=" + good + "&next=/shop");
    auto const token = at.link_of(letter_kind::verify_address);
    REQUIRE_FALSE(token.empty());

    auto const page = at.visit("verify_link", "/auth/verify/" + token);
    CHECK(page.came_to() == "200");
    CHECK(page.hidden("token") == token);
    auto const on = at.send(page, "verify", "/auth/verify", "token=" + token);
    CHECK_MESSAGE(on.field("Location") == "/auth/login?notice=verified&next=kept", "where somebody wanted to go has waited");

    auto const again = at.visit("verify_link", "/auth/verify/" + token);
    CHECK_MESSAGE(again.came_to() == "200", "it did its work: nothing is wrong");
    CHECK(again.hidden("token").empty());
    auto const dead = at.visit("verify_link", "/auth/verify/rubbish");
    CHECK(dead.came_to() == "link_invalid");
    CHECK(dead.shows("/auth/check-mail"));

    auto const login_page = at.visit("login_page", "/auth/login?next=kept");
    auto const in =
        at.send(login_page, "login", "/auth/login", std::string{"email="} + in_form + "&password=" + good + "&next=kept");
    CHECK(in.field("Location") == "/shop");
    CHECK(in.deletes("__Host-yett_next"));
}

TEST_CASE("reset: asked for, chosen, and where it leads")
{
    endpoint_caller at;
    at.add_user(ada);
    auto const ask_page = at.visit("reset_page", "/auth/reset");
    auto const asked = at.send(ask_page, "reset_request", "/auth/reset-request", std::string{"email="} + in_form);
    CHECK(asked.field("Location") == "/auth/check-mail?for=reset");
    auto const token = at.link_of(letter_kind::reset_password);
    REQUIRE_FALSE(token.empty());

    auto const page = at.visit("reset_link", "/auth/reset/" + token);
    CHECK(page.hidden("token") == token);
    auto const weak = at.send(page, "reset_confirm", "/auth/reset-confirm", "token=" + token + "&password=password1234");
    CHECK(weak.came_to() == "password_weak");
    CHECK(weak.hidden("token") == token);
    auto const done = at.send(page, "reset_confirm", "/auth/reset-confirm", "token=" + token + "&password=another+horse+battery");
    CHECK(done.field("Location") == "/auth/login?notice=reset");
    CHECK_FALSE(done.cookie("__Host-yett_device").empty());

    auto const late = at.send(page, "reset_confirm", "/auth/reset-confirm", "token=" + token + "&password=another+horse+battery");
    CHECK(late.came_to() == "link_invalid");
    CHECK(late.shows("/auth/reset"));
    CHECK(at.visit("reset_link", "/auth/reset/" + token).came_to() == "link_invalid");
}

TEST_CASE("reset: where people do not log in at ours it leads home")
{
    endpoint_caller::settings s;
    s.branding.login = false;
    s.branding.home = "/welcome";
    endpoint_caller at{s};
    at.add_user(ada);
    auto const ask_page = at.visit("reset_page", "/auth/reset");
    (void)at.send(ask_page, "reset_request", "/auth/reset-request", std::string{"email="} + in_form);
    auto const token = at.link_of(letter_kind::reset_password);
    auto const page = at.visit("reset_link", "/auth/reset/" + token);
    auto const done = at.send(page, "reset_confirm", "/auth/reset-confirm", "token=" + token + "&password=another+horse+battery");
    CHECK(done.field("Location") == "/welcome");
}

TEST_CASE("resend: leads to the page it stands on")
{
    endpoint_caller at{with_mails()};
    auto const page = at.visit("mail_page", "/auth/check-mail?for=verify");
    auto const on = at.send(page, "resend", "/auth/verify/resend", std::string{"email="} + in_form + "&next=/shop");
    CHECK(on.field("Location") == "/auth/check-mail?for=verify&next=/shop");
    CHECK_MESSAGE(on.cookie("__Host-yett_next").empty(), "it has been kept before");
    CHECK(at.send(page, "resend", "/auth/verify/resend", "email=").shows("email-error"));
}

TEST_CASE("account page: shows who is there")
{
    at_home home;
    CHECK(home.page.came_to() == "200");
    CHECK(home.page.shows(ada));
    CHECK_FALSE(home.page.hidden("form").empty());
    CHECK(home.page.shows("action=\"/auth/password\""));
    CHECK(home.page.shows("action=\"/auth/api-keys\""));
}

TEST_CASE("account page: a new password")
{
    struct row
    {
        char const* situation;
        std::string fields;
        char const* came_to;
        char const* told; // in the page
    } const rows[] = {
        {"the right one", std::string{"current_password="} + good + "&new_password=another+horse+battery", "303", ""},
        {"a wrong one", "current_password=wrong&new_password=another+horse+battery", "invalid_credentials", "current-error"},
        {"a weak one", std::string{"current_password="} + good + "&new_password=password1234", "password_weak", "new-error"},
        {"nothing", "current_password=&new_password=", "bad_request", "current-error"},
    };
    for (auto const& each : rows) {
        INFO(each.situation);
        at_home home;
        auto const answer = home.at.send(home.page, "password", "/auth/password", each.fields);
        CHECK(answer.came_to() == each.came_to);
        if (answer.status) CHECK(answer.field("Location") == "/auth/account?notice=password");
        else CHECK(answer.shows(each.told));
    }
}

TEST_CASE("account page: another address")
{
    at_home home;
    auto const done =
        home.at.send(home.page, "email", "/auth/email", std::string{"new_email=ada%40new.example&password="} + good);
    CHECK(done.field("Location") == "/auth/account?notice=address");
    auto const wrong = home.at.send(home.page, "email", "/auth/email", "new_email=ada%40new.example&password=wrong");
    CHECK(wrong.came_to() == "invalid_credentials");
    CHECK(wrong.shows("email-password-error"));
    auto const empty = home.at.send(home.page, "email", "/auth/email", "new_email=ada%40new.example&password=");
    CHECK_MESSAGE(empty.shows("email-password-error"), "the account page has several places for a password");

    auto const move = home.at.link_of(letter_kind::change_address);
    auto const link = home.at.visit("email_link", "/auth/email/confirm/" + move);
    CHECK(link.hidden("token") == move);
    auto const moved = home.at.send(link, "email_confirm", "/auth/email/confirm", "token=" + move);
    CHECK(moved.field("Location") == "/auth/login?notice=address_changed");
    auto const dead = home.at.send(link, "email_confirm", "/auth/email/confirm", "token=" + move);
    CHECK(dead.came_to() == "link_invalid");
    CHECK(dead.hidden("token").empty());
    CHECK(home.at.visit("email_link", "/auth/email/confirm/" + move).came_to() == "link_invalid");

    auto const back = home.at.link_of(letter_kind::address_changed);
    auto const undo = home.at.visit("undo_link", "/auth/email/undo/" + back);
    CHECK(undo.hidden("token") == back);
    CHECK(home.at.send(undo, "email_undo", "/auth/email/undo", "token=" + back).field("Location") ==
          "/auth/check-mail?for=reset");
}

TEST_CASE("account page: sessions end")
{
    at_home home;
    auto const one = home.at.ask("sessions", "GET /auth/sessions").member("sessions/0/id");
    CHECK(home.at.send(home.page, "account", "/auth/account", "").field("Location") == "/auth/account");
    CHECK(home.at.send(home.page, "account", "/auth/account", "next=/shop").field("Location") == "/auth/account&next=/shop");
    (void)home.at.sign_in(ada);
    auto const others = home.at.send(home.page, "account", "/auth/account", "others=end");
    CHECK(others.field("Location") == "/auth/account?notice=others_ended");
    CHECK(home.at.sessions_of(home.id) == 1);
    auto const gone = home.at.send(home.page, "account", "/auth/account", "end=no-such-session");
    CHECK_MESSAGE(gone.field("Location") == "/auth/account?notice=session_ended", "somebody else was quicker");
    auto const ended = home.at.send(home.page, "account", "/auth/account", "end=" + one);
    CHECK(ended.field("Location") == "/auth/account?notice=session_ended");
    CHECK(home.at.sessions_of(home.id) == 0);
}

TEST_CASE("account page: API keys are shown once, and removed")
{
    at_home home;
    auto const made = home.at.send(home.page, "create_api_key", "/auth/api-keys", "name=ci");
    CHECK(made.came_to() == "200");
    CHECK(made.shows("yk1_"));
    CHECK(made.field("Cache-Control") == "no-store");
    CHECK_FALSE(home.at.visit("account_page", "/auth/account").shows("yk1_"));
    auto const key = home.at.ask("api_keys", "GET /auth/api-keys").member("api_keys/0/id");
    auto const removed = home.at.send(home.page, "account", "/auth/account", "remove_key=" + key);
    CHECK(removed.field("Location") == "/auth/account?notice=key_removed#keys");
    CHECK(home.at.ask("api_keys", "GET /auth/api-keys").member("api_keys") == "[]");
    CHECK(home.at.send(home.page, "create_api_key", "/auth/api-keys", "name=").shows("name-error"));
}

TEST_CASE("account page: where users make no keys themselves it says so")
{
    endpoint_caller::settings s;
    s.self_service = false;
    at_home home{s};
    auto const refused = home.at.send(home.page, "create_api_key", "/auth/api-keys", "name=ci");
    CHECK(refused.came_to() == "forbidden");
    CHECK(refused.shows(ada));
}

TEST_CASE("account page: the account is removed with its password")
{
    endpoint_caller::settings s;
    s.self_delete = true;
    at_home home{s};
    auto const wrong = home.at.send(home.page, "delete_account", "/auth/account/delete", "password=wrong");
    CHECK(wrong.came_to() == "invalid_credentials");
    CHECK(wrong.shows("delete-error"));
    auto const empty = home.at.send(home.page, "delete_account", "/auth/account/delete", "password=");
    CHECK(empty.came_to() == "bad_request");
    auto const gone = home.at.send(home.page, "delete_account", "/auth/account/delete", std::string{"password="} + good);
    CHECK(gone.field("Location") == "/auth/login?notice=deleted");
    CHECK(gone.deletes("__Host-yett_refresh"));
}

TEST_CASE("logout form: where it leads, and what the browser forgets")
{
    struct row
    {
        char const* situation;
        char const* after_logout;
        char const* fields;
        char const* location;
    } const rows[] = {
        {"to the login page", "", "", "/auth/login?notice=signed_out"},
        {"where the settings say", "/bye", "", "/bye"},
        {"where the application wants", "/bye", "next=/shop", "/shop"},
    };
    for (auto const& each : rows) {
        INFO(each.situation);
        endpoint_caller::settings s;
        s.after_logout = each.after_logout;
        endpoint_caller at{s};
        at.add_user(ada);
        auto const login_page = at.visit("login_page", "/auth/login");
        (void)at.send(login_page, "login", "/auth/login", std::string{"email="} + in_form + "&password=" + good);
        auto const page = at.visit("logout_page", "/auth/logout");
        auto const out = at.send(page, "logout", "/auth/logout", each.fields);
        CHECK(out.came_to() == "303");
        CHECK(out.field("Location") == each.location);
        CHECK(out.field("Clear-Site-Data") == "\"cache\"");
        CHECK(out.deletes("__Host-yett_refresh"));

        auto const nobody = at.send(page, "logout", "/auth/logout", each.fields);
        CHECK_MESSAGE(nobody.field("Location") == each.location, "who is nobody has come to the same");
    }
}

TEST_CASE("limits: a form that was sent too often says so there")
{
    endpoint_caller::settings s;
    s.login_over = true;
    endpoint_caller at{s};
    at.add_user(ada);
    auto const page = at.visit("login_page", "/auth/login");
    auto const refused = at.send(page, "login", "/auth/login", std::string{"email="} + in_form + "&password=" + good);
    CHECK(refused.came_to() == "rate_limited");
    CHECK_FALSE(refused.hidden("form").empty());
}
