#include "gateway/storage/postgres/connections.hpp"
#include "gateway/storage/postgres/stores.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/print.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

using namespace yett;
using namespace yett::storage::postgres;
using namespace yett::tests;

namespace {

constexpr wall_time noon{seconds{1'700'000'000}};

accounts::user anna()
{
    accounts::user made;
    made.id = "anna";
    made.email = made.email_key = "anna@example.com";
    return made;
}

accounts::session session_of_anna()
{
    accounts::session made;
    made.id = made.family = "s";
    made.user_id = "anna";
    made.current_hash = "t0";
    made.created_at = made.last_seen = made.rotated_at = noon;
    made.idle_until = made.expires_at = noon + std::chrono::hours{24};
    return made;
}

} // namespace

TEST_CASE("postgres: of those that refresh with one token on two nodes one makes the successor")
{
    postgres_database const place;
    auto const one = make_stores(place.options());
    auto const two = make_stores(place.options());
    REQUIRE(run(one.users->add(anna())));
    REQUIRE(run(one.sessions->add(session_of_anna())));
    std::string current = "t0";
    for (int round = 1; round <= 20; ++round) {
        std::atomic<int> rotated{0};
        std::atomic<int> replayed{0};
        std::mutex guard;
        std::string won;
        auto each = [&](int number) -> task<void> {
            accounts::rotation asked;
            asked.family = "s";
            asked.presented_hash = current;
            asked.successor_hash = "t" + std::to_string(round) + "." + std::to_string(number);
            asked.now = noon + seconds{60 * round};
            asked.grace = seconds{10};
            asked.idle_until = asked.access_until = noon + std::chrono::hours{25};
            auto const done = co_await (number % 2 ? one : two).sessions->rotate(asked);
            REQUIRE(done);
            rotated += done->outcome == accounts::rotation_outcome::rotated;
            replayed += done->outcome == accounts::rotation_outcome::replayed;
            if (done->outcome != accounts::rotation_outcome::rotated) co_return;
            std::lock_guard const lock{guard};
            won = asked.successor_hash;
        };
        run_on_workers(4, 5, each);
        CHECK(rotated == 1);
        CHECK(replayed == 19);
        CHECK(run(one.sessions->find("s")).value().current_hash == won);
        current = won;
    }
}

TEST_CASE("postgres: postmen on two nodes never hold one letter, and leave none")
{
    postgres_database const place;
    auto const one = make_stores(place.options());
    auto const two = make_stores(place.options());
    for (int i = 0; i < 60; ++i) {
        accounts::letter l;
        l.id = "letter " + std::to_string(i);
        l.to = std::to_string(i) + "@example.com";
        l.posted_at = noon;
        REQUIRE(run(one.letters->post(l)));
    }
    std::mutex guard;
    std::multiset<std::string> held;
    auto carry = [&](int number) -> task<void> {
        for (;;) {
            auto const got = co_await (number % 2 ? one : two).letters->claim(noon, noon + seconds{60});
            if (!got) co_return;
            std::lock_guard const lock{guard};
            held.insert(got->letter.id);
        }
    };
    run_on_workers(4, 2, carry);
    CHECK(held.size() == 60);
    CHECK(std::set<std::string>{held.begin(), held.end()}.size() == 60);
}

TEST_CASE("postgres: one node sweeps at a time")
{
    postgres_database const place;
    auto const other = make_stores(place.options());
    connections one{place.options()};
    auto sweep_meanwhile = [](database& db, accounts::stores const& by) -> task<result<std::size_t>> {
        auto const mine = co_await db.ask("SELECT pg_advisory_xact_lock(2036691060, 2)");
        if (!mine) co_return mine.error();
        co_return co_await by.sessions->sweep(noon, 1000);
    };
    accounts::revocation old;
    old.id = "old";
    REQUIRE(run(other.sessions->revoke(old)));
    auto work = [&](database& db) { return sweep_meanwhile(db, other); };
    CHECK(run(one.write(work)).value() == 0);
    CHECK(run(other.sessions->sweep(noon, 1000)).value() == 1);
}

TEST_CASE("postgres: what is looked up is found by an index")
{
    postgres_database const place;
    make_stores(place.options());
    for (auto const* const asked :
         {"SELECT * FROM users WHERE email_key = 'x'", "SELECT * FROM users WHERE id = 'x'",
          "SELECT * FROM sessions WHERE family = 'x'", "SELECT * FROM sessions WHERE user_id = 'x' AND ended_at IS NULL",
          "SELECT * FROM links WHERE hash = 'x'",
          "SELECT * FROM letters WHERE closed_at IS NULL AND due <= now() ORDER BY due, id LIMIT 1",
          "SELECT * FROM api_keys WHERE id = 'x'", "SELECT * FROM revocations WHERE until <= now()"}) {
        CAPTURE(asked);
        auto const plan = place.ask("SET enable_seqscan = off; EXPLAIN (FORMAT JSON) " + std::string{asked});
        CHECK(plan.find("Seq Scan") == std::string::npos);
        CHECK((plan.find("Index") != std::string::npos || plan.find("Bitmap") != std::string::npos));
    }
}

TEST_CASE("postgres: the database itself refuses what must not be (siblings: address, owner, wiped letter, key's number)")
{
    postgres_database const place;
    auto const of = make_stores(place.options());
    REQUIRE(run(of.users->add(anna())));
    for (auto const* const wrong :
         {"INSERT INTO users SELECT 'other', email, email_key, '', '{}', false, false, now(), now() FROM users",
          "INSERT INTO devices VALUES ('nobody', 'mark', now())",
          "INSERT INTO letters VALUES ('l', 0, 'a@example.com', '', '', '', '', now(), now(), false, 0, now(), 0, now())",
          "INSERT INTO signing_keys VALUES ('ES256', 0, 'a key')",
          "INSERT INTO users SELECT '', '', 'x', '', '{}', false, false, now(), now()"})
        CHECK_THROWS_AS(place.ask(wrong), std::runtime_error);
}
