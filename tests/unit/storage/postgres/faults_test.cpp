#include "gateway/storage/postgres/connections.hpp"
#include "gateway/storage/postgres/stores.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/print.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>

#include <csignal>

using namespace yett;
using namespace yett::storage::postgres;
using namespace yett::tests;

namespace {

task<result<std::string>> text_of(database& db, std::string_view sql)
{
    auto const told = co_await db.ask(sql);
    if (!told) co_return told.error();
    co_return told->empty() ? std::string{} : told->front().text(0);
}

task<result<std::string>> echo(database& db, std::string const& sent)
{
    db.queue("SELECT $1", bytes{sent});
    auto const told = co_await db.flush();
    if (!told) co_return told.error();
    co_return told->front().front().text(0);
}

std::string ask(connections& of, std::string_view sql)
{
    auto work = [sql](database& db) { return text_of(db, sql); };
    return run(of.read(work)).value();
}

accounts::user some_user(std::string const& name)
{
    accounts::user made;
    made.id = name;
    made.email = made.email_key = name + "@example.com";
    made.roles = {"a", "b"};
    return made;
}

// A connection does not outlive the loop it was made on.
task<std::string> complaint_of(login const& as)
{
    auto const made = co_await dial(as);
    co_return made ? std::string{} : describe(made.error());
}

// A server of its own, to be stopped and started.
options on(postgres_server& server, std::string const& database)
{
    options by;
    by.read_login = [as = server.login_to(database)] { return result<login>{as}; };
    return by;
}

// For what another process does there is nothing to await.
template<class Condition>
bool comes_true(milliseconds within, Condition const& condition)
{
    auto const until = steady_now() + within;
    while (steady_now() < until)
        if (condition()) return true;
    return false;
}

} // namespace

TEST_CASE("postgres: answers and values larger than every buffer on the way")
{
    postgres_database const place;
    connections of{place.options()};
    CHECK(ask(of, "SELECT repeat('x', 3000000)") == std::string(3'000'000, 'x'));
    std::string const large(3'000'000, '\xff');
    auto work = [&large](database& db) { return echo(db, large); };
    CHECK(run(of.read(work)).value() == large);
}

TEST_CASE("postgres: the same through TLS, to a server that proves who it is (siblings: another name, no proof)")
{
    postgres_server server;
    auto const name = server.make_database();
    server.stop();
    auto const certificate = server.use_tls();
    server.start();
    auto as = server.login_to(name);
    as.servers = {{"localhost", server.port()}};
    as.tls_mode = "verify-full";
    as.tls_root = certificate;
    options by;
    by.read_login = [&as] { return result<login>{as}; };
    {
        connections of{by};
        CHECK(ask(of, "SELECT ssl::text FROM pg_stat_ssl WHERE pid = pg_backend_pid()") == "true");
        for (auto const size : {1u, 8'000u, 16'300u, 16'384u, 24'600u, 100'000u, 3'000'000u}) {
            std::string const large(size, '\xff');
            auto work = [&large](database& db) { return echo(db, large); };
            auto const back = run(of.read(work));
            REQUIRE(back.has_value());
            CHECK(back.value() == large);
        }
    }
    as.servers = {{"127.0.0.1", server.port()}};
    CHECK(run(complaint_of(as)).find("does not match host name") != std::string::npos);
    as.servers = {{"localhost", server.port()}};
    as.tls_root = "/etc/ssl/certs/ca-certificates.crt";
    CHECK(run(complaint_of(as)).find("certificate verify failed") != std::string::npos);
}

TEST_CASE("postgres: the server gives up before we do, and gets back what a stopped node held")
{
    postgres_database const place;
    connections of{place.options()};
    CHECK(ask(of, "SHOW statement_timeout") == "5s");
    CHECK(ask(of, "SHOW lock_timeout") == "3s");
    CHECK(ask(of, "SHOW idle_in_transaction_session_timeout") == "10s");
}

TEST_CASE("postgres: a statement that takes too long fails alone, and its connection is good for others")
{
    postgres_database const place;
    connections of{place.options(1)};
    auto const before = ask(of, "SELECT pg_backend_pid()::text");
    auto work = [](database& db) {
        db.queue("SET LOCAL statement_timeout = 30");
        return text_of(db, "SELECT pg_sleep(20)");
    };
    auto const late = run(of.write(work));
    CHECK(late.error() == errc::storage_unavailable);
    CHECK(late.error().note().find("57014") != std::string::npos);
    CHECK(ask(of, "SELECT pg_backend_pid()::text") == before);
    CHECK(ask(of, "SHOW statement_timeout") == "5s");
}

TEST_CASE("postgres: a connection that the server ends in the midst of reading is replaced, and nobody notices")
{
    postgres_database const place;
    connections of{place.options(1)};
    int tries = 0;
    auto work = [&tries](database& db) {
        return text_of(db, ++tries == 1 ? "SELECT pg_terminate_backend(pg_backend_pid())" : "SELECT 'here'");
    };
    CHECK(run(of.read(work)).value() == "here");
    CHECK(tries == 2);
    tries = 0;
    CHECK(run(of.write(work)).value() == "here");
    CHECK(tries == 2);
}

TEST_CASE("postgres: connections that were ended while they were idle are not used")
{
    postgres_database const place;
    auto const of = make_stores(place.options());
    REQUIRE(run(of.users->add(some_user("anna"))));
    place.ask("SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
              " WHERE datname = current_database() AND pid <> pg_backend_pid()");
    CHECK(run(of.users->add(some_user("berta"))));
    CHECK(run(of.users->find("anna")).value().roles == std::vector<std::string>{"a", "b"});
}

TEST_CASE("postgres: a transaction that others undid is done again, and not for ever")
{
    postgres_database const place;
    connections of{place.options()};
    auto tries = 0;
    auto fails = 2;
    auto work = [&](database& db) {
        return text_of(db, ++tries <= fails ? "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$" : "SELECT 'done'");
    };
    CHECK(run(of.write(work)).value() == "done");
    CHECK(tries == 3);
    tries = 0;
    fails = 1000;
    auto const never = run(of.write(work));
    CHECK(never.error() == errc::storage_unavailable);
    CHECK_FALSE(never.error().retryable());
    CHECK(tries == 5);
}

TEST_CASE("postgres: two that wait for each other both get through")
{
    postgres_database const place;
    auto const of = make_stores(place.options());
    connections raw{place.options()};
    REQUIRE(run(of.users->add(some_user("a"))));
    REQUIRE(run(of.users->add(some_user("b"))));
    place.ask("ALTER DATABASE " + place.ask("SELECT current_database()") + " SET deadlock_timeout = '20ms'");
    auto each = [&raw](int number) -> task<void> {
        auto work = [number](database& db) {
            db.queue(number % 2 ? "UPDATE users SET disabled = NOT disabled WHERE id = 'a'"
                                : "UPDATE users SET disabled = NOT disabled WHERE id = 'b'");
            db.queue("SELECT pg_sleep(0.005)");
            return text_of(db, number % 2 ? "UPDATE users SET disabled = NOT disabled WHERE id = 'b' RETURNING id"
                                          : "UPDATE users SET disabled = NOT disabled WHERE id = 'a' RETURNING id");
        };
        auto const done = co_await raw.write(work);
        CHECK(done.has_value());
    };
    run_on_workers(2, 1, each);
}

TEST_CASE("postgres: never more connections than are allowed, however many ask")
{
    postgres_database const place;
    connections of{place.options(3)};
    std::atomic<int> done{0};
    auto each = [&](int) -> task<void> {
        auto work = [](database& db) { return text_of(db, "SELECT pg_sleep(0.002)::text"); };
        auto const told = co_await of.read(work);
        done += told.has_value();
    };
    run_on_workers(4, 50, each);
    CHECK(done == 200);
    CHECK(place.ask("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()") ==
          "3");
}

TEST_CASE("postgres: a server that is gone is told at once, and found again when it is back")
{
    postgres_server server;
    auto const name = server.make_database();
    auto const of = make_stores(on(server, name));
    REQUIRE(run(of.users->add(some_user("anna"))));
    for (auto const killed : {false, true}) {
        CAPTURE(killed);
        killed ? server.kill() : server.stop();
        auto const began = steady_now();
        for (int i = 0; i < 50; ++i) CHECK(run(of.users->find("anna")).error() == errc::storage_unavailable);
        CHECK(steady_now() - began < seconds{2});
        server.start();
        CHECK(comes_true(seconds{2}, [&of] { return run(of.users->find("anna")).has_value(); }));
        CHECK(run(of.users->add(some_user(killed ? "berta" : "cilly"))));
    }
}

TEST_CASE("postgres: nobody waits for ever for a server that hangs")
{
    postgres_database const place;
    auto const as = place.options().read_login().value();
    auto look = [&as]() -> task<result<answer>> {
        auto const made = co_await dial(as);
        if (!made) co_return made.error();
        std::vector<request> all;
        all.push_back({"SELECT pg_sleep(20)", parameters{}});
        auto told = co_await (*made)->exchange(all, steady_now() + milliseconds{30});
        CHECK_FALSE((*made)->usable());
        co_return told;
    };
    auto const told = run(look());
    REQUIRE(told);
    CHECK(told->lost);
    CHECK(told->done.empty());
    CHECK(told->failure.value() == errc::storage_unavailable);
}

TEST_CASE("postgres: servers are tried in their order, and who is not one is told by name and without the password")
{
    postgres_database const place;
    auto as = place.options().read_login().value();
    as.password = secret{"hunter2"};
    as.servers.insert(as.servers.begin(), {"/nowhere/at/all", 5432});
    as.servers.insert(as.servers.begin(), {"127.0.0.1", 1});
    CHECK(run(complaint_of(as)) == "");
    as.servers.pop_back();
    as.servers.push_back({"name.invalid", 5432});
    auto const said = run(complaint_of(as));
    for (auto const* const part : {"storage_unavailable", "127.0.0.1", "/nowhere/at/all", "name.invalid"})
        CHECK(said.find(part) != std::string::npos);
    CHECK(said.find("hunter2") == std::string::npos);
}

TEST_CASE("postgres: who knows too little to connect is told at the start, and by a later connection")
{
    postgres_database const place;
    auto by = place.options(1);
    auto const as = by.read_login().value();
    auto const known = std::make_shared<std::atomic<bool>>(true);
    by.read_login = [as, known]() -> result<login> {
        if (!*known) return our_error(errc::storage_unavailable, "the file is gone");
        return as;
    };
    connections of{by};
    CHECK(ask(of, "SELECT 'here'") == "here");
    *known = false;
    place.ask("SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
              " WHERE datname = current_database() AND pid <> pg_backend_pid()");
    auto work = [](database& db) { return text_of(db, "SELECT 'here'"); };
    CHECK(run(of.read(work)).error().note() == "the file is gone");
    *known = true;
    CHECK(comes_true(seconds{2}, [&] { return run(of.read(work)).has_value(); }));
}
