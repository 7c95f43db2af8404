#include "gateway/accounts/ports/stores.hpp"
#include "gateway/storage/memory/stores.hpp"
#include "gateway/storage/redis/sessions/session_keys.hpp"
#include "gateway/storage/redis/sessions/session_store.hpp"
#include "tests/support/print.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace yett;
using namespace yett::accounts;
using namespace yett::storage::redis;
using namespace yett::tests;

// What Redis forgets, brings back and does not hear, with a real server.
namespace {

constexpr wall_time noon{seconds{1'700'000'000}};
constexpr milliseconds month = std::chrono::hours{24 * 30};

// Users and revocations, which outlive every program and every Redis here.
struct kept
{
    stores under = storage::memory::make_stores();
    user anna;

    kept()
    {
        anna.id = "anna";
        anna.email = anna.email_key = "anna@example.com";
        REQUIRE(run(under.users->add(anna)));
    }

    std::vector<revocation> revocations() const
    {
        std::vector<revocation> all;
        REQUIRE(run(under.sessions->load_revocations(noon, [&](revocation const& each) { all.push_back(each); })));
        return all;
    }
};

// A program that has just started.
std::unique_ptr<session_store> start(kept& with, redis_server& on, wall_time now = noon)
{
    auto beside = storage::memory::make_stores();
    session_dependencies all{std::move(beside.sessions), *with.under.users, *with.under.ends, [now] { return now; }, month};
    return make_session_store(on.options(milliseconds{300}), std::move(all));
}

session some_session(std::string const& id, wall_time began = noon)
{
    session s;
    s.id = id;
    s.user_id = "anna";
    s.family = "f-" + id;
    s.current_hash = "t0";
    s.rotated_at = s.created_at = s.last_seen = began;
    s.idle_until = began + std::chrono::hours{24};
    s.expires_at = began + month;
    s.access_until = began + seconds{900};
    return s;
}

rotation some_rotation(std::string const& id, std::string const& presented, std::string const& successor, wall_time now)
{
    rotation asked;
    asked.family = "f-" + id;
    asked.presented_hash = presented;
    asked.successor_hash = successor;
    asked.now = now;
    asked.grace = seconds{10};
    asked.idle_until = now + std::chrono::hours{24};
    asked.access_until = now + seconds{900};
    return asked;
}

ending end_of(std::string const& id, std::string const& except = {})
{
    ending asked;
    asked.user_id = "anna";
    asked.session_id = id;
    asked.except = except;
    asked.now = noon + seconds{100};
    asked.until = noon + seconds{1000};
    return asked;
}

// Keeps what Redis holds of a session aside, and puts it back as if nothing had happened since.
void keep_aside(redis_server& in, std::string const& id)
{
    in.ask({"COPY", session_key("anna", id), "aside:" + id, "REPLACE"});
}
void forget(redis_server& in, std::string const& id)
{
    in.ask({"DEL", session_key("anna", id)});
    in.ask({"ZREM", open_key("anna"), id});
}
void bring_back(redis_server& in, std::string const& id)
{
    in.ask({"COPY", "aside:" + id, session_key("anna", id), "REPLACE"});
    in.ask({"ZADD", open_key("anna"), "0", id});
}

rotation_outcome rotate(session_store& in, rotation const& asked)
{
    auto const done = run(in.rotate(asked));
    REQUIRE(done);
    return done->outcome;
}

bool is_told(redis_server& in, std::string const& id)
{
    return in.ask({"HEXISTS", session_key("anna", id), "ended_at"}) == "1";
}

} // namespace

TEST_CASE("sessions in redis: what it brings back stays ended, whoever ended it and whatever it knew then")
{
    struct situation
    {
        char const* what;
        bool forgotten; // in the moment of the end
        std::function<result<void>(session_store&)> end;
    };
    auto const ended = [](ending const& asked) {
        return [asked](session_store& in) -> result<void> {
            auto const done = run(in.end(asked));
            if (!done) return done.error();
            return {};
        };
    };
    auto const reused = [](session_store& in) -> result<void> {
        if (rotate(in, some_rotation("s1", "forged", "t1", noon + seconds{100})) != rotation_outcome::reused)
            return errc::internal;
        return {};
    };
    auto const displaced = [](session_store& in) -> result<void> {
        auto const done = run(in.add(some_session("s3", noon + seconds{100}), 1));
        if (!done) return done.error();
        return {};
    };
    std::vector<situation> const situations{
        {"a logout", false, ended(end_of("s1"))},
        {"a logout everywhere", false, ended(end_of(""))},
        {"a logout everywhere that found nothing", true, ended(end_of(""))},
        {"a new password", false, ended(end_of("", "s2"))},
        {"a new password that found nothing", true, ended(end_of("", "s2"))},
        {"a token that was used twice", false, reused},
        {"too many sessions", false, displaced},
    };
    for (auto const& each : situations) {
        CAPTURE(each.what);
        redis_server redis;
        kept with;
        auto const node = start(with, redis);
        REQUIRE(run(node->add(some_session("s1"))));
        REQUIRE(run(node->add(some_session("s2"))));
        keep_aside(redis, "s1");
        if (each.forgotten) forget(redis, "s1");
        auto const done = each.end(*node);
        REQUIRE(done);
        bring_back(redis, "s1");

        CHECK(run(node->find("s1"))->ended_at);
        CHECK(run(node->find_by_family("f-s1"))->ended_at);
        for (auto const& live : run(node->list("anna", noon + seconds{200})).value()) CHECK(live.id != "s1");
        session_page all;
        all.now = noon + seconds{200};
        for (auto const& live : run(node->list_all(all)).value()) CHECK(live.id != "s1");
        CHECK(rotate(*node, some_rotation("s1", "t0", "t1", noon + seconds{200})) == rotation_outcome::ended);
        CHECK(is_told(redis, "s1"));
    }
}

TEST_CASE("sessions in redis: a new password spares the session that it was typed in")
{
    redis_server redis;
    kept with;
    auto const node = start(with, redis);
    for (auto const* const id : {"s1", "s2"}) REQUIRE(run(node->add(some_session(id))));
    REQUIRE(run(node->end(end_of("", "s2")))->sessions == 1);
    CHECK(rotate(*node, some_rotation("s2", "t0", "t1", noon + seconds{200})) == rotation_outcome::rotated);
    REQUIRE(run(node->add(some_session("s3", noon + seconds{300}))));
    CHECK(rotate(*node, some_rotation("s3", "t0", "t1", noon + seconds{400})) == rotation_outcome::rotated);
}

TEST_CASE("sessions in redis: who is disabled or gone refreshes nothing")
{
    redis_server redis;
    kept with;
    auto const node = start(with, redis);
    REQUIRE(run(node->add(some_session("s1"))));
    user_change change;
    change.disabled = true;
    REQUIRE(run(with.under.users->change("anna", change)));
    CHECK(rotate(*node, some_rotation("s1", "t0", "t1", noon + seconds{60})) == rotation_outcome::ended);
    CHECK(redis.ask({"HGET", session_key("anna", "s1"), "current"}) == "t0");
    redis.ask({"ZADD", marks_key("anna"), "0", "a mark"});
    REQUIRE(run(node->end(end_of(""))));
    CHECK(redis.ask({"EXISTS", marks_key("anna")}) == "1");
    REQUIRE(run(with.under.users->remove("anna")));
    REQUIRE(run(node->end(end_of(""))));
    CHECK(redis.ask({"EXISTS", marks_key("anna")}) == "0");
    CHECK(rotate(*node, some_rotation("s1", "t0", "t1", noon + seconds{60})) == rotation_outcome::unknown);
    CHECK(run(node->find("s1")).error() == errc::not_found);
    CHECK(run(node->list("anna", noon))->empty());
    CHECK(run(node->add(some_session("s2"))).error() == errc::not_found);
    CHECK(redis.ask({"EXISTS", session_key("anna", "s2"), owner_key("s2"), family_key("f-s2")}) == "0");
}

TEST_CASE("sessions in redis: when it forgets everything, sessions are gone and nothing else")
{
    redis_server redis;
    kept with;
    auto const node = start(with, redis);
    for (auto const* const id : {"s1", "s2"}) REQUIRE(run(node->add(some_session(id))));
    REQUIRE(run(node->end(end_of("s1"))));
    redis.ask({"FLUSHALL"});
    CHECK(rotate(*node, some_rotation("s2", "t0", "t1", noon + seconds{60})) == rotation_outcome::unknown);
    CHECK(run(node->end(end_of("s2"))).error() == errc::not_found);
    CHECK(with.revocations().size() == 1);
    REQUIRE(run(node->add(some_session("s2"))));
    CHECK(rotate(*node, some_rotation("s2", "t0", "t1", noon + seconds{60})) == rotation_outcome::rotated);
}

TEST_CASE("sessions in redis: while it is away logins and refreshes fail, and what ends sessions does not")
{
    redis_server redis;
    kept with;
    auto const node = start(with, redis);
    for (auto const* const id : {"s1", "s2"}) REQUIRE(run(node->add(some_session(id))));
    redis.pause();
    CHECK(run(node->add(some_session("s3"))).error() == errc::storage_unavailable);
    CHECK(run(node->rotate(some_rotation("s1", "t0", "t1", noon + seconds{60}))).error() == errc::storage_unavailable);
    CHECK(run(node->list("anna", noon)).error() == errc::storage_unavailable);
    CHECK(run(node->end(end_of("s1"))).error() == errc::storage_unavailable);
    CHECK(with.revocations().empty());

    auto by_token = end_of("s1");
    by_token.shown = true;
    auto const one = run(node->end(by_token));
    REQUIRE(one);
    REQUIRE(one->revocations.size() == 1);
    CHECK(one->revocations.front().until == by_token.until);
    auto const all = run(node->end(end_of("")));
    REQUIRE(all);
    CHECK(all->revocations.size() == 1);
    CHECK(with.revocations().size() == 2);
    redis.resume();

    for (auto const* const id : {"s1", "s2"}) {
        CHECK_FALSE(is_told(redis, id));
        CHECK(run(node->find(id))->ended_at == noon + seconds{100});
        CHECK(rotate(*node, some_rotation(id, "t0", "t1", noon + seconds{200})) == rotation_outcome::ended);
        CHECK(is_told(redis, id));
    }
}

TEST_CASE("sessions in redis: a new password typed while it is away ends the others, and all access tokens")
{
    redis_server redis;
    kept with;
    auto const node = start(with, redis);
    for (auto const* const id : {"s1", "s2"}) REQUIRE(run(node->add(some_session(id))));
    redis.pause();
    auto const done = run(node->end(end_of("", "s2")));
    REQUIRE(done);
    REQUIRE(done->revocations.size() == 1);
    CHECK(done->revocations.front().what == revocation::kind::subject);
    CHECK(done->revocations.front().at == noon + seconds{100});
    redis.resume();
    REQUIRE(run(node->find("s1"))->ended_at);
    CHECK(rotate(*node, some_rotation("s1", "t0", "t1", noon + seconds{200})) == rotation_outcome::ended);
    CHECK(rotate(*node, some_rotation("s2", "t0", "t1", noon + seconds{200})) == rotation_outcome::rotated);
}

TEST_CASE("sessions in redis: an end of all is of the moment it is asked for, not of the one its request came in")
{
    redis_server redis;
    kept with;
    auto const before = start(with, redis);
    auto const node = start(with, redis, noon + seconds{140});
    REQUIRE(run(before->add(some_session("s1", noon + seconds{139}))));
    keep_aside(redis, "s1");
    forget(redis, "s1");
    auto const done = run(node->end(end_of("")));
    REQUIRE(done);
    CHECK(done->revocations.back().at == noon + seconds{140});
    CHECK(done->revocations.back().until == noon + seconds{1040});
    bring_back(redis, "s1");
    CHECK(rotate(*node, some_rotation("s1", "t0", "t1", noon + seconds{200})) == rotation_outcome::ended);
}

TEST_CASE("sessions in redis: a start finishes what a crash left between the commit and the word")
{
    redis_server redis;
    kept with;
    {
        auto const node = start(with, redis);
        for (auto const* const id : {"s1", "s2", "s3"}) REQUIRE(run(node->add(some_session(id))));
        REQUIRE(run(node->add(some_session("s4", noon + seconds{100}))));
    }
    revocation one{revocation::kind::session_end, end_of_session("s1"), noon + seconds{50}, noon + month};
    revocation all{revocation::kind::session_end, end_of_user("anna", "s2"), noon + seconds{60}, noon + month};
    REQUIRE(run(with.under.ends->write({one, all})));
    CHECK_FALSE(is_told(redis, "s1"));
    auto const again = start(with, redis, noon + seconds{120});
    CHECK(is_told(redis, "s1"));
    CHECK_FALSE(is_told(redis, "s2"));
    CHECK(is_told(redis, "s3"));
    CHECK_FALSE(is_told(redis, "s4"));
    CHECK(redis.ask({"HGET", session_key("anna", "s1"), "ended_at"}) ==
          std::to_string((noon + seconds{50}).time_since_epoch().count()));
    CHECK(redis.ask({"GET", std::string{told_key}}) == std::to_string((noon + seconds{120}).time_since_epoch().count()));
}

TEST_CASE("sessions in redis: what ended before the oldest session began is told to nobody")
{
    redis_server redis;
    kept with;
    auto const node = start(with, redis);
    REQUIRE(run(node->add(some_session("s1"))));
    redis.ask({"DEL", std::string{told_key}});
    auto const hour = std::chrono::hours{1};
    revocation long_ago{revocation::kind::session_end, end_of_session("s1"), noon - hour, noon + month};
    REQUIRE(run(with.under.ends->write({long_ago})));
    static_cast<void>(start(with, redis, noon + seconds{60}));
    CHECK_FALSE(is_told(redis, "s1"));
    CHECK(redis.ask({"GET", std::string{told_key}}) == std::to_string((noon + seconds{60}).time_since_epoch().count()));
    CHECK(run(node->find("s1"))->ended_at == noon - hour);

    redis.ask({"FLUSHALL"});
    static_cast<void>(start(with, redis, noon + seconds{120}));
    CHECK(redis.ask({"KEYS", "*"}) == std::string{told_key});
}

TEST_CASE("sessions in redis: a start without it is one, and a sweep finishes later")
{
    redis_server redis;
    kept with;
    {
        auto const node = start(with, redis);
        REQUIRE(run(node->add(some_session("s1"))));
    }
    revocation one{revocation::kind::session_end, end_of_session("s1"), noon + seconds{50}, noon + month};
    REQUIRE(run(with.under.ends->write({one})));
    redis.pause();
    auto const node = start(with, redis, noon + seconds{60});
    CHECK(run(node->sweep(noon + seconds{60}, 100)).error() == errc::storage_unavailable);
    redis.resume();
    auto const until = steady_now() + seconds{20}; // the client comes back by itself, after a pause of its own
    while (!is_told(redis, "s1") && steady_now() < until) static_cast<void>(run(node->sweep(noon + seconds{60}, 100)));
    CHECK(is_told(redis, "s1"));
}

TEST_CASE("sessions in redis: of those who show a token twice one is told so, and another when that one died")
{
    redis_server redis;
    kept with;
    auto const node = start(with, redis);
    REQUIRE(run(node->add(some_session("s1"))));
    auto const claimed = noon + seconds{60};
    redis.ask({"HSET", session_key("anna", "s1"), "claimed_at", std::to_string(claimed.time_since_epoch().count())});
    CHECK(rotate(*node, some_rotation("s1", "t0", "t1", claimed + milliseconds{9'999})) == rotation_outcome::ended);
    CHECK(with.revocations().empty());
    CHECK(rotate(*node, some_rotation("s1", "t0", "t1", claimed + milliseconds{10'000})) == rotation_outcome::reused);
    CHECK(with.revocations().size() == 1);
    CHECK(is_told(redis, "s1"));
}

TEST_CASE("sessions in redis: none lasts longer than the settings say now, whatever it was told when it began")
{
    redis_server redis;
    kept with;
    auto const node = start(with, redis);
    auto old = some_session("s1");
    old.expires_at = noon + 2 * month;
    old.idle_until = noon + 2 * month;
    REQUIRE(run(node->add(old)));
    CHECK(run(node->find("s1"))->expires_at == noon + month);
    CHECK(rotate(*node, some_rotation("s1", "t0", "t1", noon + month)) == rotation_outcome::ended);
}

TEST_CASE("sessions in redis: what is over leaves nothing behind, not even of one whose key is gone")
{
    redis_server redis;
    kept with;
    auto const node = start(with, redis);
    for (auto const* const id : {"s1", "s2"}) REQUIRE(run(node->add(some_session(id))));
    redis.ask({"DEL", session_key("anna", "s2")});
    auto const over = noon + std::chrono::hours{24};
    CHECK(run(node->sweep(over - milliseconds{1}, 100)).value() == 0);
    CHECK(run(node->sweep(over, 100)).value() == 1);
    CHECK(redis.ask({"DBSIZE"}) == "2"); // until when it was told, and the way to what was gone, which ends by itself
    CHECK(redis.ask({"EXISTS", std::string{told_key}, family_key("f-s2")}) == "2");
}
