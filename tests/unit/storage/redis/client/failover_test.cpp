#include "gateway/storage/redis/client/sentinel_watch.hpp"
#include "tests/support/print.hpp"
#include "tests/support/redis_loop.hpp"
#include "tests/support/redis_server.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::storage::redis;
using tests::redis_loop;
using tests::redis_sentinel;
using tests::redis_server;

namespace {

// A master, a replica that has caught up, and a sentinel that knows of both.
struct fleet
{
    redis_server first;
    redis_server second{{"--replicaof", "127.0.0.1", std::to_string(first.port()), "--repl-diskless-sync-delay", "0"}};
    redis_sentinel sentinel{"main", first};

    redis_options options(std::string const& name = "main") const
    {
        redis_login as;
        // The first sentinel is gone.
        as.addresses = {{"127.0.0.1", 1}, {"127.0.0.1", sentinel.port()}};
        as.master_name = name;
        return {[as] { return result<redis_login>{as}; }, milliseconds{2000}};
    }

    bool knows_replica() const
    {
        auto const told = sentinel.ask({"SENTINEL", "REPLICAS", "main"});
        return told.find("127.0.0.1:" + std::to_string(second.port())) != std::string::npos &&
               told.find("master-link-status\nok") != std::string::npos;
    }
};

} // namespace

TEST_CASE("redis sentinels: the master is found, and found again when another server takes over")
{
    fleet all;
    redis_loop on{all.options()};
    CHECK(on.ask("SET", "k", "v").has_value());
    CHECK(all.first.ask({"GET", "k"}) == "v");
    on.until([&] { return all.knows_replica(); });

    SUBCASE("by their word, while the old one is still there")
    {
        REQUIRE(all.sentinel.ask({"SENTINEL", "FAILOVER", "main"}) == "OK");
    }
    SUBCASE("when the old one is killed")
    {
        all.first.kill();
    }

    on.until([&] { return on.ask("SET", "k", "w").has_value() && on.client.activity().connections > 1; });
    CHECK(all.second.ask({"ROLE"}).starts_with("master"));
    CHECK(all.second.ask({"GET", "k"}) == "w");
}

TEST_CASE("redis sentinels: a name that they do not know, and a word that is not true")
{
    fleet all;
    redis_loop unknown{all.options("other")};
    auto const told = unknown.ask("PING");
    REQUIRE(!told);
    CHECK(told.error().note().find("it knows no master other") != std::string::npos);

    // The sentinel still names the one that was told to follow another by somebody else.
    redis_server elsewhere;
    all.first.ask({"REPLICAOF", "127.0.0.1", std::to_string(elsewhere.port())});
    redis_loop on{all.options()};
    auto const refused = on.ask("SET", "k", "v");
    REQUIRE(!refused);
    CHECK(refused.error().note().find("a replica, which takes no writes") != std::string::npos);
}

TEST_CASE("redis sentinels: whoever listens is told that another server took over, and of no other's")
{
    fleet all;
    redis_loop on{all.options()};
    on.until([&] { return all.knows_replica(); });
    int told = 0;
    int told_of_another = 0;
    {
        sentinel_watch const watch{on.loop.get_executor(), all.options().read_login, [&] { ++told; }};
        sentinel_watch const other{on.loop.get_executor(), all.options("other").read_login, [&] { ++told_of_another; }};
        auto const listeners = [&] {
            auto const clients = all.sentinel.ask({"CLIENT", "LIST"});
            auto const first = clients.find(" sub=1 ");
            return first != clients.npos && clients.find(" sub=1 ", first + 1) != clients.npos;
        };
        on.until(listeners);
        REQUIRE(all.sentinel.ask({"SENTINEL", "FAILOVER", "main"}) == "OK");
        on.until([&] { return told > 0; });
    }
    CHECK(told == 1);
    CHECK(told_of_another == 0);
}
