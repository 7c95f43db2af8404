#include "gateway/storage/redis/client/redis_client.hpp"

#include "tests/support/certificate.hpp"
#include "tests/support/print.hpp"
#include "tests/support/redis_loop.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/temporary_folder.hpp"

#include <boost/asio/detached.hpp>

#include <filesystem>
#include <string>
#include <vector>

using namespace yett;
using namespace yett::storage::redis;
using tests::redis_loop;
using tests::redis_server;

namespace {

using kind = resp_value::kind;

script const add_up{"return redis.call('INCRBY', KEYS[1], ARGV[1])"};

task<result<std::vector<resp_value>>> ask_all(redis_client& of, std::vector<command> all)
{
    return of.ask_all(std::move(all));
}

task<void> ask_one(redis_client& of, command what, std::vector<result<resp_value>>& into)
{
    auto told = co_await of.ask(std::move(what));
    into.push_back(std::move(told));
}

// Of INFO, in a section.
long figure(redis_server& of, std::string const& section, std::string const& name)
{
    auto const all = of.ask({"INFO", section});
    auto const at = all.find(name + ":");
    return at == all.npos ? -1 : std::stol(all.substr(at + name.size() + 1));
}

} // namespace

TEST_CASE("redis client: answers as they were told, and failures as errors")
{
    redis_loop on{tests::shared_redis().options()};
    CHECK(on.ask("SET", "c:1", "a\r\nb")->text == "OK");
    CHECK(on.ask("GET", "c:1")->text == "a\r\nb");
    CHECK(on.ask("GET", "c:none")->is_nil());
    CHECK(on.ask("STRLEN", "c:1")->number == 4);
    auto const wrong = on.ask("INCR", "c:1");
    REQUIRE(!wrong);
    CHECK(wrong.error() == errc::storage_unavailable);
    CHECK(!wrong.error().retryable());
    CHECK(wrong.error().note() == "redis: ERR value is not an integer or out of range");
    CHECK(on.ask("GET", "c:1").has_value());
    auto const seen = on.client.activity();
    CHECK(seen.connected);
    CHECK(seen.commands == 6);
    CHECK(seen.failures == 0);
    CHECK(seen.connections == 1);
}

TEST_CASE("redis client: several at once, each with its own answer")
{
    redis_loop on{tests::shared_redis().options()};
    std::vector<command> all;
    all.emplace_back("SET", "c:2", "x");
    all.emplace_back("INCR", "c:2");
    all.emplace_back("GET", "c:2");
    auto const told = on.run(ask_all(on.client, std::move(all)));
    REQUIRE(told.has_value());
    REQUIRE(told->size() == 3);
    CHECK((*told)[0].what == kind::status);
    CHECK((*told)[1].what == kind::failure);
    CHECK((*told)[2].text == "x");
}

TEST_CASE("redis client: nothing is asked, and nothing goes to the server")
{
    redis_loop on{tests::shared_redis().options()};
    auto const told = on.run(ask_all(on.client, {}));
    REQUIRE(told.has_value());
    CHECK(told->empty());
    CHECK(on.client.activity().commands == 0);
    CHECK(on.client.activity().connections == 0);
    // Those behind it get their own answers.
    CHECK(on.ask("PING")->text == "PONG");
    CHECK(on.run(ask_all(on.client, {}))->empty());
    CHECK(on.ask("ECHO", "x")->text == "x");
}

TEST_CASE("redis client: what is asked within one turn of the loop leaves in one write")
{
    auto& server = tests::shared_redis();
    redis_loop on{server.options()};
    CHECK(on.ask("SET", "c:3", "0").has_value());
    auto const before = figure(server, "stats", "total_reads_processed");
    std::vector<result<resp_value>> told;
    for (int i = 0; i < 500; ++i)
        boost::asio::co_spawn(on.loop, ask_one(on.client, command{"INCR", "c:3"}, told), boost::asio::detached);
    on.until([&] { return told.size() == 500; });
    for (int i = 0; i < 500; ++i) CHECK(told[static_cast<std::size_t>(i)]->number == i + 1);
    // 500 commands are 14 KiB, which the server reads at once; the others are redis-cli's own and a heartbeat.
    CHECK(figure(server, "stats", "total_reads_processed") - before <= 10);
}

TEST_CASE("redis client: a script that the server does not know is sent with its text, once")
{
    auto& server = tests::shared_redis();
    redis_loop on{server.options()};
    server.ask({"SCRIPT", "FLUSH"});
    CHECK(on.run(on.client.ask(command{add_up, {"c:4"}, 5}))->number == 5);
    CHECK(on.run(on.client.ask(command{add_up, {"c:4"}, 5}))->number == 10);
    server.ask({"SCRIPT", "FLUSH"});
    std::vector<command> all;
    all.emplace_back(add_up, std::vector<std::string>{"c:4"}, 1);
    all.emplace_back("GET", "c:4");
    all.emplace_back(add_up, std::vector<std::string>{"c:4"}, 1);
    auto const told = on.run(ask_all(on.client, std::move(all)));
    REQUIRE(told.has_value());
    CHECK((*told)[0].number == 11);
    CHECK((*told)[2].number == 12);
}

TEST_CASE("redis client: large answers and large questions")
{
    redis_loop on{tests::shared_redis().options()};
    std::string const large(1024 * 1024, 'x');
    CHECK(on.ask("SET", "c:5", large).has_value());
    CHECK(on.ask("GET", "c:5")->text == large);
    std::vector<command> all;
    for (int i = 0; i < 20; ++i) all.emplace_back("GET", "c:5");
    auto const told = on.run(ask_all(on.client, std::move(all)));
    REQUIRE(told.has_value());
    for (auto const& each : *told) CHECK(each.text.size() == large.size());
    on.ask("APPEND", "c:5", "x");
    auto const longer = on.ask("GET", "c:5");
    REQUIRE(!longer);
    CHECK(longer.error().note() == "redis: a text of 1048577 bytes");
    CHECK(on.ask("DEL", "c:5")->number == 1);
}

TEST_CASE("redis client: users and passwords of the ACL")
{
    redis_server server{{"--user", "yett", "on", ">right", "~*", "+@all", "--user", "default", "off"}};
    auto as = server.login();
    auto const options = [&] { return redis_options{[&] { return result<redis_login>{as}; }, milliseconds{2000}}; };
    struct row
    {
        char const* user;
        char const* password;
        char const* failure; // null: none
    };
    row const rows[]{{"yett", "right", nullptr}, {"yett", "wrong", "WRONGPASS"}, {"", "right", "WRONGPASS"}, {"", "", "NOAUTH"}};
    for (auto const& r : rows) {
        as.user = r.user;
        as.password = secret{r.password};
        redis_loop on{options()};
        auto const told = on.ask("ACL", "WHOAMI");
        CHECK(told.has_value() == (r.failure == nullptr));
        if (!r.failure) CHECK(told->text == "yett");
        if (!r.failure) continue;
        CHECK(told.error() == errc::storage_unavailable);
        CHECK(told.error().note().find(r.failure) != std::string::npos);
        CHECK(told.error().note().find("right") == std::string::npos);
    }
}

TEST_CASE("redis client: a database by its number")
{
    auto as = tests::shared_redis().login();
    as.database = 3;
    redis_loop on{{[&] { return result<redis_login>{as}; }, milliseconds{2000}}};
    CHECK(on.ask("SET", "c:db", "third").has_value());
    CHECK(tests::shared_redis().ask({"-n", "3", "GET", "c:db"}) == "third");
    CHECK(tests::shared_redis().ask({"GET", "c:db"}).empty());
}

TEST_CASE("redis client: TLS, and only to whom an authority vouches for")
{
    redis_server server;
    auto const certificate = server.use_tls();
    server.kill();
    server.start();
    struct row
    {
        bool tls;
        bool trusted;
        char const* host;
        bool works;
    };
    row const rows[]{{true, true, "127.0.0.1", true},
                     {true, true, "localhost", true},
                     {true, false, "127.0.0.1", false},
                     {true, true, "127.0.0.2", false},
                     {false, true, "127.0.0.1", false}};
    for (auto const& r : rows) {
        CAPTURE(r.host);
        auto as = server.login();
        as.tls = r.tls;
        as.files.ca_file = r.trusted ? certificate : "";
        as.addresses.front().host = r.host;
        redis_loop on{{[&] { return result<redis_login>{as}; }, milliseconds{2000}}};
        CHECK(on.ask("SET", "k", "v").has_value() == r.works);
        if (r.works) CHECK(on.ask("GET", "k")->text == "v");
    }
}

TEST_CASE("redis client: a certificate of ours, where the server wants one")
{
    redis_server server;
    auto const theirs = server.use_tls();
    server.verify_clients();
    server.kill();
    server.start();
    auto const key = std::filesystem::path{theirs}.replace_filename("key").string();
    tests::certificate const unknown{"somebody"};
    struct row
    {
        std::string certificate;
        std::string key;
        char const* failure; // null: none
    };
    row const rows[]{{theirs, key, nullptr},
                     {"", "", "TLS: tlsv13 alert certificate required"},
                     {unknown.files().chain_file, unknown.files().key_file, "TLS: tlsv1 alert unknown ca"},
                     {"/nowhere/crt", key, "certificate /nowhere/crt cannot be used"},
                     {theirs, "/dev/null", "key /dev/null cannot be used"},
                     {theirs, unknown.files().key_file, "cannot be used"}};
    for (auto const& r : rows) {
        CAPTURE(r.certificate);
        auto as = server.login();
        as.tls = true;
        as.files = {theirs, r.certificate, r.key};
        redis_loop on{{[&] { return result<redis_login>{as}; }, milliseconds{2000}}};
        auto const told = on.ask("PING");
        CHECK(told.has_value() == (r.failure == nullptr));
        if (told) continue;
        CHECK(told.error().note().find(r.failure) != std::string::npos);
    }
}

TEST_CASE("redis client: a certificate that is renewed is shown by the next connection")
{
    redis_server server;
    auto const theirs = server.use_tls();
    server.verify_clients();
    server.kill();
    server.start();
    tests::certificate const expired{"somebody"};
    tests::temporary_folder const ours;
    auto const put = [&](std::string const& certificate, std::string const& key) {
        auto const over = std::filesystem::copy_options::overwrite_existing;
        std::filesystem::copy_file(certificate, ours.file("crt"), over);
        std::filesystem::copy_file(key, ours.file("key"), over);
    };
    put(expired.files().chain_file, expired.files().key_file);
    auto as = server.login();
    as.tls = true;
    as.files = {theirs, ours.file("crt"), ours.file("key")};
    redis_loop on{{[&] { return result<redis_login>{as}; }, milliseconds{2000}}};
    CHECK(!on.ask("PING").has_value());
    put(theirs, std::filesystem::path{theirs}.replace_filename("key").string());
    on.until([&] { return on.ask("PING").has_value(); });
}

TEST_CASE("redis client: a server that is gone fails asks at once, and is found again")
{
    redis_server server;
    redis_loop on{server.options(milliseconds{5000})};
    CHECK(on.ask("SET", "k", "v").has_value());
    server.kill();
    on.until([&] { return !on.client.activity().connected; });
    auto const first = on.ask("GET", "k");
    REQUIRE(!first);
    CHECK(first.error() == errc::storage_unavailable);
    CHECK(first.error().retryable());
    auto const began = steady_now();
    for (int i = 0; i < 50; ++i) CHECK(!on.ask("GET", "k").has_value());
    CHECK(steady_now() - began < seconds{1});
    server.start();
    on.until([&] { return on.client.activity().connected; });
    CHECK(on.ask("GET", "k")->is_nil());
    CHECK(on.client.activity().connections == 2);
    CHECK(on.client.activity().failures == 51);
}

TEST_CASE("redis client: a server that says nothing costs its timeout, and whoever waits with it")
{
    redis_server server;
    redis_loop on{server.options(milliseconds{200})};
    CHECK(on.ask("SET", "k", "v").has_value());
    server.pause();
    std::vector<result<resp_value>> told;
    auto const began = steady_now();
    for (int i = 0; i < 3; ++i)
        boost::asio::co_spawn(on.loop, ask_one(on.client, command{"GET", "k"}, told), boost::asio::detached);
    on.until([&] { return told.size() == 3; });
    CHECK(steady_now() - began >= milliseconds{200});
    CHECK(steady_now() - began < seconds{2});
    for (auto const& each : told) {
        REQUIRE(!each);
        CHECK(each.error().note() == "redis: no answer in time");
        CHECK(!each.error().retryable());
    }
    server.resume();
    on.until([&] { return on.client.activity().connected; });
    CHECK(on.ask("GET", "k")->text == "v");
}

TEST_CASE("redis client: a server that became a replica is left")
{
    redis_server other;
    redis_server server;
    redis_loop on{server.options()};
    CHECK(on.ask("SET", "k", "v").has_value());
    auto const to = std::to_string(other.port());
    SUBCASE("by its answer to a write")
    {
        server.ask({"REPLICAOF", "127.0.0.1", to});
        auto const told = on.ask("SET", "k", "w");
        REQUIRE(!told);
        CHECK(told.error().retryable());
        CHECK(!on.client.activity().connected);
    }
    SUBCASE("by its role, though nobody asks for anything")
    {
        server.ask({"REPLICAOF", "127.0.0.1", to});
        on.until([&] { return !on.client.activity().connected; });
    }
    on.until([&] { return !on.ask("GET", "k").has_value(); });
    CHECK(on.ask("GET", "k").error().note().find("a replica, which takes no writes") != std::string::npos);
    server.ask({"REPLICAOF", "NO", "ONE"});
    on.until([&] { return on.client.activity().connected; });
    CHECK(on.ask("SET", "k", "w").has_value());
}

TEST_CASE("redis client: nothing that answers, and nothing that can")
{
    redis_login as;
    SUBCASE("a port that nobody has")
    {
        as.addresses.push_back({"127.0.0.1", 1});
    }
    SUBCASE("a name that nobody has")
    {
        as.addresses.push_back({"nowhere.invalid", 6379});
    }
    SUBCASE("an authority that is none")
    {
        as.addresses.push_back({"127.0.0.1", tests::shared_redis().port()});
        as.tls = true;
        as.files.ca_file = "/dev/null";
    }
    SUBCASE("no address at all") {}
    redis_loop on{{[&] { return result<redis_login>{as}; }, milliseconds{5000}}};
    auto const told = on.ask("PING");
    REQUIRE(!told);
    CHECK(told.error() == errc::storage_unavailable);
    CHECK(told.error().retryable());
}

TEST_CASE("redis client: who still waits when it stops is told so")
{
    redis_server server;
    redis_loop on{server.options()};
    CHECK(on.ask("SET", "k", "v").has_value());
    server.pause();
    std::vector<result<resp_value>> told;
    boost::asio::co_spawn(on.loop, ask_one(on.client, command{"GET", "k"}, told), boost::asio::detached);
    on.loop.restart();
    on.loop.poll();
    on.client.stop();
    on.until([&] { return told.size() == 1; });
    CHECK(told.front().error() == errc::stopping);
    CHECK(on.ask("GET", "k").error() == errc::stopping);
    server.resume();
}

TEST_CASE("redis client: it may go while somebody waits, and its loop with it")
{
    redis_server server;
    std::vector<result<resp_value>> told;
    {
        redis_loop on{server.options()};
        CHECK(on.ask("SET", "k", "v").has_value());
        server.pause();
        boost::asio::co_spawn(on.loop, ask_one(on.client, command{"GET", "k"}, told), boost::asio::detached);
        on.loop.restart();
        on.loop.poll();
    }
    CHECK(told.empty());
    server.resume();
}
