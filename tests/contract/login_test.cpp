#include "tests/contract/front_desk.hpp"

#include "gateway/accounts/issue.hpp"
#include "gateway/accounts/sessions/refresh.hpp"
#include "gateway/base/text/base64url.hpp"
#include "gateway/tokens/opaque/refresh_token.hpp"

#include <boost/json.hpp>

#include <atomic>
#include <set>

using namespace yett;
using namespace yett::accounts;
using namespace yett::tests;

namespace {

boost::json::object payload_of(secret const& token)
{
    auto const text = std::string{token.reveal()};
    auto const first = text.find('.');
    auto const second = text.find('.', first + 1);
    return boost::json::parse(*base64url_decode(text.substr(first + 1, second - first - 1))).as_object();
}

} // namespace

TEST_CASE("login: the right password opens a session and hands out both tokens")
{
    on_every_desk([](front_desk& desk) {
        auto const id = desk.add_user("anna@example.com", good_password);
        user_change roles;
        roles.roles = std::vector<std::string>{"admin"};
        REQUIRE(run(desk.store.users().change(id, roles)));
        auto const given = desk.log_in("ANNA@example.com", good_password);
        REQUIRE(given);
        CHECK(given->user.user_id == id);
        CHECK(given->user.email == "anna@example.com");
        CHECK(given->user.roles == std::vector<std::string>{"admin"});
        CHECK(given->expires_in == seconds{900});
        CHECK(given->refresh_until == noon + desk.services.rules.refresh_ttl);

        auto const claims = payload_of(given->access_token);
        CHECK(claims.at("sub").as_string() == id);
        CHECK(claims.at("sid").as_string() == given->session);
        CHECK(claims.at("exp").as_int64() == to_unix(noon) + 900);

        auto const token = tokens::read_refresh_token(given->refresh_token.reveal());
        REQUIRE(token);
        auto const kept = run(desk.store.sessions().find(given->session));
        REQUIRE(kept);
        CHECK(kept->family == token->family);
        CHECK(kept->current_hash == token->hash);
        CHECK(kept->from.address == "192.0.2.7");
        CHECK(kept->access_until >= noon + seconds{900} + desk.services.rules.clock_skew);
        CHECK(kept->expires_at == noon + std::chrono::hours{24 * 30});
        CHECK(desk.audit.last() == "login_succeeded  " + id + " " + given->session);
    });
}

TEST_CASE("login: every login is a session of its own")
{
    on_every_desk([](front_desk& desk) {
        auto const id = desk.add_user("anna@example.com", good_password);
        std::set<std::string> seen;
        for (int i = 0; i < 3; ++i) seen.insert(desk.log_in("anna@example.com", good_password)->session);
        CHECK(seen.size() == 3);
        CHECK(run(desk.store.sessions().list(id, noon))->size() == 3);
    });
}

TEST_CASE("login: unknown, wrong, disabled and malformed fail alike after the same work")
{
    on_every_desk([](front_desk& desk) {
        desk.add_user("anna@example.com", good_password);
        auto const disabled = desk.add_user("dora@example.com", good_password);
        user_change change;
        change.disabled = true;
        REQUIRE(run(desk.store.users().change(disabled, change)));
        auto without = some_user("nopassword");
        without.password_hash.clear();
        REQUIRE(run(desk.store.users().add(without)));
        auto hostile = some_user("hostile");
        hostile.password_hash = "$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
        REQUIRE(run(desk.store.users().add(hostile)));

        struct situation
        {
            std::string email, password, reason;
        };
        std::vector<situation> const situations{
            {"anna@example.com", "wrong", "wrong_password"},
            {"anna@example.com", "", "wrong_password"},
            {"nobody@example.com", good_password, "unknown_user"},
            {"no address", good_password, "unknown_user"},
            {"", "", "unknown_user"},
            {"dora@example.com", good_password, "disabled"},
            {"dora@example.com", "wrong", "wrong_password"},
            {"nopassword@example.com", "", "wrong_password"},
            {"hostile@example.com", "U*U", "wrong_password"},
        };
        for (auto const& each : situations) {
            CAPTURE(each.email);
            CAPTURE(each.password);
            auto const before = desk.passwords.computed();
            auto const given = desk.log_in(each.email, each.password);
            REQUIRE_FALSE(given);
            CHECK(given.error() == errc::invalid_credentials);
            CHECK(desk.passwords.computed() == before + 1);
            CHECK(desk.audit.last().starts_with("login_failed " + each.reason + " "));
        }
    });
}

TEST_CASE("login: a password that cannot be one is refused before any work, whoever it is for")
{
    using namespace std::string_literals;
    on_every_desk([](front_desk& desk) {
        desk.add_user("anna@example.com", good_password);
        auto const before = desk.passwords.computed();
        for (auto const& typed : {std::string(1025, 'x'), "correct horse battery staple\0x"s, "\xff"s})
            for (auto const* email : {"anna@example.com", "nobody@example.com"})
                CHECK(desk.log_in(email, typed).error() == errc::invalid_credentials);
        CHECK(desk.passwords.computed() == before);
    });
}

TEST_CASE("login: an unverified account says so to the right password alone")
{
    on_every_desk([](front_desk& desk) {
        registration asked;
        asked.email = "anna@example.com";
        asked.password = secret{good_password};
        REQUIRE(run(register_user(desk.services, asked, noon)));
        CHECK(desk.log_in("anna@example.com", good_password).error() == errc::email_not_verified);
        CHECK(desk.log_in("anna@example.com", "wrong").error() == errc::invalid_credentials);
        desk.services.rules.require_verified_email = false;
        CHECK(desk.log_in("anna@example.com", good_password));
    });
}

TEST_CASE("login: a password typed on another keyboard is the same password")
{
    on_every_desk([](front_desk& desk) {
        desk.add_user("anna@example.com", "caf\xc3\xa9 horse battery staple");
        CHECK(desk.log_in("anna@example.com", "cafe\xcc\x81 horse battery staple"));
    });
}

TEST_CASE("login: an outdated hash is replaced once, and the password did not change")
{
    on_every_desk([](front_desk& desk) {
        auto imported = some_user("anna");
        imported.verified = true;
        imported.password_hash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
        REQUIRE(run(desk.store.users().add(imported)));
        REQUIRE(desk.log_in("anna@example.com", "U*U"));
        CHECK(desk.audit.count("password_rehashed") == 1);
        auto const after = run(desk.store.users().find(imported.id));
        CHECK(after->password_hash.starts_with("$argon2id$"));
        CHECK(after->password_changed_at == noon);
        auto const before = desk.passwords.computed();
        REQUIRE(desk.log_in("anna@example.com", "U*U"));
        CHECK(desk.passwords.computed() == before + 1);
        CHECK(desk.audit.count("password_rehashed") == 1);
    });
}

TEST_CASE("login: many at once all get sessions of their own")
{
    on_every_desk([](front_desk& desk) {
        auto const id = desk.add_user("anna@example.com", good_password);
        std::atomic<int> in{0};
        auto const each = [&](int) -> task<void> {
            credentials offered;
            offered.email = "anna@example.com";
            offered.password = secret{good_password};
            auto const given = co_await login(desk.services, offered, noon);
            in += given.has_value();
        };
        run_on_workers(4, 10, each);
        CHECK(in == 40);
        CHECK(run(desk.store.sessions().list(id, noon))->size() == 40);
    });
}

TEST_CASE("login: a user agent is kept short and printable")
{
    on_every_desk([](front_desk& desk) {
        desk.add_user("anna@example.com", good_password);
        credentials offered;
        offered.email = "anna@example.com";
        offered.password = secret{good_password};
        offered.session.from = {"192.0.2.1", "a\r\n\x1b[31m\xff" + std::string(1000, 'b')};
        auto const given = granted(run(login(desk.services, offered, noon)));
        auto const kept = run(desk.store.sessions().find(given->session));
        CHECK(kept->from.agent.size() <= 256);
        CHECK(kept->from.agent.starts_with("a[31mbbb"));
    });
}

TEST_CASE("login: a user has only so many sessions, and the one used longest ago ends with an audit line")
{
    on_every_desk([](front_desk& desk) {
        auto const id = desk.add_user("anna@example.com", good_password);
        desk.services.rules.sessions_per_user = 3;
        std::vector<std::string> sessions;
        for (int i = 0; i < 5; ++i)
            sessions.push_back(desk.log_in("anna@example.com", good_password, noon + seconds{i}).value().session);
        CHECK(run(desk.store.sessions().list(id, noon + seconds{5})).value().size() == 3);
        for (int i = 0; i < 5; ++i) CHECK(desk.is_dead(sessions[static_cast<std::size_t>(i)], noon + seconds{5}) == (i < 2));
        CHECK(desk.audit.count("session_ended") == 2);
        CHECK(desk.audit.count("login_succeeded") == 5);
    });
}

TEST_CASE("login: what does not fit where it travels leaves no session (siblings: long address, refresh)")
{
    on_every_desk([](front_desk& desk) {
        auto const id = desk.add_user("anna@example.com", good_password);
        user_change many;
        many.roles = std::vector<std::string>(60, std::string(40, 'r'));
        REQUIRE(run(desk.store.users().change(id, many)));
        auto const before = desk.log_in("anna@example.com", good_password);
        REQUIRE(before); // a header holds it
        desk.services.rules.claims_room = 2500;
        CHECK(desk.log_in("anna@example.com", good_password).error() == errc::internal);
        CHECK(run(desk.store.sessions().list(id, noon)).value().size() == 1);
        CHECK(check_room(desk.services.rules, "anna@example.com", *many.roles).error() == errc::bad_request);
        CHECK(
            check_room(desk.services.rules, std::string(254, 'a'), std::vector<std::string>(53, std::string(40, 'r'))).error() ==
            errc::bad_request);
        CHECK(check_room(desk.services.rules, "anna@example.com", std::vector<std::string>(53, std::string(40, 'r'))));
    });
}

TEST_CASE("login: a session that is not remembered says so and ends soon, in use or not")
{
    on_every_desk([](front_desk& desk) {
        desk.add_user("anna@example.com", good_password);
        auto const enter = [&](memory rule, bool wish) {
            desk.services.rules.remember = rule;
            credentials offered;
            offered.email = "anna@example.com";
            offered.password = secret{good_password};
            offered.session.from = {"192.0.2.7", "test"};
            offered.session.remember = wish;
            auto const given = granted(run(login(desk.services, offered, noon)));
            REQUIRE(given);
            auto const kept = run(desk.store.sessions().find(given->session)).value();
            CHECK(kept.remembered == given->remembered);
            CHECK(kept.expires_at == noon + (given->remembered ? std::chrono::hours{24 * 30} : std::chrono::hours{12}));
            CHECK(given->refresh_until == std::min(kept.expires_at, noon + std::chrono::hours{24 * 7}));
            return given->remembered;
        };
        CHECK(enter(memory::always, false));
        CHECK(enter(memory::ask, true));
        CHECK_FALSE(enter(memory::ask, false));
        CHECK_FALSE(enter(memory::never, true));
    });
}

TEST_CASE("login: a refresh keeps a session as it began, and its end")
{
    on_every_desk([](front_desk& desk) {
        desk.add_user("anna@example.com", good_password);
        desk.services.rules.remember = memory::never;
        auto given = desk.log_in("anna@example.com", good_password).value();
        auto now = noon;
        for (int i = 0; i < 5; ++i) {
            now += std::chrono::hours{2};
            refresh_request asked;
            asked.token = given.refresh_token;
            asked.from = {"192.0.2.7", "test"};
            auto next = run(refresh(desk.services, asked, now));
            REQUIRE(next);
            CHECK_FALSE(next->remembered);
            CHECK(next->refresh_until == noon + std::chrono::hours{12});
            given = std::move(*next);
        }
        refresh_request late;
        late.token = given.refresh_token;
        CHECK(run(refresh(desk.services, late, noon + std::chrono::hours{12})).error() == errc::token_invalid);
    });
}
