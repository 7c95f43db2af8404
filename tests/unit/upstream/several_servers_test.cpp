#include "tests/unit/upstream/rig.hpp"

#include "tests/support/print.hpp"

// What holds as soon as an application has more than one server. The settings take one as yet.

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
