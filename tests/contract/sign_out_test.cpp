#include "gateway/accounts/revoke.hpp"
#include "gateway/accounts/sessions/logout.hpp"
#include "gateway/accounts/sessions/refresh.hpp"
#include "gateway/accounts/sessions/sessions.hpp"
#include "gateway/accounts/users/change_password.hpp"
#include "gateway/accounts/users/me.hpp"
#include "tests/contract/front_desk.hpp"

#include <algorithm>
#include <functional>
#include <set>

using namespace yett;
using namespace yett::accounts;
using namespace yett::tests;

namespace {

// A user with two sessions.
struct twice_in
{
    explicit twice_in(front_desk& desk)
        : id{desk.add_user("anna@example.com", good_password)},
          here{*desk.log_in("anna@example.com", good_password)},
          there{*desk.log_in("anna@example.com", good_password)}
    {
    }
    caller asks() const
    {
        caller who;
        who.user_id = id;
        who.session = here.session;
        return who;
    }
    leave leaves() const
    {
        leave who;
        who.user_id = id;
        who.session = here.session;
        return who;
    }

    std::string id;
    grant here;
    grant there;
};

bool refreshes(front_desk& desk, grant const& given)
{
    refresh_request asked;
    asked.token = given.refresh_token;
    return run(refresh(desk.services, asked, noon)).has_value();
}

} // namespace

TEST_CASE("logout: the session ends, its access token is dead at once and its refresh token too")
{
    on_every_desk([](front_desk& desk) {
        twice_in const user{desk};
        REQUIRE(run(logout(desk.services, user.leaves(), noon)));
        CHECK(desk.is_dead(user.here.session));
        CHECK_FALSE(desk.is_dead(user.there.session));
        CHECK_FALSE(refreshes(desk, user.here));
        CHECK(refreshes(desk, user.there));
        CHECK(desk.audit.last() == "logged_out  " + user.id + " " + user.here.session);
        CHECK(run(logout(desk.services, user.leaves(), noon)));
    });
}

TEST_CASE("logout: everywhere ends every session and everything issued to the subject so far")
{
    on_every_desk([](front_desk& desk) {
        twice_in const user{desk};
        auto who = user.leaves();
        who.everywhere = true;
        REQUIRE(run(logout(desk.services, who, noon)));
        CHECK(desk.is_dead(user.here.session));
        CHECK(desk.is_dead(user.there.session));
        CHECK(run(desk.store.sessions().list(user.id, noon))->empty());
        identity stray;
        stray.subject = user.id;
        stray.issuer = "https://auth.test";
        stray.issued_at = noon - seconds{1};
        stray.expires_at = noon + seconds{60};
        CHECK(desk.revocations.covers(stray, {}, noon));
        auto const back = desk.log_in("anna@example.com", good_password, noon + seconds{1});
        REQUIRE(back);
        CHECK_FALSE(desk.is_dead(back->session));
    });
}

TEST_CASE("logout: a refresh token is enough when the access token has expired")
{
    on_every_desk([](front_desk& desk) {
        twice_in const user{desk};
        leave who;
        who.refresh_token = user.here.refresh_token;
        REQUIRE(run(logout(desk.services, who, noon)));
        CHECK(desk.is_dead(user.here.session));
        CHECK_FALSE(desk.is_dead(user.there.session));
    });
}

TEST_CASE("logout: somebody who cannot be told ends nothing, and that is no failure")
{
    on_every_desk([](front_desk& desk) {
        twice_in const user{desk};
        leave nobody;
        nobody.everywhere = true;
        CHECK_FALSE(run(logout(desk.services, nobody, noon)).value());
        nobody.refresh_token = secret{"yr1_nonsense"};
        CHECK_FALSE(run(logout(desk.services, nobody, noon)).value());
        leave foreign;
        foreign.user_id = user.id;
        CHECK(run(logout(desk.services, foreign, noon)));
        CHECK(run(desk.store.sessions().list(user.id, noon))->size() == 2);
    });
}

TEST_CASE("logout: a session the store does not know is dead for this process all the same")
{
    on_every_desk([](front_desk& desk) {
        twice_in const user{desk};
        auto who = user.leaves();
        who.session = "0190a000-0000-7000-8000-000000000000";
        REQUIRE(run(logout(desk.services, who, noon)));
        CHECK(desk.is_dead(who.session));
        CHECK(run(desk.store.sessions().list(user.id, noon))->size() == 2);
    });
}

TEST_CASE("revocations: what ended before a restart is still dead after it")
{
    on_every_desk([](front_desk& desk) {
        twice_in const user{desk};
        REQUIRE(run(logout(desk.services, user.leaves(), noon)));
        tokens::revocations fresh{"https://auth.test"};
        REQUIRE(run(load_revocations(desk.store.sessions(), fresh, noon)));
        CHECK(fresh.covers_session(user.here.session, noon));
        CHECK_FALSE(fresh.covers_session(user.there.session, noon));
        tokens::revocations later{"https://auth.test"};
        REQUIRE(run(load_revocations(desk.store.sessions(), later, noon + seconds{2000})));
        CHECK(later.entries() == 0);
    });
}

TEST_CASE("sessions: the list marks the one that asks")
{
    on_every_desk([](front_desk& desk) {
        twice_in const user{desk};
        auto const page = run(list_sessions(desk.services, user.asks(), {}, noon));
        REQUIRE(page);
        auto const& lines = page->lines;
        REQUIRE(lines.size() == 2);
        for (auto const& each : lines) CHECK(each.current == (each.id == user.here.session));
        CHECK(lines[0].from.address == "192.0.2.7");
        CHECK(page->next.empty());
    });
}

TEST_CASE("sessions: a long list comes in parts that lead through all of it")
{
    on_every_desk([](front_desk& desk) {
        twice_in const user{desk};
        std::set<std::string> seen{user.here.session, user.there.session};
        for (int i = 0; i < 5; ++i) seen.insert(desk.log_in("anna@example.com", good_password).value().session);
        std::vector<std::string> listed;
        part wanted;
        wanted.limit = 3;
        for (;;) {
            auto const page = run(list_sessions(desk.services, user.asks(), wanted, noon));
            REQUIRE(page);
            CHECK(page->lines.size() <= 3);
            for (auto const& each : page->lines) listed.push_back(each.id);
            if (page->next.empty()) break;
            wanted.after = page->next;
        }
        CHECK(std::ranges::is_sorted(listed, std::greater<>{}));
        CHECK(std::set<std::string>(listed.begin(), listed.end()) == seen);
        CHECK(listed.size() == seen.size());
    });
}

TEST_CASE("sessions: people end their own sessions and nobody else's")
{
    on_every_desk([](front_desk& desk) {
        twice_in const user{desk};
        caller otto;
        otto.user_id = desk.add_user("otto@example.com", good_password);
        CHECK(run(end_session(desk.services, otto, user.there.session, noon)).error() == errc::not_found);
        CHECK(run(end_session(desk.services, user.asks(), "", noon)).error() == errc::not_found);
        CHECK_FALSE(desk.is_dead(user.there.session));
        REQUIRE(run(end_session(desk.services, user.asks(), user.there.session, noon)));
        CHECK(desk.is_dead(user.there.session));
        CHECK_FALSE(desk.is_dead(user.here.session));
    });
}

TEST_CASE("sessions: all others end and the one that asks goes on")
{
    on_every_desk([](front_desk& desk) {
        twice_in const user{desk};
        CHECK(*run(end_other_sessions(desk.services, user.asks(), noon)) == 1);
        CHECK(desk.is_dead(user.there.session));
        CHECK(refreshes(desk, user.here));
    });
}

TEST_CASE("password: a change needs the current one, ends the other sessions and keeps this one")
{
    on_every_desk([](front_desk& desk) {
        twice_in const user{desk};
        auto const next = "entirely different words now";
        new_password asked;
        asked.who = user.asks();
        asked.current = secret{good_password};
        asked.chosen = secret{next};
        REQUIRE(run(change_password(desk.services, asked, noon + seconds{5})));
        CHECK(desk.is_dead(user.there.session));
        CHECK_FALSE(desk.is_dead(user.here.session));
        CHECK(refreshes(desk, user.here));
        CHECK(desk.log_in("anna@example.com", good_password).error() == errc::invalid_credentials);
        CHECK(desk.log_in("anna@example.com", next));
        CHECK(run(desk.store.users().find(user.id))->password_changed_at == noon + seconds{5});
    });
}

TEST_CASE("password: a wrong current one and a weak new one change nothing")
{
    on_every_desk([](front_desk& desk) {
        twice_in const user{desk};
        new_password asked;
        asked.who = user.asks();
        asked.current = secret{"wrong"};
        asked.chosen = secret{"entirely different words now"};
        CHECK(run(change_password(desk.services, asked, noon)).error().why == errc::invalid_credentials);
        asked.current = secret{std::string(2000, 'x')};
        CHECK(run(change_password(desk.services, asked, noon)).error().why == errc::invalid_credentials);
        asked.current = secret{good_password};
        asked.chosen = secret{"anna@example.com"};
        auto const weak = run(change_password(desk.services, asked, noon));
        REQUIRE_FALSE(weak);
        CHECK(weak.error().why == errc::password_weak);
        REQUIRE(weak.error().fields.size() == 1);
        CHECK(weak.error().fields[0].field == "new_password");
        asked.who.user_id = "nobody";
        CHECK(run(change_password(desk.services, asked, noon)).error().why == errc::invalid_credentials);
        CHECK(desk.log_in("anna@example.com", good_password));
        CHECK_FALSE(desk.is_dead(user.there.session));
    });
}

TEST_CASE("me: the store's word counts, not the token's")
{
    on_every_desk([](front_desk& desk) {
        auto const id = desk.add_user("anna@example.com", good_password);
        user_change change;
        change.roles = std::vector<std::string>{"editor"};
        REQUIRE(run(desk.store.users().change(id, change)));
        auto const found = run(me(desk.services, id));
        REQUIRE(found);
        CHECK(found->email == "anna@example.com");
        CHECK(found->roles == std::vector<std::string>{"editor"});
        CHECK(found->verified);
        CHECK(run(me(desk.services, "nobody")).error() == errc::unauthenticated);
        change.disabled = true;
        REQUIRE(run(desk.store.users().change(id, change)));
        CHECK(run(me(desk.services, id)).error() == errc::unauthenticated);
    });
}
