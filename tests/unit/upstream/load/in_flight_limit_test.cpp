#include "gateway/upstream/load/in_flight_limit.hpp"

#include "gateway/telemetry/metrics.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <doctest/doctest.h>

#include <deque>
#include <memory>
#include <optional>

using namespace yett;
using namespace yett::upstream;
using namespace std::chrono_literals;

namespace {

struct asker
{
    asker(ip_address client, bool urgent) : own{client, urgent} {}

    turn own;
    std::optional<result<void>> outcome;

    bool has_turn() const { return outcome && *outcome; }
    bool was_refused() const { return outcome && !*outcome && outcome->error() == errc::overloaded; }
};

// A limit on an event loop of its own, with a clock that the test moves.
struct bounded
{
    explicit bounded(in_flight_options const& options) : limit{std::make_unique<in_flight_limit>(options, around())} {}
    ~bounded()
    {
        limit.reset();
        io.restart();
        io.poll();
    }
    dependencies around() { return {io.get_executor(), wheel, figures}; }

    asker& ask(std::string_view address = "192.0.2.1", bool urgent = false)
    {
        auto& one = *all.emplace_back(std::make_unique<asker>(*parse_ip(address), urgent));
        auto keep = [&one](std::exception_ptr thrown, result<void> outcome) {
            if (thrown) std::rethrow_exception(thrown);
            one.outcome = std::move(outcome);
        };
        boost::asio::co_spawn(io, limit->take(one.own), keep);
        settle();
        return one;
    }
    void end(asker& one)
    {
        one.own.give_back();
        settle();
    }
    void settle()
    {
        io.restart();
        io.poll();
    }
    void pass(milliseconds time)
    {
        for (milliseconds done{}; done <= time; done += deadlines::step) wheel.tick(now += deadlines::step);
        settle();
    }

    boost::asio::io_context io{1};
    steady_time now{1000s};
    deadlines wheel{now};
    telemetry::upstream_figures figures;
    std::deque<std::unique_ptr<asker>> all; // they outlive the limit, as requests may
    std::unique_ptr<in_flight_limit> limit;
};

in_flight_options of(std::size_t most, std::size_t queue)
{
    return {most, most, queue, 1s, {}};
}

} // namespace

TEST_CASE("in_flight_limit: so many have their turn, the others get it in the order they came")
{
    bounded b{of(2, 10)};
    auto& first = b.ask();
    auto& second = b.ask();
    auto& third = b.ask();
    auto& fourth = b.ask();
    CHECK(first.has_turn());
    CHECK(second.has_turn());
    CHECK_FALSE(third.outcome);
    CHECK(b.limit->under_way() == 2);
    CHECK(b.limit->waiting() == 2);
    CHECK(b.figures.bounded.under_way.value() == 2);
    CHECK(b.figures.bounded.waiting.value() == 2);
    CHECK(b.figures.bounded.limit.value() == 2);

    b.end(second);
    CHECK(third.has_turn());
    CHECK_FALSE(fourth.outcome);
    b.end(first);
    b.end(first); // once is enough
    CHECK(fourth.has_turn());
    CHECK(b.limit->under_way() == 2);
    b.end(third);
    b.end(fourth);
    CHECK(b.limit->under_way() == 0);
    CHECK(b.figures.bounded.under_way.value() == 0);
}

TEST_CASE("in_flight_limit: who waits too long is refused, and is no longer in the way")
{
    bounded b{of(1, 10)};
    auto& first = b.ask();
    auto& second = b.ask();
    b.pass(500ms);
    CHECK_FALSE(second.outcome);
    auto& third = b.ask();
    b.pass(750ms);
    CHECK(second.was_refused());
    CHECK(second.outcome->error().note() == "its turn did not come in time: 1 are under way");
    CHECK_FALSE(second.outcome->error().retryable());
    CHECK_FALSE(third.outcome);
    b.end(first);
    CHECK(third.has_turn());
    b.pass(10s);
    CHECK(third.has_turn());
}

TEST_CASE("in_flight_limit: a full queue lets the oldest out and the newcomer in")
{
    bounded b{of(1, 2)};
    auto& first = b.ask();
    auto& second = b.ask();
    auto& third = b.ask();
    auto& fourth = b.ask();
    CHECK(first.has_turn());
    CHECK(second.was_refused());
    CHECK_FALSE(third.outcome);
    CHECK_FALSE(fourth.outcome);
    b.end(first);
    CHECK(third.has_turn());
    CHECK_FALSE(fourth.outcome);
}

TEST_CASE("in_flight_limit: without a queue nobody waits")
{
    bounded b{of(1, 0)};
    auto& first = b.ask();
    CHECK(b.ask().was_refused());
    CHECK(b.ask("192.0.2.1", true).was_refused());
    b.end(first);
    CHECK(b.ask().has_turn());
}

TEST_CASE("in_flight_limit: urgent ones go first, and give way to nobody")
{
    bounded b{of(1, 2)};
    auto& first = b.ask();
    auto& usual = b.ask();
    auto& urgent = b.ask("192.0.2.1", true);
    CHECK(b.limit->waiting() == 2);
    auto& second_urgent = b.ask("192.0.2.1", true); // the queue is full: the usual one makes room
    CHECK(usual.was_refused());
    CHECK(b.ask().was_refused()); // among urgent ones alone a usual one finds no room
    auto& third_urgent = b.ask("192.0.2.1", true);
    CHECK(urgent.was_refused());
    b.end(first);
    CHECK(second_urgent.has_turn());
    CHECK_FALSE(third_urgent.outcome);
}

TEST_CASE("in_flight_limit: a client has its share of the turns and of the queue, and others pass it")
{
    auto options = of(4, 4);
    options.per_client = 2;
    bounded b{options};
    auto& first = b.ask("192.0.2.1");
    auto& second = b.ask("192.0.2.1");
    auto& third = b.ask("192.0.2.1");
    auto& fourth = b.ask("192.0.2.1");
    CHECK(second.has_turn());
    CHECK_FALSE(third.outcome); // though there is room
    CHECK_FALSE(fourth.outcome);
    auto& fifth = b.ask("192.0.2.1"); // its part of the queue is full: nobody else makes room for it
    CHECK(fifth.was_refused());
    CHECK(fifth.outcome->error().note() == "the client holds its share of the requests under way");
    CHECK(b.figures.share_refused.value() == 1);
    CHECK_FALSE(third.outcome);

    auto& other = b.ask("192.0.2.2");
    CHECK(other.has_turn()); // past those who wait for their own
    b.end(other);
    CHECK_FALSE(third.outcome);
    b.end(first);
    CHECK(third.has_turn());
    CHECK_FALSE(fourth.outcome);
}

TEST_CASE("in_flight_limit: a client that leaves while it waits makes room at once")
{
    bounded b{of(1, 1)};
    auto& first = b.ask();
    auto& second = b.ask();
    second.own.cancel();
    second.own.cancel();
    b.settle();
    REQUIRE(second.outcome);
    CHECK(second.outcome->error() == errc::peer_broke_off);
    auto& third = b.ask();
    CHECK_FALSE(third.outcome);
    first.own.cancel(); // nobody waits by it: it keeps its turn
    CHECK(b.limit->under_way() == 1);
    b.end(first);
    CHECK(third.has_turn());
}

TEST_CASE("in_flight_limit: what was given counts before its coroutine runs")
{
    bounded b{of(1, 5)};
    auto& first = b.ask();
    auto& second = b.ask();
    first.own.give_back();
    CHECK(b.limit->under_way() == 1);
    turn quick{*parse_ip("192.0.2.9"), false};
    CHECK_FALSE(b.limit->try_take(quick));
    b.settle();
    CHECK(second.has_turn());
    b.end(second);
    CHECK(b.limit->try_take(quick));
}

TEST_CASE("in_flight_limit: it may end before those who have a turn or wait for one")
{
    bounded b{of(1, 5)};
    auto& first = b.ask();
    auto& second = b.ask();
    b.limit.reset();
    first.own.give_back();
    second.own.cancel();
    b.settle();
    CHECK_FALSE(second.outcome); // dropped
}

TEST_CASE("in_flight_limit: a bound that adapts lets more in as soon as it has grown")
{
    auto options = of(100, 100);
    options.adaptive = adaptive_options{2, 50, 60s};
    bounded b{options};
    auto& first = b.ask();
    auto& second = b.ask();
    auto& third = b.ask();
    auto& fourth = b.ask();
    CHECK(second.has_turn());
    CHECK_FALSE(third.outcome);
    CHECK(b.figures.bounded.limit.value() == 2);
    // A measurement, and one step up: 2 and its root.
    for (unsigned i = 0; i < adaptive_limit::few; ++i) second.own.replied(1us, b.now + 1ms);
    for (unsigned i = 0; i < adaptive_limit::few; ++i) second.own.replied(1us, b.now + 101ms);
    CHECK(b.limit->limit() == 3);
    CHECK_FALSE(third.outcome);
    b.end(first);
    CHECK(third.has_turn());
    CHECK(fourth.has_turn());
    CHECK(b.figures.bounded.limit.value() == 3);
}
