#include "gateway/storage/postgres/connections.hpp"
#include "gateway/storage/postgres/stores.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/print.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <condition_variable>
#include <map>

using namespace yett;
using namespace yett::storage::postgres;
using namespace yett::tests;

namespace {

using accounts::revocation;
using accounts::revocation_news;

constexpr wall_time noon{seconds{1'700'000'000}};
constexpr seconds bound{10};

revocation of_session(std::string id, seconds longer = {})
{
    return {revocation::kind::session, std::move(id), noon, noon + std::chrono::hours{1} + longer};
}

// Reads on from where it was, and counts what it sees.
struct reader
{
    explicit reader(accounts::stores const& from) : feed{*from.feed}, watermark{run(feed.present()).value().watermark} {}

    std::vector<revocation> read()
    {
        auto news = run(feed.since(watermark));
        REQUIRE(news);
        watermark = news->until.watermark;
        for (auto const& each : news->entries) ++seen[each.id];
        return news->entries;
    }

    accounts::revocation_feed& feed;
    std::string watermark;
    std::map<std::string, int> seen;
};

// What others told, to be waited for.
class ear
{
public:
    accounts::revocation_feed::heard_by heard()
    {
        return [this](std::vector<accounts::revocation> const&) {
            std::lock_guard const lock{guard_};
            ++count_;
            changed_.notify_all();
        };
    }
    int count()
    {
        std::lock_guard const lock{guard_};
        return count_;
    }
    bool more_than(int before)
    {
        std::unique_lock lock{guard_};
        return changed_.wait_for(lock, bound, [&] { return count_ > before; });
    }

private:
    std::mutex guard_;
    std::condition_variable changed_;
    int count_ = 0;
};

// A session that listens has said so last, or something else that only listeners say.
void wait_for_listeners(postgres_database const& place, int wanted)
{
    auto const until = steady_now() + bound;
    while (place.ask("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle'"
                     " AND query ~ '^(LISTEN|SELECT 1$|SELECT pg_notify)'") != std::to_string(wanted))
        REQUIRE(steady_now() < until);
}

} // namespace

TEST_CASE("revocations: behind a watermark is what was committed later, once")
{
    postgres_database const place;
    auto const one = make_stores(place.options());
    REQUIRE(run(one.sessions->revoke(of_session("before"))));
    reader follows{one};
    CHECK(follows.read().empty());
    REQUIRE(run(one.sessions->revoke(of_session("a"))));
    REQUIRE(run(one.sessions->revoke(of_session("b"))));
    auto const news = follows.read();
    REQUIRE(news.size() == 2);
    CHECK(news[0].what == revocation::kind::session);
    CHECK(news[0].at == noon);
    CHECK(news[0].until == noon + std::chrono::hours{1});
    CHECK(follows.seen == std::map<std::string, int>{{"a", 1}, {"b", 1}});
    CHECK(follows.read().empty());
}

// The one that began first commits last: its number lies below all that were seen.
TEST_CASE("revocations: a transaction that is held open while a hundred later ones commit is not missed")
{
    postgres_database const place;
    auto const others = make_stores(place.options());
    connections slow{place.options()};
    reader follows{others};
    auto hold = [&](database& db) -> task<result<int>> {
        auto const written =
            co_await db.ask("INSERT INTO revocations (kind, id, at, until) VALUES (0, 'slow', now(), now() + '1 hour')");
        if (!written) co_return written.error();
        for (int i = 0; i < 100; ++i) {
            auto const done = co_await others.sessions->revoke(of_session("s" + std::to_string(i)));
            if (!done) co_return done.error();
            if (i % 10 != 0) continue;
            auto const news = co_await follows.feed.since(follows.watermark);
            if (!news) co_return news.error();
            follows.watermark = news->until.watermark;
            for (auto const& each : news->entries) ++follows.seen[each.id];
        }
        co_return 0;
    };
    REQUIRE(run(slow.write(hold)));
    CHECK(follows.seen.count("slow") == 0);
    CHECK(follows.seen.size() == 91);
    follows.read();
    REQUIRE(follows.seen.size() == 101);
    for (auto const& [id, times] : follows.seen) {
        CAPTURE(id);
        CHECK(times == 1);
    }
}

TEST_CASE("revocations: what is undone never comes, and hides nothing")
{
    postgres_database const place;
    auto const one = make_stores(place.options());
    connections raw{place.options()};
    reader follows{one};
    auto fail = [&](database& db) -> task<result<int>> {
        auto const written =
            co_await db.ask("INSERT INTO revocations (kind, id, at, until) VALUES (0, 'undone', now(), now() + '1 hour')");
        if (!written) co_return written.error();
        auto const meanwhile = co_await one.sessions->revoke(of_session("kept"));
        if (!meanwhile) co_return meanwhile.error();
        co_return errc::conflict;
    };
    CHECK(run(raw.write(fail)).error() == errc::conflict);
    follows.read();
    CHECK(follows.seen == std::map<std::string, int>{{"kept", 1}});
}

TEST_CASE("revocations: a second word that extends a row travels again")
{
    postgres_database const place;
    auto const one = make_stores(place.options());
    reader follows{one};
    REQUIRE(run(one.sessions->revoke(of_session("a"))));
    CHECK(follows.read().size() == 1);
    REQUIRE(run(one.sessions->revoke(of_session("a", seconds{60}))));
    auto const news = follows.read();
    REQUIRE(news.size() == 1);
    CHECK(news.front().until == noon + std::chrono::hours{1} + seconds{60});
}

TEST_CASE("revocations: every kind travels, also the one that has no id")
{
    postgres_database const place;
    auto const one = make_stores(place.options());
    reader follows{one};
    using kind = revocation::kind;
    std::vector const all{kind::session, kind::subject, kind::token, kind::key, kind::everybody};
    for (auto const each : all) {
        auto wanted = of_session(each == kind::everybody ? "" : "x");
        wanted.what = each;
        REQUIRE(run(one.sessions->revoke(wanted)));
    }
    auto const news = follows.read();
    REQUIRE(news.size() == all.size());
    for (std::size_t i = 0; i < all.size(); ++i) CHECK(std::ranges::count(news, all[i], &revocation::what) == 1);
}

// A dump from a database that had run for longer, restored into a young one.
TEST_CASE("revocations: a row with a number of the future is loaded at the start, and does not come again each time")
{
    postgres_database const place;
    auto const one = make_stores(place.options());
    place.ask("INSERT INTO revocations VALUES (0, 'of another age', now(), now() + '1 hour', '9000000000000')");
    reader follows{one};
    for (int i = 0; i < 3; ++i) CHECK(follows.read().empty());
    std::vector<std::string> loaded;
    REQUIRE(run(one.sessions->load_revocations(noon, [&](revocation const& each) { loaded.push_back(each.id); })));
    CHECK(loaded == std::vector<std::string>{"of another age"});
    REQUIRE(run(one.sessions->revoke(of_session("of another age", seconds{60}))));
    follows.read();
    CHECK(follows.seen == std::map<std::string, int>{{"of another age", 1}});
}

TEST_CASE("revocations: a watermark that this log never had is not mistaken (siblings: another timeline, a later number)")
{
    postgres_database const place;
    auto const one = make_stores(place.options());
    auto const now = run(one.feed->present()).value().watermark;
    CHECK(run(one.feed->since(now)));
    CHECK(run(one.feed->since("000000FF" + now.substr(now.find('/')))).error() == errc::not_found);
    CHECK(run(one.feed->since(now.substr(0, now.find('/')) + "/900000000:900000000:")).error() == errc::not_found);
}

// A transaction that was rolled back just before the crash left nothing on disk, and its number is
// given out again. A watermark from in between takes it for seen.
TEST_CASE("revocations: a crash of the server begins another age")
{
    postgres_server server;
    auto const name = server.make_database();
    options by;
    by.read_login = [&] { return server.login_to(name); };
    std::string before;
    {
        auto const one = make_stores(by);
        server.ask(name, "CHECKPOINT");
        server.ask(name, "BEGIN; INSERT INTO revocations (kind, id, at, until) VALUES (0, 'undone', now(), now()); ROLLBACK");
        before = run(one.feed->present()).value().watermark;
        REQUIRE(run(one.feed->since(before)));
    }
    server.kill();
    server.start();
    auto const one = make_stores(by);
    REQUIRE(run(one.sessions->revoke(of_session("a"))));
    auto const news = run(one.feed->since(before));
    CHECK(news.error() == errc::not_found);
    // An orderly end is no other age: nothing is given out twice.
    auto const after = run(one.feed->present()).value().watermark;
    server.stop();
    server.start();
    auto const two = make_stores(by);
    CHECK(run(two.feed->since(after)));
}

TEST_CASE("revocations: news are found by the index on xid")
{
    postgres_database const place;
    make_stores(place.options());
    auto const plan = place.ask("SET enable_seqscan = off; EXPLAIN (FORMAT JSON)"
                                " SELECT r.id FROM (SELECT pg_current_snapshot() AS s) p LEFT JOIN revocations r"
                                " ON r.xid >= pg_snapshot_xmin('5:5:'::text::pg_snapshot) AND r.xid < pg_snapshot_xmax(p.s)"
                                " AND NOT pg_visible_in_snapshot(r.xid, '5:5:'::text::pg_snapshot)");
    CHECK(plan.find("revocations_by_xid") != std::string::npos);
    CHECK(plan.find("Seq Scan") == std::string::npos);
}

TEST_CASE("revocations: one node tells, the others hear, and nobody hears himself")
{
    postgres_database const place;
    auto const one = make_stores(place.options());
    auto const two = make_stores(place.options());
    ear first;
    ear second;
    one.feed->listen(first.heard());
    two.feed->listen(second.heard());
    wait_for_listeners(place, 2);
    REQUIRE(first.more_than(0)); // there may have been news before they listened
    REQUIRE(second.more_than(0));
    auto const before = second.count();
    reader follows{two};
    REQUIRE(run(one.sessions->revoke(of_session("a"))));
    REQUIRE(second.more_than(before));
    CHECK(follows.read().size() == 1);
    auto const until = steady_now() + bound;
    while (one.feed->activity().told == 0) REQUIRE(steady_now() < until); // which the teller may learn later than the told
    CHECK(one.feed->activity().told == 1);
    CHECK(one.feed->activity().heard == 0);
    CHECK(two.feed->activity().heard == 1);
}

TEST_CASE("revocations: many at once are told in few words")
{
    postgres_database const place;
    auto const one = make_stores(place.options());
    ear ignored;
    one.feed->listen(ignored.heard());
    wait_for_listeners(place, 1);
    auto const began = steady_now();
    auto each = [&](int number) -> task<void> {
        auto const done = co_await one.sessions->revoke(of_session("s" + std::to_string(number)));
        REQUIRE(done);
    };
    run_on_workers(4, 100, each);
    auto const took = std::chrono::duration_cast<milliseconds>(steady_now() - began);
    CHECK(one.feed->activity().told >= 1);
    CHECK(one.feed->activity().told <= static_cast<std::uint64_t>(took / milliseconds{50}) + 1);
}

TEST_CASE("revocations: a listener whose connection is cut looks out, comes back and hears again")
{
    postgres_database const place;
    auto const one = make_stores(place.options());
    auto const two = make_stores(place.options());
    ear heard;
    two.feed->listen(heard.heard());
    one.feed->listen([](auto const&) {});
    wait_for_listeners(place, 2);
    REQUIRE(heard.more_than(0));
    auto const before = heard.count();
    place.ask("SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
              " WHERE datname = current_database() AND pid <> pg_backend_pid()");
    REQUIRE(heard.more_than(before));
    wait_for_listeners(place, 2);
    auto const told = two.feed->activity().heard;
    REQUIRE(run(one.sessions->revoke(of_session("a"))));
    auto const until = steady_now() + bound;
    while (two.feed->activity().heard == told) REQUIRE(steady_now() < until);
}

TEST_CASE("revocations: what was revoked while there was no connection is told as soon as there is one")
{
    postgres_database const place;
    auto const two = make_stores(place.options());
    ear heard;
    two.feed->listen(heard.heard());
    wait_for_listeners(place, 1);
    auto by = place.options();
    std::atomic<bool> open{false};
    by.read_listen_login = [&open, inner = by.read_login]() -> result<login> {
        if (!open) return our_error(errc::storage_unavailable, "not yet");
        return inner();
    };
    auto const one = make_stores(by);
    one.feed->listen([](auto const&) {});
    REQUIRE(run(one.sessions->revoke(of_session("a"))));
    CHECK(two.feed->activity().heard == 0);
    open = true;
    auto const until = steady_now() + bound;
    while (two.feed->activity().heard == 0) REQUIRE(steady_now() < until);
}
