#include "gateway/storage/postgres/connections.hpp"
#include "gateway/storage/postgres/migrations.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/print.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace yett;
using namespace yett::storage::postgres;
using namespace yett::tests;

namespace {

constexpr std::string_view limits = "SELECT concat_ws(' ', current_setting('statement_timeout'), current_setting('lock_timeout'),"
                                    " current_setting('idle_in_transaction_session_timeout'))";

task<result<std::string>> text_of(database& db, std::string_view sql)
{
    auto const told = co_await db.ask(sql);
    if (!told) co_return told.error();
    co_return told->front().text(0);
}

// In the second round trip of a transaction.
task<result<std::string>> text_later(database& db, std::string_view sql)
{
    auto const first = co_await db.ask("SELECT 1");
    if (!first) co_return first.error();
    co_return co_await text_of(db, sql);
}

std::string ask(connections& of, std::string_view sql)
{
    auto work = [sql](database& db) { return text_of(db, sql); };
    return run(of.read(work)).value();
}

std::string ask_in_transaction(connections& of, std::string_view sql)
{
    auto work = [sql](database& db) { return text_later(db, sql); };
    return run(of.write(work)).value();
}

} // namespace

TEST_CASE("postgres: limits of time hold in reads and in transactions, directly and through a pooler")
{
    postgres_database const place;
    for (auto const& by : {place.options(), place.options_through_pooler()}) {
        connections of{by};
        CHECK(ask(of, limits) == "5s 3s 10s");
        CHECK(ask_in_transaction(of, limits) == "5s 3s 10s");
    }
}

TEST_CASE("postgres: a pooler's connections are left as they were, without limits and prepared statements")
{
    postgres_database const place;
    connections of{place.options_through_pooler()};
    for (int i = 0; i < 8; ++i) CHECK(ask_in_transaction(of, limits) == "5s 3s 10s");
    // Somebody else on the same connection, who says nothing of limits.
    auto through = place.options_through_pooler().read_login().value();
    auto look = [](login const& as, std::string_view sql) -> task<std::string> {
        auto const made = co_await dial(as);
        database db{**made, database::use::part, steady_now() + seconds{5}};
        auto const told = co_await text_of(db, sql);
        co_return told.value();
    };
    CHECK(run(look(through, limits)) == "0 0 0");
    CHECK(run(look(through, "SELECT count(*)::text FROM pg_prepared_statements")) == "0");
}

TEST_CASE("postgres: more clients than a pooler has connections work at once, each in whole transactions")
{
    postgres_database const place;
    std::vector<std::unique_ptr<connections>> nodes;
    for (int i = 0; i < 3; ++i) nodes.push_back(std::make_unique<connections>(place.options_through_pooler()));
    place.ask("CREATE TABLE counted (n bigint); INSERT INTO counted VALUES (0)");
    auto const add_one = [](database& db) -> task<result<void>> {
        auto const found = co_await db.ask("SELECT n FROM counted FOR UPDATE");
        if (!found) co_return found.error();
        db.queue("UPDATE counted SET n = $1", found->front().integer(0) + 1);
        co_return result<void>{};
    };
    auto each = [&](int number) -> task<void> {
        auto work = [&](database& db) { return add_one(db); };
        for (int i = 0; i < 5; ++i) {
            auto const done = co_await nodes[static_cast<std::size_t>(number) % 3]->write(work);
            CHECK(done);
        }
    };
    run_on_workers(4, 6, each);
    CHECK(place.ask("SELECT n FROM counted") == "120");
}

TEST_CASE("postgres migrations: they go through a pooler, too")
{
    postgres_database const place;
    auto const store = open_migrations(place.options_through_pooler());
    CHECK(store->look().version == 0);
    bring_up_to_date(*store, {});
    CHECK(store->look().version == newest(steps()));
    CHECK_FALSE(store->take_step());
}
