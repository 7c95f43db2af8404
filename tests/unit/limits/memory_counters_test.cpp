#include "gateway/limits/memory_counters.hpp"

#include "tests/support/run.hpp"
#include "tests/unit/limits/limits.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <thread>

using namespace yett;
using namespace yett::limits;
using namespace std::chrono_literals;

namespace {

limit_verdict spend(memory_counters& in, limit const& of, std::string const& key, steady_time now, std::uint32_t cost = 1)
{
    return in.spend({&of, key, now, cost});
}

limit_verdict awaited(memory_counters& in, charge const& what)
{
    auto const told = tests::run(in.spend(std::span{&what, 1}));
    REQUIRE(told.has_value());
    return told->front();
}

// What a touched byte costs: the thread sanitizer keeps four more for each.
#if defined(__SANITIZE_THREAD__)
constexpr std::size_t shadow = 5;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
constexpr std::size_t shadow = 5;
#else
constexpr std::size_t shadow = 1;
#endif
#else
constexpr std::size_t shadow = 1;
#endif

std::size_t resident_bytes()
{
    std::ifstream statm{"/proc/self/statm"};
    std::size_t total = 0, resident = 0;
    statm >> total >> resident;
    return resident * 4096;
}

std::string number(std::size_t n)
{
    return "key" + std::to_string(n);
}

} // namespace

TEST_CASE("memory_counters: keys and limits are counted apart")
{
    memory_counters counting{options_of(8u << 20)};
    limit const one{named("one", a_limit(2, 1min))}, other{named("other", a_limit(2, 1min))};
    for (auto const* of : {&one, &other})
        for (auto const* key : {"a", "b"}) {
            CHECK(spend(counting, *of, key, at(0s)).remaining == 1);
            CHECK(spend(counting, *of, key, at(1s)).allowed);
            CHECK_FALSE(spend(counting, *of, key, at(2s)).allowed);
        }
    CHECK(counting.read_figures().cells == 4);
}

TEST_CASE("memory_counters: windows of every size are exact")
{
    memory_counters counting{options_of(16u << 20)};
    for (std::uint32_t const amount : {1u, 5u, 6u, 29u, 30u, 125u, 126u, 509u, 510u, 2000u}) {
        CAPTURE(amount);
        limit const of{a_limit(amount, 1h)};
        for (std::uint32_t i = 0; i < amount; ++i) REQUIRE(spend(counting, of, "k", at(1s * i)).allowed);
        auto const refused = spend(counting, of, "k", at(1s * amount));
        REQUIRE_FALSE(refused.allowed);
        REQUIRE(refused.retry_after == 1h - 1s * amount);
        REQUIRE_FALSE(spend(counting, of, "k", at(1h - 1ns)).allowed);
        REQUIRE(spend(counting, of, "k", at(1h)).allowed);
        REQUIRE_FALSE(spend(counting, of, "k", at(1h)).allowed);
    }
}

TEST_CASE("memory_counters: gcra keeps its rate for each key")
{
    memory_counters counting{options_of(8u << 20)};
    limit const of{a_limit(10, 1s, counting_algorithm::gcra)};
    for (int i = 0; i < 10; ++i) CHECK(spend(counting, of, "k", at(0s)).allowed);
    CHECK(spend(counting, of, "k", at(0s)).retry_after == 100ms);
    CHECK(spend(counting, of, "other", at(0s)).remaining == 9);
    CHECK(spend(counting, of, "k", at(100ms)).allowed);
    CHECK(spend(counting, of, "k", at(24h)).remaining == 9);
}

TEST_CASE("memory_counters: what is given back can be spent again, once")
{
    memory_counters counting{options_of(8u << 20)};
    for (auto const how : {counting_algorithm::window, counting_algorithm::gcra}) {
        limit const of{a_limit(2, 1min, how)};
        spend(counting, of, "k", at(0s));
        auto const second = spend(counting, of, "k", at(0s));
        CHECK_FALSE(spend(counting, of, "k", at(0s)).allowed);
        counting.give_back({&of, "k", at(0s)}, second.stamp);
        CHECK(spend(counting, of, "k", at(0s)).allowed);
        CHECK_FALSE(spend(counting, of, "k", at(0s)).allowed);
        counting.give_back({&of, "never seen", at(0s)}, second.stamp);
    }
}

TEST_CASE("memory_counters: peeking spends nothing, and awaiting answers the same")
{
    memory_counters counting{options_of(8u << 20)};
    for (auto const how : {counting_algorithm::window, counting_algorithm::gcra}) {
        limit const of{a_limit(2, 1min, how)};
        charge const what{&of, "k", at(0s)};
        CHECK(counting.peek(what).remaining == 2);
        CHECK(awaited(counting, what).remaining == 1);
        CHECK(counting.peek(what).remaining == 1);
        CHECK(awaited(counting, what).allowed);
        CHECK_FALSE(counting.peek(what).allowed);
        CHECK_FALSE(awaited(counting, what).allowed);
        CHECK_FALSE(counting.peek({&of, "k", at(0s), 7}).allowed);
        CHECK_FALSE(counting.peek({&of, "new", at(0s), 7}).allowed);
        CHECK_FALSE(spend(counting, of, "new", at(0s), 7).allowed);
    }
}

TEST_CASE("memory_counters: a budget that is too small is refused at the start")
{
    CHECK_THROWS_AS(memory_counters{options_of(4096)}, std::invalid_argument);
    CHECK(memory_counters{options_of(8u << 20)}.read_figures().bytes <= 8u << 20);
}

TEST_CASE("memory_counters: a flood of a million keys neither grows memory nor resets a counter")
{
    constexpr std::size_t budget = 8u << 20;
    memory_counters counting{options_of(budget)};
    limit const login{named("login", a_limit(5, 15min))}, pages{named("pages", a_limit(100, 1s, counting_algorithm::gcra))};
    for (int i = 0; i < 5; ++i) {
        REQUIRE(spend(counting, login, "victim", at(0s)).allowed);
        REQUIRE(spend(counting, pages, "victim", at(0s)).allowed);
    }
    auto const before = resident_bytes();
    std::size_t passed = 0;
    for (std::size_t i = 0; i < 1'000'000; ++i) passed += spend(counting, login, number(i), at(1s)).allowed;
    CHECK(resident_bytes() < before + budget * shadow + (1u << 20));

    auto const figures = counting.read_figures();
    CHECK(figures.overflowed > 800'000);
    CHECK(figures.cells <= budget / 64);
    // Shared counters let only their own amount pass.
    CHECK(passed < figures.cells * 5);
    CHECK_FALSE(spend(counting, login, "victim", at(2s)).allowed);
    CHECK(spend(counting, login, "victim", at(15min)).allowed);
    // One limit cannot take all cells: another one still gets its own.
    auto const shared_before = counting.read_figures().overflowed;
    for (std::size_t i = 0; i < 1000; ++i) REQUIRE(spend(counting, pages, number(i), at(2s)).allowed);
    CHECK(counting.read_figures().overflowed == shared_before);
}

TEST_CASE("memory_counters: keys of the flood that come back are still counted")
{
    memory_counters counting{options_of(8u << 20)};
    limit const of{a_limit(5, 15min)};
    for (std::size_t i = 0; i < 200'000; ++i) spend(counting, of, number(i), at(0s));
    // Nobody gets more than five in the period, whether in a cell of their own or in a shared one.
    for (std::size_t i = 0; i < 200'000; i += 997) {
        int passed = 0;
        for (int n = 0; n < 10; ++n) passed += spend(counting, of, number(i), at(1min)).allowed;
        REQUIRE(passed <= 4);
    }
}

TEST_CASE("memory_counters: a key that moves out of a shared counter takes its count along")
{
    for (auto const how : {counting_algorithm::window, counting_algorithm::gcra}) {
        memory_counters counting{options_of(8u << 20)};
        limit const filler{named("filler", a_limit(3, 1min))}, of{named("slow", a_limit(3, 10min, how))};
        for (std::size_t i = 0; i < 300'000; ++i) spend(counting, of, number(i), at(0s));
        for (std::size_t i = 0; i < 300'000; ++i) spend(counting, filler, number(i), at(0s));
        // Spend from shared counters until some key has used up its amount there.
        std::vector<std::string> used_up;
        for (std::size_t i = 0; used_up.size() < 50 && i < 100'000; ++i) {
            auto const key = "late" + std::to_string(i);
            auto const shared = counting.read_figures().overflowed;
            auto const v = spend(counting, of, key, at(1s));
            if (counting.read_figures().overflowed > shared && !v.allowed) used_up.push_back(key);
        }
        REQUIRE(used_up.size() == 50);
        // The filler has run out, so there is room in every set; the shared count still holds.
        for (auto const& key : used_up) REQUIRE_FALSE(spend(counting, of, key, at(2min)).allowed);
        for (auto const& key : used_up) REQUIRE(spend(counting, of, key, at(20min)).allowed);
    }
}

TEST_CASE("memory_counters: what went to a shared counter can be given back and looked at")
{
    memory_counters counting{options_of(8u << 20)};
    limit const of{a_limit(1, 15min)};
    std::string key;
    limit_verdict v{};
    for (std::size_t i = 0;; ++i) {
        REQUIRE(i < 1'000'000);
        key = number(i);
        auto const before = counting.read_figures().overflowed;
        v = spend(counting, of, key, at(0s));
        if (v.allowed && counting.read_figures().overflowed > before) break;
    }
    CHECK_FALSE(counting.peek({&of, key, at(0s)}).allowed);
    CHECK_FALSE(spend(counting, of, key, at(0s)).allowed);
    counting.give_back({&of, key, at(0s)}, v.stamp);
    CHECK(counting.peek({&of, key, at(0s)}).allowed);
    CHECK(spend(counting, of, key, at(0s)).allowed);
}

TEST_CASE("memory_counters: when even the shared counters are taken a charge is refused, with a time to come back")
{
    memory_counters counting{options_of(8u << 20)};
    std::vector<std::unique_ptr<limit>> many;
    for (int i = 0; i < 400; ++i) many.push_back(std::make_unique<limit>(named("limit" + std::to_string(i), a_limit(1000, 1h))));
    std::optional<limit_verdict> turned_away;
    for (int round = 0; round < 200 && !turned_away; ++round)
        for (auto const& of : many) {
            auto const v = spend(counting, *of, number(static_cast<std::size_t>(round)), at(1s));
            if (!v.allowed) turned_away = v;
        }
    REQUIRE(turned_away);
    CHECK(counting.read_figures().turned_away > 0);
    CHECK(turned_away->retry_after > 0s);
    CHECK(turned_away->retry_after <= 1h);
}

TEST_CASE("memory_counters: cells of counters that ran out are used again")
{
    memory_counters counting{options_of(8u << 20)};
    limit const of{a_limit(1, 1s)};
    for (int round = 0; round < 40; ++round)
        for (std::size_t i = 0; i < 3'000; ++i)
            REQUIRE(spend(counting, of, std::to_string(round) + "/" + std::to_string(i), at(2s * round)).allowed);
    auto const figures = counting.read_figures();
    CHECK(figures.reclaimed > 10'000);
    CHECK(figures.overflowed == 0);
}

TEST_CASE("memory_counters: 200 guesses in parallel count as 200")
{
    memory_counters counting{options_of(8u << 20)};
    limit const of{a_limit(5, 15min)};
    std::atomic<int> passed = 0;
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 8; ++t)
            threads.emplace_back([&] {
                for (int i = 0; i < 25; ++i) passed += spend(counting, of, "account", at(0s)).allowed;
            });
    }
    CHECK(passed == 5);
}

TEST_CASE("memory_counters: threads that flood, spend and give back leave exact counts")
{
    memory_counters counting{options_of(8u << 20)};
    limit const of{a_limit(50, 15min)}, small{named("small", a_limit(1, 15min))};
    std::atomic<int> kept = 0;
    {
        std::vector<std::jthread> threads;
        for (std::size_t t = 0; t < 4; ++t)
            threads.emplace_back([&, t] {
                for (std::size_t i = 0; i < 20'000; ++i) {
                    spend(counting, small, number(t * 1'000'000 + i * 3), at(0s));
                    auto const v = spend(counting, of, "shared", at(0s));
                    if (!v.allowed) continue;
                    if (i % 3 == 0) counting.give_back({&of, "shared", at(0s)}, v.stamp);
                    else ++kept;
                }
            });
    }
    CHECK(kept == 50);
    CHECK_FALSE(spend(counting, of, "shared", at(0s)).allowed);
}
