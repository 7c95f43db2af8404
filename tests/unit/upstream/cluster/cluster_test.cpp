#include "gateway/upstream/cluster/cluster.hpp"

#include "gateway/telemetry/metrics.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

using namespace yett;
using namespace yett::upstream;
using namespace std::chrono_literals;

namespace {

// Three servers whom nobody connects to.
struct three_servers
{
    explicit three_servers(balancing_options how = {balance::round_robin, {}, {}, {}}, std::vector<unsigned> weights = {1, 1, 1})
    {
        how.health.emplace().unhealthy_after = 1;
        std::vector<server_options> servers;
        for (std::size_t i = 0; i < weights.size(); ++i)
            servers.push_back({*server_address::from("http://127.0.0.1:" + std::to_string(i + 1)), {}, weights[i]});
        of = std::make_unique<cluster>(servers, pool_options{}, how, nullptr, dependencies{io.get_executor(), wheel, figures}, 0);
    }
    void take_away(std::size_t server) { of->all().answered(server, false, "gone", wheel.now()); }
    cluster::candidates choose() { return of->choose({"ada", client}); }

    boost::asio::io_context io{1};
    deadlines wheel{steady_time{1000s}};
    telemetry::upstream_figures figures;
    ip_address client{};
    std::unique_ptr<cluster> of;
};

// The last part of each name, in the order in which they are given.
std::string ports_of(cluster::candidates& all)
{
    std::string ports;
    while (auto* const next = all.next()) ports += next->name().back();
    return ports;
}

} // namespace

TEST_CASE("cluster: a request is brought to each server once, best first")
{
    three_servers s;
    auto first = s.choose();
    CHECK(ports_of(first) == "123");
    CHECK(first.next() == nullptr);
    auto second = s.choose();
    CHECK(ports_of(second).size() == 3);
}

TEST_CASE("cluster: requests begin with one server after the other")
{
    three_servers s;
    std::string first;
    for (int i = 0; i < 6; ++i) {
        auto one = s.choose();
        first += one.next()->name().back();
    }
    CHECK(first == "123123");
}

TEST_CASE("cluster: a single server is asked once by each request, whatever is thought of it")
{
    three_servers s{{balance::least_requests, {}, {}, {}}, {1}};
    s.take_away(0);
    for (int i = 0; i < 3; ++i) {
        auto one = s.choose();
        CHECK(ports_of(one) == "1");
    }
}

TEST_CASE("cluster: a request is in flight where it was brought last, and nowhere once it is over")
{
    three_servers s;
    {
        auto one = s.choose();
        auto* const first = one.next();
        CHECK(first->in_flight() == 1);
        auto* const second = one.next();
        CHECK(first->in_flight() == 0);
        CHECK(second->in_flight() == 1);
        CHECK(s.of->all().views(s.wheel.now())[1].in_flight == 1);
    }
    for (auto const& each : s.of->all().views(s.wheel.now())) CHECK(each.in_flight == 0);
}

TEST_CASE("cluster: who is away is passed over, also by retries")
{
    three_servers s;
    s.take_away(1);
    auto one = s.choose();
    auto const ports = ports_of(one);
    CHECK(std::set(ports.begin(), ports.end()) == std::set{'1', '3'});
    CHECK(ports.size() == 2);
}

TEST_CASE("cluster: who goes away while a request is under way is not asked any more")
{
    three_servers s;
    auto one = s.choose();
    one.next();
    s.take_away(1);
    CHECK(one.next()->name() == "127.0.0.1:3");
    CHECK(one.next() == nullptr);
}

TEST_CASE("cluster: when all are away each is asked once, and it is counted")
{
    three_servers s;
    for (std::size_t i = 0; i < 3; ++i) s.take_away(i);
    auto one = s.choose();
    CHECK(ports_of(one).size() == 3);
    for (auto const& each : s.of->all().views(s.wheel.now())) CHECK(each.last_resort == 1);
}

TEST_CASE("cluster: requests under way count for the next one's server")
{
    three_servers s{{balance::least_requests, {}, {}, {}}, {1, 1}};
    auto one = s.choose();
    auto* const first = one.next();
    for (int i = 0; i < 10; ++i) {
        auto other = s.choose();
        CHECK(other.next() != first);
    }
}

TEST_CASE("cluster: a user has a server, and another one when it is away")
{
    three_servers s{{balance::consistent_hash, {}, {}, {}}};
    auto const home = [&] {
        auto one = s.choose();
        return one.next()->number();
    };
    auto const before = home();
    for (int i = 0; i < 5; ++i) CHECK(home() == before);
    s.take_away(before);
    auto const after = home();
    CHECK(after != before);
    for (int i = 0; i < 5; ++i) CHECK(home() == after);
}

TEST_CASE("cluster: more servers than a request may be tried at")
{
    three_servers s{{balance::least_requests, {}, {}, {}}, std::vector<unsigned>(20, 1)};
    auto one = s.choose();
    std::set<server*> tried;
    while (auto* const next = one.next()) tried.insert(next);
    CHECK(tried.size() == 12);
}

TEST_CASE("cluster: what attempts came to is noted for all workers")
{
    balancing_options how{balance::round_robin, {}, {}, {}};
    how.ejection = {2, 10s, 1};
    three_servers s{how};
    auto one = s.choose();
    auto* const first = one.next();
    result<void> const ok{};
    result<void> const broken = upstream_error(errc::upstream_broken, "it broke off");
    result<void> const gone = client_error(errc::peer_broke_off);
    first->note({ok, 200, false});
    first->note({broken, 0, false});
    first->note({gone, 0, false});
    first->note({broken, 0, true});
    CHECK(s.of->all().views(s.wheel.now())[0].standing == standing::up);
    first->note({broken, 0, false});
    auto const view = s.of->all().views(s.wheel.now())[0];
    CHECK(view.standing == standing::ejected);
    CHECK(view.cause == "it broke off");
    CHECK(view.good == 1);
    CHECK(view.bad == 2);
}
