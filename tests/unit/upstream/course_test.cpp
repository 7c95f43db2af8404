#include "gateway/upstream/course.hpp"

#include "gateway/telemetry/metrics.hpp"
#include "gateway/upstream/load/retry_budget.hpp"

#include <boost/asio/io_context.hpp>

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::upstream;
using namespace std::chrono_literals;

namespace {

// Servers nobody talks to.
struct servers
{
    explicit servers(std::size_t count, retry_budget_options share = {}) : budget{share}
    {
        std::vector<server_options> options;
        for (std::size_t i = 0; i < count; ++i)
            options.push_back({*server_address::from("http://127.0.0.1:" + std::to_string(i + 1)), {}});
        balancing_options const in_turn{balance::round_robin, {}, {}, {}};
        all.emplace(options, pool_options{}, in_turn, nullptr, dependencies{io.get_executor(), wheel, figures}, 0u);
    }
    course begin(unsigned retries = 2) { return {*all, {{}, client}, {budget, figures, retries, is_several}, seen}; }

    boost::asio::io_context io{1};
    steady_time now{1000s};
    deadlines wheel{now};
    telemetry::upstream_figures figures;
    retry_budget budget;
    std::optional<cluster> all;
    ip_address client{};
    observation seen;
    bool is_several = true;
};

error const broken = upstream_error(errc::upstream_broken, "127.0.0.1:1 broke off before its reply");
error const full = upstream_error(errc::overloaded, "no connection came free in time");
error const away = upstream_error(errc::upstream_unavailable, "127.0.0.1:2 cannot be reached",
                                  std::make_error_code(std::errc::connection_refused));

} // namespace

TEST_CASE("course: it leads from server to server, each once, and keeps what they came to")
{
    servers s{3};
    auto way = s.begin();
    CHECK(s.seen.server == "127.0.0.1:1");
    CHECK(s.seen.failed.empty());
    s.seen.status = 500;
    s.seen.duration = 3ms;
    CHECK(way.go_on(next_attempt::another_server, true, broken, s.now));
    CHECK(way.to().name() == "127.0.0.1:2");
    CHECK(s.seen.server == "127.0.0.1:2");
    CHECK(s.seen.status == 0);
    CHECK_FALSE(s.seen.duration);
    CHECK(way.pass_over(away));
    CHECK(s.seen.server == "127.0.0.1:3");
    CHECK(s.seen.retries == 2);
    CHECK_FALSE(way.pass_over(full));
    CHECK_FALSE(way.go_on(next_attempt::another_server, true, broken, s.now));
    CHECK(s.seen.failed == "127.0.0.1:1 broke off before its reply; 127.0.0.1:2 cannot be reached (Connection refused)");
}

TEST_CASE("course: a failure that does not say where it happened is told with its server")
{
    servers s{2};
    auto way = s.begin();
    CHECK(way.pass_over(full));
    CHECK(s.seen.failed == "127.0.0.1:1: no connection came free in time");
}

TEST_CASE("course: a dead connection leads to a new one, to the same server, and the next server may have a kept one")
{
    servers s{2};
    auto way = s.begin();
    CHECK_FALSE(way.wants_new_connection());
    CHECK(way.go_on(next_attempt::same_server, true, broken, s.now));
    CHECK(way.wants_new_connection());
    CHECK(way.to().name() == "127.0.0.1:1");
    CHECK(way.pass_over(full));
    CHECK_FALSE(way.wants_new_connection());
}

TEST_CASE("course: an old connection at each server leaves the retries for what is worse")
{
    servers s{3};
    auto way = s.begin(2);
    for (auto const* at : {"127.0.0.1:1", "127.0.0.1:2"}) {
        CHECK(way.to().name() == at);
        CHECK(way.go_on(next_attempt::same_server, true, broken, s.now));
        CHECK(way.go_on(next_attempt::another_server, true, broken, s.now));
    }
    CHECK(way.to().name() == "127.0.0.1:3");
    CHECK(s.seen.retries == 4);
}

TEST_CASE("course: what ends it")
{
    struct row
    {
        char const* what;
        unsigned retries;
        std::size_t servers;
        retry_budget_options budget;
        next_attempt to;
        bool was_sent;
        bool goes_on;
        unsigned refused; // by the budget
    };
    retry_budget_options const some{20, 3, 1s};
    retry_budget_options const spent{0, 1, 1h};
    using enum next_attempt;
    row const rows[] = {
        {"nothing does", 2, 2, some, another_server, true, true, 0},
        {"the rules", 2, 2, some, none, true, false, 0},
        {"no retries", 0, 2, some, another_server, true, false, 0},
        {"no retries, to the same server", 0, 2, some, same_server, true, false, 0},
        {"no other server", 2, 1, some, another_server, true, false, 0},
        {"no other server, and none is wanted", 2, 1, some, same_server, true, true, 0},
        {"the budget", 2, 2, spent, another_server, true, false, 1},
        {"the budget, to the same server", 2, 2, spent, same_server, true, false, 1},
        {"no other server, which no budget changes", 2, 1, spent, another_server, true, false, 0},
        {"what was not sent costs no budget", 2, 2, spent, another_server, false, true, 0},
    };
    for (auto const& each : rows) {
        CAPTURE(each.what);
        servers s{each.servers, each.budget};
        s.is_several = each.servers > 1;
        auto way = s.begin(each.retries);
        auto const may = each.goes_on && each.was_sent && each.to == another_server;
        if (each.was_sent && each.to == another_server) CHECK(way.may_turn(s.now) == may);
        CHECK(way.go_on(each.to, each.was_sent, broken, s.now) == each.goes_on);
        CHECK(s.figures.retries_refused.value() == each.refused);
        CHECK(s.seen.retries == (each.goes_on ? 1 : 0));
        CHECK(s.seen.failed.empty() == !each.goes_on);
    }
}

TEST_CASE("course: retries bound what is sent again, and not how many servers are passed over")
{
    servers s{6};
    auto way = s.begin(1);
    CHECK(way.pass_over(full));
    CHECK(way.pass_over(full));
    CHECK(way.go_on(next_attempt::another_server, true, broken, s.now));
    CHECK(way.pass_over(full));
    CHECK_FALSE(way.may_turn(s.now));
    CHECK_FALSE(way.go_on(next_attempt::another_server, true, broken, s.now));
    CHECK(way.pass_over(full));
    CHECK(s.seen.retries == 5);

    servers never{3};
    auto straight = never.begin(0);
    CHECK_FALSE(straight.pass_over(full)); // 0 is one server
}

TEST_CASE("course: all requests share the budget, and each retry spends one of it")
{
    servers s{2, {0, 1, 5s}};
    for (auto const expected : {true, true, false}) {
        auto way = s.begin();
        CHECK(way.may_turn(s.now) == expected);
        CHECK(way.go_on(next_attempt::another_server, true, broken, s.now) == expected);
    }
    auto later = s.begin();
    CHECK(later.go_on(next_attempt::another_server, true, broken, s.now + 10s));
}

TEST_CASE("course: a server that is left behind is told what it did; an old connection and our own bounds are not its deeds")
{
    servers s{3};
    auto way = s.begin();
    auto const bad = [&s](std::size_t server) { return s.all->all().views(s.now)[server].bad; };
    CHECK(way.go_on(next_attempt::same_server, true, broken, s.now));
    CHECK(bad(0) == 0);
    CHECK(way.go_on(next_attempt::another_server, true, broken, s.now));
    CHECK(bad(0) == 1);
    CHECK(way.pass_over(full));
    CHECK(bad(1) == 0);
    CHECK_FALSE(way.pass_over(away));
    CHECK(bad(2) == 1);
}
