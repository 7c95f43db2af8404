// What limits on failures lend, where programs that may die count together.
#include "gateway/limits/shared/shared_limiter.hpp"
#include "tests/unit/storage/redis/limits/counting.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::limits;
using namespace std::chrono_literals;
using enum counting_algorithm;

namespace {

limit lending(counting_algorithm how, std::uint32_t amount = 2)
{
    return limit{on_failures(a_limit(amount, 15min, how))};
}

constexpr counting_algorithm every[]{window, gcra, backoff};

} // namespace

TEST_CASE("loans: a limit full of loans is told from one that failures have filled")
{
    for (auto const how : every) {
        tests::in_redis place;
        auto const of = lending(how);
        std::vector<tick> stamps;
        for (int i = 0; i < 2; ++i) stamps.push_back(place.spend({&of, "k", at(0s)}).stamp);
        auto const full = place.spend({&of, "k", at(1s)});
        CHECK_FALSE(full.allowed);
        CHECK(full.held);
        place.settle({&of, "k", at(1s)}, stamps[0], charge_end::confirmed);
        CHECK(place.spend({&of, "k", at(1s)}).held);
        place.settle({&of, "k", at(1s)}, stamps[1], charge_end::confirmed);
        auto const over = place.spend({&of, "k", at(1s)});
        CHECK_FALSE(over.allowed);
        CHECK_FALSE(over.held);
    }
}

TEST_CASE("loans: what comes back may be spent at once, and comes back once")
{
    for (auto const how : every) {
        tests::in_redis place;
        auto const of = lending(how);
        place.spend({&of, "k", at(0s)});
        auto const second = place.spend({&of, "k", at(0s)});
        for (int i = 0; i < 2; ++i) place.settle({&of, "k", at(1s)}, second.stamp, charge_end::given_back);
        // Both were lent under one stamp where the algorithm gives them one: then both are back.
        auto const room = how == gcra ? 1 : 2;
        for (int i = 0; i < room; ++i) CHECK(place.spend({&of, "k", at(1s)}).allowed);
        CHECK_FALSE(place.spend({&of, "k", at(1s)}).allowed);
    }
}

TEST_CASE("loans: those of a program that died come back by themselves")
{
    for (auto const how : every) {
        tests::in_redis place;
        auto const of = lending(how);
        for (int i = 0; i < 2; ++i) place.spend({&of, "k", at(0s)});
        CHECK(place.spend({&of, "k", at(2min - 1us)}).held == (how != backoff)); // there a pause is over before
        if (how == backoff) continue;
        for (int i = 0; i < 2; ++i) CHECK(place.spend({&of, "k", at(2min)}).allowed);
        CHECK_FALSE(place.spend({&of, "k", at(2min)}).allowed);
    }
}

TEST_CASE("loans: a failure that is told after its loan has ended counts as of when it was made")
{
    for (auto const how : {window, gcra}) {
        tests::in_redis place;
        auto const of = lending(how);
        std::vector<tick> stamps;
        for (int i = 0; i < 2; ++i) stamps.push_back(place.spend({&of, "k", at(0s)}).stamp);
        CHECK(place.spend({&of, "other", at(3min)}).allowed);
        for (auto const each : stamps) place.settle({&of, "k", at(3min)}, each, charge_end::confirmed);
        auto const over = place.spend({&of, "k", at(3min)});
        CHECK_FALSE(over.allowed);
        CHECK_FALSE(over.held);
        if (how == window) CHECK(over.retry_after == 12min);
    }
}

TEST_CASE("loans: a success that is told after its loan has ended takes nothing from others")
{
    for (auto const how : {window, gcra}) {
        tests::in_redis place;
        auto const of = lending(how);
        auto const slow = place.spend({&of, "k", at(0s)});
        std::vector<tick> stamps;
        for (int i = 0; i < 2; ++i) stamps.push_back(place.spend({&of, "k", at(2min)}).stamp);
        for (auto const each : stamps) place.settle({&of, "k", at(2min)}, each, charge_end::confirmed);
        place.settle({&of, "k", at(3min)}, slow.stamp, charge_end::given_back);
        CHECK_FALSE(place.spend({&of, "k", at(3min)}).allowed);
    }
}

TEST_CASE("loans: a backoff's pause is lent like anything else")
{
    tests::in_redis place;
    auto const of = lending(backoff);
    for (int i = 0; i < 2; ++i) {
        auto const failed = place.spend({&of, "k", at(0s)});
        place.settle({&of, "k", at(0s)}, failed.stamp, charge_end::confirmed);
    }
    auto const paused = place.spend({&of, "k", at(1min)});
    REQUIRE(paused.allowed);
    CHECK_FALSE(place.spend({&of, "k", at(1min)}).held); // settled: nobody waits for it
    place.settle({&of, "k", at(1min)}, paused.stamp, charge_end::given_back);
    auto const again = place.spend({&of, "k", at(1min)});
    REQUIRE(again.allowed);
    place.settle({&of, "k", at(1min)}, again.stamp, charge_end::confirmed);
    CHECK(place.spend({&of, "k", at(1min)}).retry_after == 2min);
}

TEST_CASE("loans: how a request ended is told once more where the word was lost with its connection")
{
    tests::in_redis other, place;
    auto const of = lending(counting_algorithm::window);
    std::vector<limit_verdict> lent;
    for (std::uint32_t i = 0; i < of.capacity(); ++i) lent.push_back(place.spend({&of, "k", at(0s)}));
    REQUIRE(other.spend({&of, "k", at(0s)}).held);
    REQUIRE(other.loop().ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes").has_value());
    for (auto const& each : lent) place.settle({&of, "k", at(0s)}, each.stamp, charge_end::confirmed);
    place.loop().until([&] { return !other.spend({&of, "k", at(0s)}).held; });
    CHECK_FALSE(other.spend({&of, "k", at(0s)}).allowed);
}

namespace {

task<limit_result> spend_one(shared_limiter& by, limiter const& here, limiter::list from, subject const& who, steady_time now)
{
    limiter::list const alone[]{from};
    std::vector<limit_result> came;
    co_await by.spend(here, alone, who, now, came);
    co_return std::move(came.front());
}

} // namespace

// Twenty colleagues behind one address, and a guesser: over three programs that share what they count.
TEST_CASE("loans: two hundred guesses at three programs get five answers, and colleagues who know their password all get in")
{
    tests::in_redis place;
    std::atomic<unsigned> const nodes{3};
    struct node
    {
        limiter here{std::make_shared<memory_counters>(options_of(8u << 20)), {}};
        shared_limiter shared;
        explicit node(counters& port, std::atomic<unsigned> const& nodes) : shared{port, nodes, {}} {}
    };
    std::vector<std::unique_ptr<node>> fleet;
    for (int i = 0; i < 3; ++i) fleet.push_back(std::make_unique<node>(place.port(), nodes));
    auto const spend = [&](node& by, subject const& who, steady_time now) {
        std::vector<limit const*> const login{by.here.named("login")};
        return place.loop().run(spend_one(by.shared, by.here, login, who, now));
    };
    subject office, guesser;
    office.client = network::of("192.0.2.1");
    guesser.client = network::of("192.0.2.2");
    int in = 0;
    std::vector<std::pair<node*, limit_result>> under_way;
    for (int i = 0; i < 20; ++i) {
        auto& by = *fleet[static_cast<std::size_t>(i) % 3];
        auto tried = spend(by, office, at(1ms * i));
        if (tried.held_by_inflight()) { // the first five are done with their password
            for (auto& [at_node, passed] : under_way) at_node->shared.succeeded(passed, office, at(1ms * i));
            under_way.clear();
            tried = spend(by, office, at(1ms * i));
        }
        REQUIRE(tried.allowed());
        ++in;
        under_way.emplace_back(&by, std::move(tried));
    }
    CHECK(in == 20);

    int answered = 0, held = 0;
    for (int i = 0; i < 200; ++i) {
        auto& by = *fleet[static_cast<std::size_t>(i) % 3];
        auto const tried = spend(by, guesser, at(1ms * i));
        if (tried.held_by_inflight()) ++held;
        if (!tried.allowed()) continue;
        ++answered;
        if (answered % 2 != 0) by.shared.failed(tried, guesser, at(1ms * i));
    }
    CHECK(answered == 5);
    CHECK(held > 0);
}
