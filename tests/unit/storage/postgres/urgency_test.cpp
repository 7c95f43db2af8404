#include "gateway/storage/postgres/connections.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/print.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::storage::postgres;
using namespace yett::tests;

namespace {

task<result<std::string>> text_of(database& db, std::string_view sql)
{
    auto const told = co_await db.ask(sql);
    if (!told) co_return told.error();
    co_return told->front().text(0);
}

auto asking(std::string_view sql)
{
    return [sql](database& db) { return text_of(db, sql); };
}

task<void> ask(connections& of, std::string_view sql, std::vector<std::string>& order)
{
    auto const told = co_await of.read(asking(sql));
    order.push_back(told.value());
}

task<void> ask_urgently(connections& of, std::string_view sql, std::vector<std::string>& order)
{
    auto const told = co_await of.read_within(seconds{10}, asking(sql));
    order.push_back(told.value());
}

} // namespace

TEST_CASE("postgres: what nobody may be kept waiting for goes before what waits already")
{
    postgres_database const place;
    connections of{place.options(1)};
    REQUIRE(run(of.read(asking("SELECT 'there is a connection'"))));
    std::vector<std::string> order;
    boost::asio::io_context io{1};
    boost::asio::co_spawn(io, ask(of, "SELECT 'has it' FROM pg_sleep(0.2)", order), boost::asio::detached);
    for (auto const* const sql : {"SELECT 'waits'", "SELECT 'waits behind'"})
        boost::asio::co_spawn(io, ask(of, sql, order), boost::asio::detached);
    boost::asio::co_spawn(io, ask_urgently(of, "SELECT 'must not wait'", order), boost::asio::detached);
    io.run();
    CHECK(order == std::vector<std::string>{"has it", "must not wait", "waits", "waits behind"});
}

TEST_CASE("postgres: who cannot wait for long tries once more when a connection leads nowhere")
{
    postgres_database const place;
    connections of{place.options()};
    int tries = 0;
    auto work = [&tries](database& db) { return text_of(db, ++tries == 1 ? "SELECT pg_sleep(60)" : "SELECT 'here'"); };
    CHECK(run(of.read_within(seconds{4}, work)).value() == "here");
    CHECK(tries == 2);
}

TEST_CASE("postgres: and fails in time")
{
    postgres_database const place;
    connections of{place.options()};
    auto const began = steady_now();
    auto const late = run(of.read_within(milliseconds{500}, asking("SELECT pg_sleep(60)")));
    CHECK(late.error() == errc::storage_unavailable);
    CHECK(steady_now() - began < seconds{4});
}
