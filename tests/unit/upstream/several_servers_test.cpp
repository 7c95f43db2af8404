#include "tests/unit/upstream/rig.hpp"

#include "tests/support/print.hpp"

// What holds as soon as an application has more than one server.

using namespace yett;
using namespace yett::tests;

namespace {

std::string const first_says = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst";
std::string const second_says = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond";

// Two applications, of which the rig's own is the first.
struct two_servers : rig
{
    explicit two_servers(script first = scripted_upstream::always(first_says), upstream::forward_options wanted = {})
        : rig{{std::move(first)}, std::move(wanted)},
          other{std::make_unique<scripted_upstream>(io.get_executor(), std::vector{scripted_upstream::always(second_says)})}
    {
        use(2);
    }
    ~two_servers()
    {
        forwarder.reset();
        other.reset();
    }
    void use(std::size_t servers)
    {
        options.servers.resize(servers);
        options.servers.back().address = other->address();
        options.balancing.balance = upstream::balance::round_robin;
        forwarder = std::make_unique<upstream::forwarder>(options, around());
    }

    std::unique_ptr<scripted_upstream> other;
};

} // namespace

TEST_CASE("servers: requests are brought to one after the other, each over connections of its own")
{
    two_servers r;
    for (int round = 0; round < 3; ++round) {
        CHECK(r.ask(get)->exchange.body() == "first");
        CHECK(r.ask(get)->exchange.body() == "second");
    }
    CHECK(r.app->connections() == 1);
    CHECK(r.other->connections() == 1);
    CHECK(r.forwarder->open_connections() == 2);
}

TEST_CASE("servers: one that cannot be reached is passed over, whatever the method, and counts as a retry")
{
    two_servers r;
    r.app->stop();
    for (auto const head : {get, post}) {
        auto* const asked = r.prepare(head);
        if (head == post) asked->exchange.arrive("12345");
        asked->exchange.finish_body();
        r.begin(*asked);
        r.finish(*asked);
        CHECK(*asked->outcome);
        CHECK(asked->exchange.body() == "second");
        CHECK(asked->seen.server == r.options.servers[1].address.text);
        CHECK(asked->seen.retries == 1);
        CHECK(r.ask(get)->exchange.body() == "second"); // whose turn it was
    }
    CHECK(r.figures.retries.value() == 2);
}

TEST_CASE("servers: without retries, and when none can be reached, the failure is the last one's")
{
    upstream::forward_options none;
    none.retries = 0;
    two_servers once{scripted_upstream::always(first_says), none};
    once.app->stop();
    CHECK(once.ask(get)->outcome->error() == errc::upstream_unavailable);

    two_servers r;
    r.app->stop();
    r.other->stop();
    auto* const asked = r.ask(get);
    CHECK(asked->outcome->error() == errc::upstream_unavailable);
    CHECK(asked->seen.server == r.options.servers[1].address.text);
    CHECK(r.forwarder->open_connections() == 0);
}

TEST_CASE("servers: a kept connection that has died costs a new one to the same server")
{
    int accepted = 0;
    script const dies = [&accepted](line& l) -> task<void> {
        ++accepted;
        co_await l.request();
        co_await l.send(first_says);
        if (accepted > 1) co_await l.closed();
        co_await l.head();
        l.reset();
    };
    two_servers r{dies};
    CHECK(r.ask(get)->exchange.body() == "first");
    CHECK(r.ask(get)->exchange.body() == "second");
    auto* const asked = r.ask(get);
    CHECK(asked->exchange.body() == "first");
    CHECK(asked->seen.retries == 1);
    CHECK(accepted == 2);
    CHECK(r.other->requests().size() == 1);
}

TEST_CASE("servers: one whose connections are all in use is passed over when the wait is over")
{
    upstream::forward_options few;
    few.connections.connections = 1;
    few.connections.pending = 0;
    script const silent = [](line& l) -> task<void> {
        co_await l.request();
        co_await l.closed();
    };
    two_servers r{silent, few};
    auto* const waits = r.start(get);
    r.settle();
    CHECK_FALSE(waits->outcome);
    CHECK(r.ask(get)->exchange.body() == "second");
    auto* const asked = r.ask(get);
    CHECK(asked->exchange.body() == "second");
    CHECK(asked->seen.retries == 1);
    waits->exchange.leave();
    r.finish(*waits);
}

namespace {

// The rig's two servers, who are left alone after two failures in a row.
struct judged_servers : two_servers
{
    explicit judged_servers(script first = scripted_upstream::always(first_says)) : two_servers{std::move(first)}
    {
        options.balancing.ejection = {2, 10s, 1};
        std::vector<upstream::balancer::member> members;
        for (auto const& each : options.servers) members.push_back({each.address.text, each.weight});
        options.all = std::make_shared<upstream::server_set>(std::move(members), options.balancing, 1, now);
        use(2);
    }
    upstream::server_view first() { return options.all->views(wheel.now())[0]; }
    upstream::server_view second() { return options.all->views(wheel.now())[1]; }
};

std::string const fails = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n";

} // namespace

TEST_CASE("servers: one that answers 500 too often is left alone for a while, and then asked again")
{
    judged_servers r{scripted_upstream::always(fails)};
    for (int i = 0; i < 4; ++i) r.ask(get);
    CHECK(r.first().standing == upstream::standing::ejected);
    CHECK(r.first().cause == r.first().name + " answered 500");
    CHECK(r.first().bad == 2);
    CHECK(r.second().good == 4); // what failed at the first was sent there
    for (int i = 0; i < 4; ++i) CHECK(r.ask(get)->exchange.body() == "second");
    r.pass(11s);
    r.ask(get);
    r.ask(get);
    CHECK(r.app->requests().size() == 3);
}

TEST_CASE("servers: one that cannot be reached is left alone, and no request waits for it meanwhile")
{
    judged_servers r;
    r.app->stop();
    for (int i = 0; i < 4; ++i) CHECK(r.ask(get)->exchange.body() == "second");
    CHECK(r.first().standing == upstream::standing::ejected);
    CHECK(r.first().cause.starts_with(r.first().name + " cannot be reached: "));
    auto* const asked = r.ask(get);
    CHECK(asked->exchange.body() == "second");
    CHECK(asked->seen.retries == 0);
}

TEST_CASE("servers: a kept connection that died of its age says nothing of its server")
{
    int accepted = 0;
    script const dies = [&accepted](line& l) -> task<void> {
        ++accepted;
        co_await l.request();
        co_await l.send(first_says);
        co_await l.head();
        l.reset();
    };
    judged_servers r{dies};
    for (int i = 0; i < 6; ++i) CHECK(*r.ask(get)->outcome);
    CHECK(accepted > 1);
    CHECK(r.first().bad == 0);
    CHECK(r.first().good == 3);
}

TEST_CASE("servers: when all are away all are asked, as if nothing were known of them")
{
    judged_servers r;
    r.options.balancing.health.emplace();
    r.options.all = std::make_shared<upstream::server_set>(r.options.all->members(), r.options.balancing, 1, r.now);
    r.use(2);
    r.options.all->answered(0, false, "status 404", r.now);
    CHECK(r.ask(get)->exchange.body() == "second");
    CHECK(r.ask(get)->exchange.body() == "second");
    CHECK(r.second().last_resort == 0);
    r.options.all->answered(1, false, "status 404", r.now);
    r.ask(get);
    r.ask(get);
    CHECK(r.first().last_resort == 1);
    CHECK(r.second().last_resort == 1);
    CHECK(r.first().good == 1);
}

TEST_CASE("servers: a user is brought to the same one, whoever else comes in between")
{
    two_servers r;
    r.options.balancing.balance = upstream::balance::consistent_hash;
    r.forwarder = std::make_unique<upstream::forwarder>(r.options, r.around());
    auto const home = r.ask(get)->exchange.body();
    auto user = somebody();
    for (int i = 0; i < 20; ++i) {
        auto other = std::make_shared<identity>(*user);
        other->subject = "u-" + std::to_string(100 + i);
        r.permit = permit_for(other);
        r.ask(get);
        r.permit = permit_for(user);
        CHECK(r.ask(get)->exchange.body() == home);
    }
    CHECK(r.app->requests().size() > 0);
    CHECK(r.other->requests().size() > 0);
}
