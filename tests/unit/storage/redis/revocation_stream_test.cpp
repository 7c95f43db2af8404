#include "gateway/storage/redis/revocation_stream.hpp"

#include "tests/support/print.hpp"
#include "tests/support/redis_server.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

using namespace yett;
using namespace yett::storage::redis;
using accounts::revocation;
using tests::redis_server;

namespace {

constexpr seconds bound{10};

wall_time const noon{milliseconds{1'700'000'000'000}};

revocation of_session(std::string id)
{
    return {revocation::kind::session, std::move(id), noon, noon + std::chrono::hours{1}};
}

// A node: what it heard, and how often it was told to read the log.
struct node
{
    explicit node(redis_server const& at, std::string const& prefix = "t") : stream{at.options(milliseconds{1000}), prefix} {}
    ~node() { stream.stop_listening(); }

    void listen()
    {
        stream.listen([this](std::vector<revocation> const& told) {
            std::lock_guard const lock{guard};
            missed += told.empty();
            for (auto const& each : told) heard.push_back(each.id);
            changed.notify_all();
        });
    }
    template<class Condition>
    bool until(Condition const& holds)
    {
        std::unique_lock lock{guard};
        return changed.wait_for(lock, bound, holds);
    }
    bool reads_log(int times = 1)
    {
        return until([&] { return missed >= times; });
    }
    bool hears(std::string const& id)
    {
        return until([&] { return std::ranges::find(heard, id) != heard.end(); });
    }

    std::mutex guard;
    std::condition_variable changed;
    std::vector<std::string> heard;
    int missed = 0;
    revocation_stream stream; // last: its thread uses the rest
};

// What others do there is nothing to await.
template<class Condition>
bool in_time(Condition const& holds)
{
    auto const until = steady_now() + bound;
    while (!holds() && steady_now() < until) std::this_thread::sleep_for(milliseconds{5});
    return holds();
}

} // namespace

TEST_CASE("revocation stream: one node tells, the others hear, and nobody hears himself")
{
    redis_server server;
    node one{server};
    node two{server};
    node three{server, "another.fleet"};
    for (auto* each : {&one, &two, &three}) each->listen();
    // The first look of each, which leaves all that there is to the log.
    for (auto* each : {&one, &two, &three}) REQUIRE(each->reads_log());

    one.stream.tell({of_session("a"), {revocation::kind::everybody, "", noon, noon + seconds{1}}});
    REQUIRE(two.hears(""));
    CHECK(two.heard == std::vector<std::string>{"a", ""});
    two.stream.tell({of_session("b")});
    REQUIRE(one.hears("b"));
    CHECK(one.heard == std::vector<std::string>{"b"});
    CHECK(three.heard.empty());

    auto const seen = one.stream.activity();
    CHECK(seen.connected);
    CHECK(seen.told == 2);
    CHECK(seen.lost == 0);
    CHECK(seen.heard == 1);
    CHECK(seen.missed == 1);
    CHECK(server.ask({"XLEN", "t:{revocations}"}) == "3");
}

TEST_CASE("revocation stream: a server that takes nothing is told of like one that is away")
{
    redis_server server;
    node one{server};
    one.listen();
    REQUIRE(one.reads_log());
    REQUIRE(in_time([&] { return one.stream.activity().connected; }));
    server.ask({"ACL", "SETUSER", "default", "-xadd"});
    one.stream.tell({of_session("a")});
    REQUIRE(in_time([&] { return !one.stream.activity().connected; }));
    CHECK(one.stream.activity().lost == 1);
    CHECK(one.stream.activity().trouble.starts_with("redis: NOPERM"));
    server.ask({"ACL", "SETUSER", "default", "+xadd"});
    one.stream.tell({of_session("b")});
    REQUIRE(in_time([&] { return one.stream.activity().connected; }));
    CHECK(one.stream.activity().told == 1);
    CHECK(one.stream.activity().trouble.empty());

    server.ask({"ACL", "SETUSER", "default", "-xadd"});
    one.stream.tell({of_session("c")});
    REQUIRE(in_time([&] { return !one.stream.activity().connected; }));
    server.kill();
    server.start(); // it has forgotten whom it was to refuse
    REQUIRE(in_time([&] { return one.stream.activity().connected; }));
}

TEST_CASE("revocation stream: nothing is told, and nobody is kept waiting, while the server is away")
{
    redis_server server;
    node one{server};
    node two{server};
    two.listen();
    REQUIRE(two.reads_log());
    server.kill();
    for (int i = 0; i < 100; ++i) one.stream.tell({of_session("lost")});
    REQUIRE(in_time([&] { return one.stream.activity().lost == 100; }));
    CHECK(one.stream.activity().told == 0);
    server.start();
    // It was started anew, and may have lost anything.
    REQUIRE(two.reads_log(2));
    REQUIRE(in_time([&] { return one.stream.activity().connected; }));
    one.stream.tell({of_session("again")});
    REQUIRE(two.hears("again"));
    CHECK(two.heard == std::vector<std::string>{"again"});
}

TEST_CASE("revocation stream: a reader that was cut off goes on where it was")
{
    redis_server server;
    node one{server};
    node two{server};
    two.listen();
    REQUIRE(two.reads_log());
    one.stream.tell({of_session("first")});
    REQUIRE(two.hears("first"));
    // All connections but that of redis-cli, which is away before the answer.
    server.ask({"CLIENT", "KILL", "TYPE", "normal"});
    one.stream.tell({of_session("lost")});
    REQUIRE(in_time([&] {
        one.stream.tell({of_session("second")});
        std::lock_guard const lock{two.guard};
        return std::ranges::find(two.heard, "second") != two.heard.end();
    }));
    CHECK(two.missed == 1);
}

TEST_CASE("revocation stream: what was emptied or trimmed is left to the log")
{
    redis_server server;
    node one{server};
    node two{server};
    two.listen();
    REQUIRE(two.reads_log());
    one.stream.tell({of_session("first")});
    REQUIRE(two.hears("first"));
    server.ask({"DEL", "t:{revocations}"});
    // Found when nothing has come for a while.
    REQUIRE(two.reads_log(2));
    one.stream.tell({of_session("second")});
    CHECK(two.hears("second"));
}

TEST_CASE("revocation stream: who may not read it is not connected, and says why")
{
    redis_server server{{"--user", "default", "on", "nopass", "~*", "+@all", "-xread"}};
    node one{server};
    one.listen();
    REQUIRE(in_time([&] { return one.stream.activity().trouble.find("NOPERM") != std::string::npos; }));
    CHECK(!one.stream.activity().connected);
    server.ask({"ACL", "SETUSER", "default", "+xread"});
    REQUIRE(in_time([&] { return one.stream.activity().connected; }));
    CHECK(one.stream.activity().trouble.empty());
}

TEST_CASE("revocation stream: what nobody understands is passed over")
{
    redis_server server;
    node two{server};
    two.listen();
    REQUIRE(two.reads_log());
    server.ask({"XADD", "t:{revocations}", "*", "kind", "tenant", "id", "x", "at", "1", "until", "2"});
    server.ask({"XADD", "t:{revocations}", "*", "nothing", "at all"});
    server.ask({"XADD", "t:{revocations}", "*", "kind", "session", "id", "good", "at", "1", "until", "2"});
    REQUIRE(two.hears("good"));
    CHECK(two.heard == std::vector<std::string>{"good"});
}

TEST_CASE("revocation stream: thousands at once, in their order")
{
    redis_server server;
    node one{server};
    node two{server};
    two.listen();
    REQUIRE(two.reads_log());
    std::vector<revocation> many;
    std::vector<std::string> ids;
    for (int i = 0; i < 5000; ++i) {
        ids.push_back("s" + std::to_string(i));
        many.push_back(of_session(ids.back()));
    }
    one.stream.tell(many);
    REQUIRE(two.hears(ids.back()));
    CHECK(two.heard == ids);
    CHECK(two.missed == 1);
}

TEST_CASE("revocation stream: it ends at once, whatever the server does")
{
    redis_server server;
    auto const began = steady_now();
    {
        node one{server};
        one.listen();
        REQUIRE(one.reads_log());
        server.pause();
        one.stream.tell({of_session("a")});
    }
    CHECK(steady_now() - began < seconds{3});
    server.resume();
    node nowhere{server};
    server.kill();
    nowhere.listen();
}
