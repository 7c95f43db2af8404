#include "gateway/storage/redis/announced_stores.hpp"

#include "gateway/storage/postgres/stores.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/print.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

using namespace yett;
using accounts::revocation;
using tests::postgres_database;
using tests::redis_server;
using tests::run;

namespace {

constexpr seconds bound{10};

wall_time soon()
{
    return wall_now() + std::chrono::hours{1};
}

// A node on a PostgreSQL that it does not hear notifications from, as behind a pooler: what it hears, the
// stream brought.
struct node
{
    node(postgres_database const& place, redis_server const& redis)
    {
        auto by = place.options();
        auto as = by.read_login();
        as->pooled = true;
        by.read_login = [as] { return as; };
        stores = storage::postgres::make_stores(by);
        storage::redis::announce_revocations(stores, redis.options(milliseconds{1000}), "t");
        stores.feed->listen([this](std::vector<revocation> const& told) {
            std::lock_guard const lock{guard};
            looks += told.empty();
            for (auto const& each : told) heard.push_back(each.id);
            changed.notify_all();
        });
    }
    ~node() { stores.feed->stop_listening(); }

    template<class Condition>
    bool until(Condition const& holds)
    {
        std::unique_lock lock{guard};
        return changed.wait_for(lock, bound, holds);
    }
    bool listens()
    {
        return until([&] { return looks > 0; });
    }
    bool hears(std::string const& id)
    {
        return until([&] { return std::ranges::find(heard, id) != heard.end(); });
    }
    // Of the log in the database, from its beginning on.
    bool finds(std::string const& id, std::string const& since)
    {
        auto const news = run(stores.feed->since(since)).value();
        return std::ranges::any_of(news.entries, [&](revocation const& each) { return each.id == id; });
    }

    std::mutex guard;
    std::condition_variable changed;
    std::vector<std::string> heard;
    int looks = 0;
    accounts::stores stores; // last: its threads use the rest
};

accounts::session session_of(std::string const& user, std::string const& id)
{
    accounts::session s;
    s.id = id;
    s.user_id = user;
    s.family = "family of " + id;
    s.current_hash = "current of " + id;
    s.created_at = s.rotated_at = s.last_seen = wall_now();
    s.idle_until = s.expires_at = s.access_until = soon();
    return s;
}

std::string add_user(node& to)
{
    accounts::user ada;
    ada.id = "ada";
    ada.email = "ada@example.com";
    ada.email_key = ada.email;
    ada.password_hash = "hash";
    REQUIRE(run(to.stores.users->add(ada)));
    return ada.id;
}

} // namespace

TEST_CASE("announced stores: whatever revokes something commits it, and the other node hears what")
{
    postgres_database const place;
    redis_server redis;
    node one{place, redis};
    node two{place, redis};
    REQUIRE(one.listens());
    REQUIRE(two.listens());
    auto const beginning = run(one.stores.feed->present()).value().watermark;
    auto& sessions = *one.stores.sessions;
    auto const user = add_user(one);

    SUBCASE("a revocation about no session")
    {
        REQUIRE(run(sessions.revoke({revocation::kind::token, "t1", wall_now(), soon()})));
        CHECK(two.hears("t1"));
        CHECK(two.finds("t1", beginning));
    }
    SUBCASE("the end of a session")
    {
        REQUIRE(run(sessions.add(session_of(user, "s1"))));
        accounts::ending one_of_them;
        one_of_them.user_id = user;
        one_of_them.session_id = "s1";
        one_of_them.now = wall_now();
        REQUIRE(run(sessions.end(one_of_them)));
        CHECK(two.hears("s1"));
        CHECK(two.finds("s1", beginning));
    }
    SUBCASE("a login that displaces a session")
    {
        REQUIRE(run(sessions.add(session_of(user, "s1"))));
        REQUIRE(run(sessions.add(session_of(user, "s2"), 1)));
        CHECK(two.hears("s1"));
        CHECK(two.finds("s1", beginning));
    }
    SUBCASE("a refresh token that is shown a second time")
    {
        REQUIRE(run(sessions.add(session_of(user, "s1"))));
        accounts::rotation stolen;
        stolen.family = "family of s1";
        stolen.presented_hash = "another";
        stolen.now = wall_now();
        stolen.idle_until = stolen.access_until = soon();
        CHECK(run(sessions.rotate(stolen)).value().outcome == accounts::rotation_outcome::reused);
        CHECK(two.hears("s1"));
        CHECK(two.finds("s1", beginning));
    }
    CHECK(one.heard.empty());
}

TEST_CASE("announced stores: nothing waits for a Redis that is away, and nothing is missing in the log")
{
    postgres_database const place;
    redis_server redis;
    node one{place, redis};
    REQUIRE(one.listens());
    auto const beginning = run(one.stores.feed->present()).value().watermark;
    redis.pause();
    auto const began = steady_now();
    REQUIRE(run(one.stores.sessions->revoke({revocation::kind::token, "t1", wall_now(), soon()})));
    CHECK(steady_now() - began < milliseconds{900});
    redis.kill();
    REQUIRE(run(one.stores.sessions->revoke({revocation::kind::token, "t2", wall_now(), soon()})));
    CHECK(one.finds("t1", beginning));
    CHECK(one.finds("t2", beginning));
    auto const seen = one.stores.feed->activity();
    REQUIRE(seen.stream.has_value());
    CHECK(seen.stream->told == 0);
}

TEST_CASE("announced stores: everything else is the store's below")
{
    postgres_database const place;
    redis_server redis;
    node one{place, redis};
    auto& sessions = *one.stores.sessions;
    auto const user = add_user(one);
    REQUIRE(run(sessions.add(session_of(user, "s1"))));
    CHECK(run(sessions.find("s1")).value().user_id == user);
    CHECK(run(sessions.find_by_family("family of s1")).value().id == "s1");
    CHECK(run(sessions.list(user, wall_now())).value().size() == 1);
    CHECK(run(sessions.list_all({"", 10, wall_now()})).value().size() == 1);
    CHECK(run(sessions.sweep(wall_now(), 10)).value() == 0);
    CHECK(run(sessions.find("s2")).error() == errc::not_found);
    accounts::ending unknown;
    unknown.user_id = user;
    unknown.session_id = "s2";
    CHECK(run(sessions.end(unknown)).error() == errc::not_found);
}
