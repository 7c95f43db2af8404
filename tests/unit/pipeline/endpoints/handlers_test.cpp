#include "tests/support/endpoint_caller.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::tests;
using accounts::letter_kind;

namespace {

constexpr auto ada = "ada@example.com";
constexpr auto good = endpoint_caller::good_password;

std::string json(std::initializer_list<std::pair<std::string_view, std::string_view>> members)
{
    std::string text;
    for (auto const& [name, value] : members)
        text += (text.empty() ? "{\"" : ",\"") + std::string{name} + "\":\"" + std::string{value} + '"';
    return text + '}';
}

pipeline::auth_transport in_bodies()
{
    pipeline::auth_transport ways;
    ways.refresh_in_cookie = false;
    ways.refresh_in_body = true;
    return ways;
}

pipeline::auth_transport in_both()
{
    pipeline::auth_transport ways;
    ways.refresh_in_body = true;
    ways.access_in_cookie = true;
    return ways;
}

endpoint_caller::settings with(pipeline::auth_transport ways)
{
    endpoint_caller::settings s;
    s.transport = std::move(ways);
    return s;
}

} // namespace

TEST_CASE("register: what a body comes to")
{
    struct row
    {
        char const* situation;
        std::string body;
        char const* came_to;
        char const* field;
        char const* complaint;
    } const rows[] = {
        {"an address and a password", json({{"email", "eve@example.com"}, {"password", good}}), "201", "", ""},
        {"blanks around the address", json({{"email", " eve2@example.com "}, {"password", good}}), "201", "", ""},
        {"an empty invitation is none", json({{"email", "eve3@example.com"}, {"password", good}, {"invitation", ""}}), "201", "",
         ""},
        {"no password", json({{"email", "eve@example.com"}}), "bad_request", "password", "required"},
        {"a member too many", json({{"email", "eve@example.com"}, {"password", good}, {"role", "admin"}}), "bad_request", "role",
         "unknown"},
        {"no address at all", json({{"email", "eve"}, {"password", good}}), "email_invalid", "email", "email_invalid"},
        {"a password that anybody guesses", json({{"email", "eve@example.com"}, {"password", "password1234"}}), "password_weak",
         "password", "password_weak"},
        {"an address that has an account", json({{"email", ada}, {"password", good}}), "email_taken", "", ""},
        {"no JSON", "{", "bad_request", "", ""},
    };
    for (auto const& each : rows) {
        INFO(each.situation);
        endpoint_caller at;
        at.add_user(ada);
        auto const answer = at.ask("register", "POST /auth/register", each.body);
        CHECK(answer.came_to() == each.came_to);
        if (*each.field) CHECK(answer.complaint_of(each.field) == each.complaint);
    }
}

TEST_CASE("register: the reply and the account that limits count by")
{
    endpoint_caller at;
    auto const made = at.ask("register", "POST /auth/register", json({{"email", "Eve@Example.com"}, {"password", good}}));
    CHECK_MESSAGE(made.member("email") == "Eve@example.com", "a host has no case");
    CHECK_FALSE(made.member("user_id").empty());
    CHECK(made.account == "eve@example.com");
    CHECK(made.field("Cache-Control") == "no-store");
    CHECK(made.field("Content-Type") == "application/json");
}

TEST_CASE("register: where addresses are verified everybody is told the same")
{
    endpoint_caller::settings s;
    s.verified_email = true;
    endpoint_caller at{s};
    auto const fresh = at.ask("register", "POST /auth/register", json({{"email", ada}, {"password", good}}));
    CHECK_FALSE(at.link_of(letter_kind::verify_address).empty());
    auto const again = at.ask("register", "POST /auth/register", json({{"email", ada}, {"password", good}}));
    CHECK(fresh.came_to() == "201");
    CHECK(again.came_to() == fresh.came_to());
    CHECK(again.member("verified") == fresh.member("verified"));
}

TEST_CASE("register: an account that had all its letters is served as before, and no letter goes")
{
    endpoint_caller::settings s;
    s.verified_email = true;
    s.letters_over = true;
    endpoint_caller at{s};
    CHECK(at.ask("register", "POST /auth/register", json({{"email", ada}, {"password", good}})).came_to() == "201");
    CHECK(at.letters() == 0);
}

TEST_CASE("register: a limit that is none of letters is told")
{
    endpoint_caller::settings s;
    s.login_over = true;
    endpoint_caller at{s};
    CHECK(at.ask("register", "POST /auth/register", json({{"email", ada}, {"password", good}})).came_to() == "rate_limited");
}

TEST_CASE("login: what is tried")
{
    struct row
    {
        char const* situation;
        char const* head;
        std::string body;
        char const* came_to;
    } const rows[] = {
        {"the right password", "POST /auth/login", json({{"email", ada}, {"password", good}}), "200"},
        {"the address in another case", "POST /auth/login", json({{"email", "ADA@example.com"}, {"password", good}}), "200"},
        {"a form of a password manager", "POST /auth/login", "username=ada%40example.com&password=correct+horse+battery+staple",
         "200"},
        {"a form that has both names, of which the first one counts", "POST /auth/login",
         "username=ada%40example.com&email=eve%40example.com&password=correct+horse+battery+staple", "200"},
        {"a user name in JSON", "POST /auth/login", json({{"username", ada}, {"password", good}}), "bad_request"},
        {"a wrong password", "POST /auth/login", json({{"email", ada}, {"password", "wrong horse battery staple"}}),
         "invalid_credentials"},
        {"an address that nobody has", "POST /auth/login", json({{"email", "eve@example.com"}, {"password", good}}),
         "invalid_credentials"},
        {"what is no address", "POST /auth/login", json({{"email", "ada"}, {"password", good}}), "invalid_credentials"},
        {"no password", "POST /auth/login", json({{"email", ada}}), "bad_request"},
        {"from our own page", "POST /auth/login\nOrigin: https://example.com", json({{"email", ada}, {"password", good}}), "200"},
        {"from a page of another site", "POST /auth/login\nOrigin: https://evil.example",
         json({{"email", ada}, {"password", good}}), "csrf_rejected"},
    };
    for (auto const& each : rows) {
        INFO(each.situation);
        endpoint_caller at;
        at.add_user(ada);
        CHECK(at.ask("login", each.head, each.body).came_to() == each.came_to);
    }
}

TEST_CASE("login: tokens travel as they are configured to")
{
    endpoint_caller cookies;
    cookies.add_user(ada);
    auto const by_cookie = cookies.sign_in(ada);
    CHECK_FALSE(by_cookie.cookie("__Host-yett_refresh").empty());
    CHECK(by_cookie.member("refresh_token").empty());
    CHECK_FALSE(by_cookie.member("access_token").empty());
    CHECK(by_cookie.member("token_type") == "bearer");
    CHECK(by_cookie.member("user/email") == ada);

    endpoint_caller bodies{with(in_bodies())};
    bodies.add_user(ada);
    auto const by_body = bodies.sign_in(ada);
    CHECK(by_body.field("Set-Cookie").empty());
    CHECK_FALSE(by_body.member("refresh_token").empty());
}

TEST_CASE("login: without cookies no origin is asked for")
{
    endpoint_caller at{with(in_bodies())};
    at.add_user(ada);
    auto const answer =
        at.ask("login", "POST /auth/login\nOrigin: https://evil.example", json({{"email", ada}, {"password", good}}));
    CHECK(answer.came_to() == "200");
}

TEST_CASE("login: a device that signed in before is known, and counts by itself")
{
    endpoint_caller at;
    at.add_user(ada);
    auto const first = at.sign_in(ada);
    CHECK(first.device.empty());
    auto const mark = first.cookie("__Host-yett_device");
    REQUIRE_FALSE(mark.empty());
    auto const again =
        at.ask("login", "POST /auth/login\nCookie: __Host-yett_device=" + mark, json({{"email", ada}, {"password", good}}));
    CHECK_FALSE(again.device.empty());
    auto const forged =
        at.ask("login", "POST /auth/login\nCookie: __Host-yett_device=made-up", json({{"email", ada}, {"password", good}}));
    CHECK(forged.device.empty());
}

TEST_CASE("login: the account's limit comes before the password is looked at")
{
    endpoint_caller::settings s;
    s.login_over = true;
    endpoint_caller at{s};
    at.add_user(ada);
    CHECK(at.sign_in(ada).came_to() == "rate_limited");
    CHECK(at.sign_in(ada, "wrong horse battery staple").came_to() == "rate_limited");
}

TEST_CASE("login: ends the session that the browser had")
{
    endpoint_caller at;
    auto const id = at.add_user(ada);
    auto const first = at.sign_in(ada);
    (void)at.ask("login", "POST /auth/login\nCookie: __Host-yett_refresh=" + first.cookie("__Host-yett_refresh"),
                 json({{"email", ada}, {"password", good}}));
    CHECK(at.sessions_of(id) == 1);
}

TEST_CASE("refresh: where the token comes from")
{
    enum class from
    {
        nowhere,
        body,
        cookie,
        both,
        body_and_another_cookie
    };
    struct row
    {
        char const* situation;
        from brought;
        char const* origin;
        char const* came_to;
    } const rows[] = {
        {"nothing came", from::nowhere, "", "unauthenticated"},
        {"in the body", from::body, "", "200"},
        {"in the body, from a page of another site", from::body, "\nOrigin: https://evil.example", "200"},
        {"in the cookie, from our own page", from::cookie, "\nOrigin: https://example.com", "200"},
        {"in the cookie, from a page of another site", from::cookie, "\nOrigin: https://evil.example", "csrf_rejected"},
        {"in the cookie, and nothing says where from", from::cookie, "", "csrf_rejected"},
        {"the same in both", from::both, "", "200"},
        {"two that differ", from::body_and_another_cookie, "", "credentials_disagree"},
    };
    for (auto const& each : rows) {
        INFO(each.situation);
        endpoint_caller at{with(in_both())};
        at.add_user(ada);
        auto const token = at.sign_in(ada).member("refresh_token");
        auto const other = at.sign_in(ada).member("refresh_token");
        auto const has_cookie = each.brought != from::nowhere && each.brought != from::body;
        auto const has_body =
            each.brought == from::body || each.brought == from::both || each.brought == from::body_and_another_cookie;
        auto const in_cookie = each.brought == from::body_and_another_cookie ? other : token;
        auto const head = std::string{"POST /auth/refresh"} + each.origin +
                          (has_cookie ? "\nCookie: __Host-yett_refresh=" + in_cookie : std::string{});
        auto const answer = at.ask("refresh", head, has_body ? json({{"refresh_token", token}}) : "{}");
        CHECK(answer.came_to() == each.came_to);
    }
}

TEST_CASE("refresh: one that does not serve is no more than that")
{
    endpoint_caller at{with(in_bodies())};
    at.add_user(ada);
    CHECK(at.ask("refresh", "POST /auth/refresh", json({{"refresh_token", "rubbish"}})).came_to() == "unauthenticated");
    auto const token = at.sign_in(ada).member("refresh_token");
    CHECK(at.ask("refresh", "POST /auth/refresh", json({{"refresh_token", token}, {"more", "x"}})).complaint_of("more") ==
          "unknown");
    CHECK(at.ask("refresh", "POST /auth/refresh", json({{"refresh_token", token}})).came_to() == "200");
    at.pass(seconds{3600});
    CHECK_MESSAGE(at.ask("refresh", "POST /auth/refresh", json({{"refresh_token", token}})).failure, "used twice, late");
}

TEST_CASE("logout: who may leave")
{
    endpoint_caller at{with(in_both())};
    auto const id = at.add_user(ada);
    auto const ours = std::string{"\nOrigin: https://example.com"};

    CHECK(at.ask("logout", "POST /auth/logout").came_to() == "unauthenticated");
    CHECK(at.ask("logout", "POST /auth/logout\nAuthorization: Bearer rubbish").came_to() == "token_malformed");

    auto const first = at.sign_in(ada);
    CHECK(at.ask("logout", "POST /auth/logout\nAuthorization: Bearer " + first.member("access_token")).came_to() == "204");
    CHECK(at.sessions_of(id) == 0);

    auto const second = at.sign_in(ada);
    CHECK(at.ask("logout", "POST /auth/logout", json({{"refresh_token", second.member("refresh_token")}})).came_to() == "204");
    CHECK(at.sessions_of(id) == 0);

    auto const third = at.sign_in(ada);
    auto const cookies = "\nCookie: __Host-yett_refresh=" + third.member("refresh_token");
    CHECK(at.ask("logout", "POST /auth/logout" + cookies).came_to() == "csrf_rejected");
    CHECK(at.sessions_of(id) == 1);
    auto const left = at.ask("logout", "POST /auth/logout" + ours + cookies);
    CHECK(left.came_to() == "204");
    CHECK(left.deletes("__Host-yett_refresh"));
    CHECK(left.deletes("__Host-yett_access"));
    CHECK(at.sessions_of(id) == 0);

    CHECK_MESSAGE(at.ask("logout", "POST /auth/logout" + ours + cookies).came_to() == "204", "there is nobody left to sign out");
}

TEST_CASE("logout: nobody is told that a session has ended which could not be looked at")
{
    auto settings = with(in_both());
    settings.checks = 1;
    endpoint_caller at{settings};
    auto const id = at.add_user(ada);
    auto const ours = std::string{"\nOrigin: https://example.com"};
    auto const token = at.sign_in(ada).member("access_token");
    auto forged = token;
    forged[forged.size() - 8] = forged[forged.size() - 8] == 'A' ? 'B' : 'A';
    CHECK(at.ask("logout", "POST /auth/logout\nAuthorization: Bearer " + forged).came_to() == "token_untrusted");

    CHECK(at.ask("logout", "POST /auth/logout\nAuthorization: Bearer " + token).came_to() == "rate_limited");
    auto const by_cookie = at.ask("logout", "POST /auth/logout" + ours + "\nCookie: __Host-yett_access=" + token);
    CHECK(by_cookie.came_to() == "rate_limited");
    CHECK_FALSE(by_cookie.deletes("__Host-yett_access"));
    CHECK(at.sessions_of(id) == 1);

    at.be(token); // from now on it is known
    CHECK(at.ask("logout", "POST /auth/logout\nAuthorization: Bearer " + token).came_to() == "204");
    CHECK(at.sessions_of(id) == 0);
}

TEST_CASE("logout: one session, or everywhere")
{
    endpoint_caller at{with(in_bodies())};
    auto const id = at.add_user(ada);
    auto const one = at.sign_in(ada);
    (void)at.sign_in(ada);
    (void)at.sign_in(ada);
    (void)at.ask("logout", "POST /auth/logout", json({{"refresh_token", one.member("refresh_token")}}));
    CHECK(at.sessions_of(id) == 2);
    auto const other = at.sign_in(ada);
    auto const body = R"({"refresh_token":")" + other.member("refresh_token") + R"(","everywhere":true})";
    CHECK(at.ask("logout", "POST /auth/logout", body).came_to() == "204");
    CHECK(at.sessions_of(id) == 0);
}

TEST_CASE("verify: a link is followed once, by whom it is meant for")
{
    endpoint_caller::settings s;
    s.verified_email = true;
    endpoint_caller at{s};
    (void)at.ask("register", "POST /auth/register", json({{"email", ada}, {"password", good}}));
    auto const token = at.link_of(letter_kind::verify_address);

    CHECK(at.ask("verify", "POST /auth/verify", json({{"token", "rubbish"}})).came_to() == "link_invalid");
    CHECK(at.ask("verify", "POST /auth/verify", json({{"token", token}, {"more", "x"}})).came_to() == "bad_request");
    CHECK_MESSAGE(at.ask("verify_link", "GET /auth/verify/" + token).came_to() == "204", "a mail scanner looks and does nothing");
    CHECK(at.ask("verify_link", "HEAD /auth/verify/" + token + "\nAccept: application/json").came_to() == "204");
    auto const followed = at.ask("verify_link", "GET /auth/verify/" + token + "\nAccept: application/json");
    CHECK(followed.came_to() == "200");
    CHECK(followed.member("verified") == "true");
    CHECK(at.ask("verify", "POST /auth/verify", json({{"token", token}})).came_to() == "link_invalid");
    CHECK(at.sign_in(ada).came_to() == "200");
}

TEST_CASE("verify: a link that has run out says so")
{
    endpoint_caller::settings s;
    s.verified_email = true;
    endpoint_caller at{s};
    (void)at.ask("register", "POST /auth/register", json({{"email", ada}, {"password", good}}));
    auto const token = at.link_of(letter_kind::verify_address);
    at.pass(seconds{25 * 3600});
    CHECK(at.ask("verify", "POST /auth/verify", json({{"token", token}})).came_to() == "link_expired");
}

TEST_CASE("letters: everybody who asks for one is told the same")
{
    endpoint_caller at;
    at.add_user(ada);
    for (auto const* endpoint : {"resend", "reset_request"}) {
        INFO(endpoint);
        auto const known = at.ask(endpoint, "POST /auth/x", json({{"email", ada}}));
        auto const unknown = at.ask(endpoint, "POST /auth/x", json({{"email", "eve@example.com"}}));
        auto const none = at.ask(endpoint, "POST /auth/x", json({{"email", "no address"}}));
        CHECK(known.came_to() == "202");
        CHECK(unknown.came_to() == "202");
        CHECK(none.came_to() == "202");
        CHECK(known.body == unknown.body);
        CHECK(known.account == ada);
        CHECK(none.account == "no address");
        CHECK(at.ask(endpoint, "POST /auth/x", json({{"email", ada}, {"more", "x"}})).came_to() == "bad_request");
        CHECK(at.ask(endpoint, "POST /auth/x", "{").came_to() == "bad_request");
    }
}

TEST_CASE("reset: a password is chosen through a link, once")
{
    endpoint_caller at;
    auto const id = at.add_user(ada);
    (void)at.sign_in(ada);
    (void)at.ask("reset_request", "POST /auth/reset-request", json({{"email", ada}}));
    auto const token = at.link_of(letter_kind::reset_password);
    REQUIRE_FALSE(token.empty());
    auto const chosen = "another horse battery staple";

    CHECK(at.ask("reset_link", "GET /auth/reset/" + token).came_to() == "204");
    CHECK(at.ask("reset_link", "GET /auth/reset/rubbish").came_to() == "link_invalid");
    auto const weak = at.ask("reset_confirm", "POST /auth/reset-confirm", json({{"token", token}, {"password", "password1234"}}));
    CHECK(weak.came_to() == "password_weak");
    CHECK(weak.complaint_of("password") == "password_weak");
    auto const done = at.ask("reset_confirm", "POST /auth/reset-confirm", json({{"token", token}, {"password", chosen}}));
    CHECK(done.came_to() == "204");
    CHECK_FALSE(done.cookie("__Host-yett_device").empty());
    CHECK_MESSAGE(at.sessions_of(id) == 0, "whoever knew the old one is out");
    CHECK(at.ask("reset_confirm", "POST /auth/reset-confirm", json({{"token", token}, {"password", chosen}})).came_to() ==
          "link_invalid");
    CHECK(at.sign_in(ada, chosen).came_to() == "200");
}

TEST_CASE("reset: an account that had all its letters gets none, and the reply is the same")
{
    endpoint_caller::settings s;
    s.letters_over = true;
    endpoint_caller at{s};
    at.add_user(ada);
    CHECK(at.ask("reset_request", "POST /auth/reset-request", json({{"email", ada}})).came_to() == "202");
    CHECK(at.letters() == 0);
}

TEST_CASE("me: who asks")
{
    endpoint_caller at;
    at.add_user(ada);
    at.be(at.sign_in(ada).member("access_token"));
    auto const me = at.ask("me", "GET /auth/me");
    CHECK(me.came_to() == "200");
    CHECK(me.member("email") == ada);
    CHECK(me.member("verified") == "true");
    CHECK(me.member("roles") == "[]");
}

TEST_CASE("password: what it is changed with")
{
    struct row
    {
        char const* situation;
        std::string body;
        char const* came_to;
    } const rows[] = {
        {"the one that holds", json({{"current_password", good}, {"new_password", "another horse battery staple"}}), "204"},
        {"a wrong one", json({{"current_password", "wrong"}, {"new_password", "another horse battery staple"}}),
         "invalid_credentials"},
        {"a weak one for the future", json({{"current_password", good}, {"new_password", "password1234"}}), "password_weak"},
        {"nothing for the future", json({{"current_password", good}}), "bad_request"},
    };
    for (auto const& each : rows) {
        INFO(each.situation);
        endpoint_caller at;
        at.add_user(ada);
        at.be(at.sign_in(ada).member("access_token"));
        CHECK(at.ask("password", "POST /auth/password", each.body).came_to() == each.came_to);
    }
}

TEST_CASE("sessions: listed, and ended one by one or but for this one")
{
    endpoint_caller at;
    auto const id = at.add_user(ada);
    (void)at.sign_in(ada);
    (void)at.sign_in(ada);
    at.be(at.sign_in(ada).member("access_token"));
    auto const all = at.ask("sessions", "GET /auth/sessions");
    CHECK(all.came_to() == "200");
    CHECK_FALSE(all.member("sessions/2/id").empty());
    CHECK(all.member("sessions/3").empty());
    CHECK(all.member("next").empty());

    auto const part = at.ask("sessions", "GET /auth/sessions?limit=1");
    CHECK(part.member("sessions/1").empty());
    CHECK_FALSE(part.member("next").empty());
    for (auto const* wrong : {"0", "1001", "x", "1x", "-1", ""})
        CHECK(at.ask("sessions", std::string{"GET /auth/sessions?limit="} + wrong).came_to() == "bad_request");

    std::string other;
    for (auto const* n : {"0", "1", "2"})
        if (all.member(std::string{"sessions/"} + n + "/current") == "false")
            other = all.member(std::string{"sessions/"} + n + "/id");
    CHECK(at.ask("session", "DELETE /auth/sessions/" + other).came_to() == "204");
    CHECK_MESSAGE(at.ask("session", "DELETE /auth/sessions/" + other).came_to() == "204", "it has ended, whoever did it");
    CHECK(at.ask("session", "DELETE /auth/sessions/no-such-session").came_to() == "not_found");
    CHECK(at.sessions_of(id) == 2);
    CHECK(at.ask("other_sessions", "DELETE /auth/sessions").came_to() == "204");
    CHECK(at.sessions_of(id) == 1);
}

TEST_CASE("api keys: made, listed, removed by a session alone")
{
    endpoint_caller at;
    at.add_user(ada);
    at.be(at.sign_in(ada).member("access_token"));
    auto const made = at.ask("create_api_key", "POST /auth/api-keys", R"({"name":"ci","requests_per_minute":60})");
    CHECK(made.came_to() == "201");
    CHECK_FALSE(made.member("key").empty());
    CHECK(made.member("requests_per_minute") == "60");
    auto const listed = at.ask("api_keys", "GET /auth/api-keys");
    CHECK(listed.member("api_keys/0/name") == "ci");
    CHECK_MESSAGE(listed.member("api_keys/0/key").empty(), "it is shown once");
    CHECK(at.ask("remove_api_key", "DELETE /auth/api-keys/").came_to() == "not_found");
    CHECK(at.ask("remove_api_key", "DELETE /auth/api-keys/" + made.member("id")).came_to() == "204");
    CHECK(at.ask("api_keys", "GET /auth/api-keys").member("api_keys") == "[]");
    CHECK(at.ask("create_api_key", "POST /auth/api-keys", R"({"name":"ci","more":1})").came_to() == "bad_request");
}

TEST_CASE("api keys: not where users make none themselves")
{
    endpoint_caller::settings s;
    s.self_service = false;
    endpoint_caller at{s};
    at.add_user(ada);
    at.be(at.sign_in(ada).member("access_token"));
    CHECK(at.ask("create_api_key", "POST /auth/api-keys", R"({"name":"ci"})").came_to() == "forbidden");
}

TEST_CASE("email: changed through a letter to the new address, and undone through one to the old")
{
    endpoint_caller at;
    at.add_user(ada);
    at.be(at.sign_in(ada).member("access_token"));
    auto const asked = at.ask("email", "POST /auth/email", json({{"new_email", "ada@new.example"}, {"password", good}}));
    CHECK(asked.came_to() == "202");
    CHECK(asked.account == "ada@new.example");
    auto const move = at.link_of(letter_kind::change_address);
    REQUIRE_FALSE(move.empty());
    CHECK(at.ask("email_link", "GET /auth/email/confirm/" + move).came_to() == "204");
    CHECK(at.ask("undo_link", "GET /auth/email/undo/" + move).came_to() == "link_invalid");
    CHECK(at.ask("email_confirm", "POST /auth/email/confirm", json({{"token", move}})).member("email") == "ada@new.example");
    CHECK(at.ask("email_confirm", "POST /auth/email/confirm", json({{"token", move}})).came_to() == "link_invalid");
    auto const back = at.link_of(letter_kind::address_changed);
    REQUIRE_FALSE(back.empty());
    CHECK(at.ask("undo_link", "GET /auth/email/undo/" + back).came_to() == "204");
    CHECK(at.ask("email_undo", "POST /auth/email/undo", json({{"token", back}})).member("email") == ada);
}

TEST_CASE("email: needs the password, and an address")
{
    endpoint_caller at;
    at.add_user(ada);
    at.be(at.sign_in(ada).member("access_token"));
    auto const try_with = [&](std::string_view email, std::string_view password) {
        return at.ask("email", "POST /auth/email", json({{"new_email", email}, {"password", password}})).came_to();
    };
    CHECK(try_with("ada@new.example", "wrong") == "invalid_credentials");
    CHECK(try_with("ada", good) == "email_invalid");
    CHECK(at.ask("email", "POST /auth/email", json({{"new_email", "a@new.example"}})).came_to() == "bad_request");
    CHECK(at.ask("email_confirm", "POST /auth/email/confirm", "{}").came_to() == "bad_request");
    CHECK(at.ask("email_undo", "POST /auth/email/undo", json({{"token", "rubbish"}})).came_to() == "link_invalid");
}

TEST_CASE("delete_me: with the password, or a login a moment ago")
{
    struct row
    {
        char const* situation;
        bool allowed;
        seconds ago;
        std::string body;
        char const* came_to;
    } const rows[] = {
        {"a login just now", true, seconds{0}, "{}", "204"},
        {"a login just in time", true, seconds{900}, "{}", "204"},
        {"a login too long ago", true, seconds{901}, "{}", "recent_login_required"},
        {"the password instead", true, seconds{901}, json({{"password", good}}), "204"},
        {"a wrong one", true, seconds{0}, json({{"password", "wrong"}}), "invalid_credentials"},
        {"where users do not remove themselves", false, seconds{0}, "{}", "forbidden"},
    };
    for (auto const& each : rows) {
        INFO(each.situation);
        endpoint_caller::settings s;
        s.self_delete = each.allowed;
        endpoint_caller at{s};
        at.add_user(ada);
        at.be_since(at.sign_in(ada).member("access_token"), each.ago);
        auto const answer = at.ask("delete_me", "DELETE /auth/me", each.body);
        CHECK(answer.came_to() == each.came_to);
        CHECK(answer.deletes("__Host-yett_refresh") == (answer.status == 204));
    }
}

TEST_CASE("documents: sent once, and not again to who has them")
{
    endpoint_caller at;
    auto const keys = at.ask("jwks", "GET /.well-known/jwks.json");
    CHECK(keys.came_to() == "200");
    CHECK(keys.field("Content-Type") == "application/jwk-set+json");
    CHECK(keys.field("Cache-Control") == "public, max-age=300");
    CHECK(keys.field("ETag") == "\"one\"");
    CHECK(at.ask("jwks", "GET /.well-known/jwks.json\nIf-None-Match: \"one\"").came_to() == "304");
    CHECK(at.ask("jwks", "GET /.well-known/jwks.json\nIf-None-Match: \"two\", \"one\"").came_to() == "304");
    CHECK(at.ask("jwks", "GET /.well-known/jwks.json\nIf-None-Match: *").came_to() == "304");
    CHECK(at.ask("jwks", "GET /.well-known/jwks.json\nIf-None-Match: \"two\"").came_to() == "200");
    CHECK_MESSAGE(at.ask("metadata", "GET /.well-known/openid-configuration").came_to() == "no_such_route", "there is none");
}

TEST_CASE("nothing: what is below a prefix and no endpoint")
{
    endpoint_caller at;
    CHECK(at.ask("nothing", "POST /auth/logni", json({{"password", good}})).came_to() == "no_such_route");
}
