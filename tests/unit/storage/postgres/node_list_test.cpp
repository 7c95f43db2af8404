#include "gateway/storage/postgres/stores.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/print.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::storage::postgres;
using namespace yett::tests;

namespace {

accounts::node_entry node_called(std::string const& id, std::string const& host)
{
    accounts::node_entry made;
    made.id = id;
    made.host = host;
    made.version = "1.2.3";
    return made;
}

} // namespace

TEST_CASE("nodes: each is seen by all, by host, with the database's times")
{
    postgres_database const place;
    auto const one = make_stores(place.options());
    auto const two = make_stores(place.options());
    CHECK(run(two.nodes->list())->empty());
    auto late = node_called("2", "beta");
    late.horizon_age = milliseconds{250};
    REQUIRE(run(two.nodes->report(late)));
    REQUIRE(run(one.nodes->report(node_called("1", "alpha"))));
    auto const all = run(one.nodes->list()).value();
    REQUIRE(all.size() == 2);
    CHECK(all[0].host == "alpha");
    CHECK(all[0].version == "1.2.3");
    CHECK_FALSE(all[0].horizon_age);
    CHECK(all[1].id == "2");
    CHECK(all[1].horizon_age == milliseconds{250});
    CHECK(all[0].started_at == all[0].seen_at);
    CHECK(std::chrono::abs(one.now() - all[0].seen_at) < seconds{30});
}

TEST_CASE("nodes: what is told again moves on, but for the start")
{
    postgres_database const place;
    auto const of = make_stores(place.options());
    auto self = node_called("1", "alpha");
    REQUIRE(run(of.nodes->report(self)));
    auto const before = run(of.nodes->list())->front();
    self.horizon_age = milliseconds{10};
    REQUIRE(run(of.nodes->report(self)));
    auto const after = run(of.nodes->list()).value();
    REQUIRE(after.size() == 1);
    CHECK(after[0].started_at == before.started_at);
    CHECK(after[0].seen_at >= before.seen_at);
    CHECK(after[0].horizon_age == milliseconds{10});
}

TEST_CASE("nodes: who was silent for an hour is forgotten")
{
    postgres_database const place;
    auto const of = make_stores(place.options());
    REQUIRE(run(of.nodes->report(node_called("1", "alpha"))));
    REQUIRE(run(of.nodes->report(node_called("2", "beta"))));
    place.ask("UPDATE nodes SET seen_at = now() - interval '59 minutes' WHERE id = '1'");
    REQUIRE(run(of.nodes->report(node_called("2", "beta"))));
    CHECK(run(of.nodes->list())->size() == 2);
    place.ask("UPDATE nodes SET seen_at = now() - interval '61 minutes' WHERE id = '1'");
    REQUIRE(run(of.nodes->report(node_called("2", "beta"))));
    CHECK(run(of.nodes->list())->size() == 1);
}
