#include "gateway/storage/postgres/migrations.hpp"
#include "gateway/storage/postgres/stores.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/print.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <latch>
#include <thread>

using namespace yett;
using namespace yett::storage::postgres;
using namespace yett::tests;
using storage::schema::fit;
using storage::schema::step;
using storage::schema::witness;

namespace {

constexpr std::string_view add_notes = "CREATE TABLE notes (n integer NOT NULL); INSERT INTO notes VALUES (1);";

int ours()
{
    return newest(steps());
}

std::vector<step> steps_and(std::vector<step> const& more)
{
    std::vector<step> all{steps().begin(), steps().end()};
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

// Two steps of the next program, which this one can live with.
std::vector<step> expanded()
{
    return steps_and({{ours() + 1, ours(), add_notes},
                      {ours() + 2, ours(), "ALTER TABLE users ADD COLUMN nickname text NOT NULL DEFAULT ''"}});
}

// What keeps a program that knows these steps from it; empty when nothing does.
std::string complaint_of(options const& by, std::vector<step> const& all, witness const& told = {})
try {
    bring_up_to_date(*open_migrations(by, all), told);
    return "";
} catch (std::runtime_error const& why) {
    return why.what();
}

std::string complaint_of(options const& by)
try {
    make_stores(by);
    return "";
} catch (std::runtime_error const& why) {
    return why.what();
}

bool says(std::string const& complaint, std::string_view what)
{
    return complaint.find(what) != complaint.npos;
}

} // namespace

TEST_CASE("postgres steps: they are numbered without gaps, and never let an older program in again")
{
    int version = 0;
    int oldest = 0;
    for (auto const& each : steps()) {
        CHECK(each.version == ++version);
        CHECK(each.oldest_program <= each.version);
        CHECK(each.oldest_program >= oldest);
        oldest = each.oldest_program;
    }
    CHECK(version > 0);
}

TEST_CASE("postgres migrations: looking makes nothing, one step at a time, but of an empty database all at once")
{
    postgres_database const place;
    auto const all = expanded();
    auto const store = open_migrations(place.options(), all);
    CHECK(store->look().version == 0);
    CHECK(place.ask("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == "0");
    CHECK(store->take_step() == ours() + 2);
    CHECK_FALSE(store->take_step());
    CHECK(store->look().version == ours() + 2);
    CHECK(store->look().oldest_program == ours());
    CHECK_FALSE(store->keep_copy());

    postgres_database const old;
    CHECK(complaint_of(old.options(), steps_and({})).empty());
    auto const later = open_migrations(old.options(), all);
    CHECK(later->take_step() == ours() + 1);
    CHECK(old.ask("SELECT max(version) FROM schema_version") == std::to_string(ours() + 1));
}

TEST_CASE("postgres migrations: ten nodes that start at once with an empty database make the tables once")
{
    postgres_database const place;
    std::atomic<int> good{0};
    {
        std::vector<std::jthread> nodes;
        for (int i = 0; i < 10; ++i) nodes.emplace_back([&] { good += complaint_of(place.options()).empty(); });
    }
    CHECK(good == 10);
    CHECK(place.ask("SELECT count(*) FROM schema_version") == std::to_string(ours()));
}

TEST_CASE("postgres migrations: ten nodes that start at once take each step once")
{
    auto const all = expanded();
    for (int round = 0; round < 5; ++round) {
        postgres_database const place;
        REQUIRE(complaint_of(place.options(), steps_and({})).empty());
        constexpr int crowd = 10;
        std::latch ready{crowd};
        std::atomic<int> fine{0};
        std::atomic<int> taken{0};
        {
            std::vector<std::jthread> nodes;
            for (int i = 0; i < crowd; ++i)
                nodes.emplace_back([&] {
                    ready.arrive_and_wait();
                    fine += complaint_of(place.options(), all, {{}, [&](int) { ++taken; }}).empty();
                });
        }
        CHECK(fine == crowd);
        CHECK(taken == 2);
        CHECK(place.ask("SELECT count(*) FROM notes") == "1");
    }
}

TEST_CASE("postgres migrations: a schema that a newer program only expanded is worked with")
{
    postgres_database const place;
    CHECK(complaint_of(place.options(), expanded()).empty());
    auto const here = open_migrations(place.options())->look();
    CHECK(fit_of(here, ours()) == fit::ahead);
    auto const stores = make_stores(place.options());
    accounts::user anna;
    anna.id = "anna";
    CHECK(run(stores.users->add(anna)));
    CHECK(place.ask("SELECT max(version) FROM schema_version") == std::to_string(ours() + 2));
}

TEST_CASE("postgres migrations: one that means something else by now is refused by name and stays as it is")
{
    postgres_database const place;
    auto const later = steps_and({{ours() + 1, ours() + 1, "ALTER TABLE users DROP COLUMN roles"}});
    CHECK(complaint_of(place.options(), later).empty());
    auto const said = complaint_of(place.options());
    CHECK(says(said, "postgresql://yett@/t"));
    CHECK(says(said, "was written by a newer program: schema " + std::to_string(ours() + 1)));
    CHECK(place.ask("SELECT count(*) FROM schema_version") == std::to_string(ours() + 1));
}

TEST_CASE("postgres migrations: what is too new by the time the lock is there is refused, too")
{
    postgres_database const place;
    CHECK(complaint_of(place.options(), steps_and({})).empty());
    auto const mine = expanded();
    auto const late = open_migrations(place.options(), mine);
    REQUIRE(late->look().version == ours());
    auto const far = ours() + 3;
    CHECK(
        complaint_of(place.options(), steps_and({{ours() + 1, far, "SELECT"}, {ours() + 2, far, "SELECT"}, {far, far, "SELECT"}}))
            .empty());
    CHECK_THROWS_WITH_AS(late->take_step(), doctest::Contains("newer program"), std::runtime_error);
    CHECK(place.ask("SELECT to_regclass('notes') IS NULL") == "t");
}

TEST_CASE("postgres migrations: whoever opens a store in passing does not bring it up to date")
{
    postgres_database const place;
    CHECK(complaint_of(place.options(), steps_and({})).empty());
    auto const next = expanded();
    auto const store = open_migrations(place.options(), next);
    CHECK_THROWS_WITH_AS(require_schema(*store), doctest::Contains("`yett migrate up`"), std::runtime_error);
    CHECK(store->look().version == ours());
}

TEST_CASE("postgres migrations: a step that fails half way leaves the version before it whole")
{
    postgres_database const place;
    auto const wrong =
        steps_and({{ours() + 1, ours(), add_notes}, {ours() + 2, ours(), "DROP TABLE notes; DELETE FROM nowhere"}});
    REQUIRE(complaint_of(place.options(), steps_and({})).empty());
    CHECK(says(complaint_of(place.options(), wrong), "nowhere"));
    CHECK(place.ask("SELECT max(version) FROM schema_version") == std::to_string(ours() + 1));
    CHECK(place.ask("SELECT count(*) FROM notes") == "1");
    // And goes on from there.
    CHECK(complaint_of(place.options(), expanded()).empty());
    CHECK(place.ask("SELECT max(version) FROM schema_version") == std::to_string(ours() + 2));
}

TEST_CASE("postgres migrations: a database of another encoding is refused")
{
    auto& server = shared_postgres();
    server.ask("postgres", "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
    options by;
    by.read_login = [as = server.login_to("latin")] { return result<login>{as}; };
    CHECK(says(complaint_of(by), "the database's encoding is LATIN1 and must be UTF8"));
    server.drop_database("latin");
}
