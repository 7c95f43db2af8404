#include "gateway/limits/backoff.hpp"

#include "gateway/limits/memory_counters.hpp"
#include "tests/unit/limits/limits.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <random>
#include <string>
#include <vector>

using namespace yett;
using namespace yett::limits;
using namespace std::chrono_literals;

namespace {

constexpr nanoseconds quarter = 15min;

// Ten in a quarter of an hour, as limits.login_account.
struct account
{
    backoff view() { return {times, at, steps, quarter}; }
    limit_verdict spend(nanoseconds now) { return view().spend(now.count(), 1); }
    limit_verdict look(nanoseconds now) { return view().look(now.count(), 1); }
    void give_back(limit_verdict const& v) { view().give_back(v.stamp, 1); }
    void fail_ten_times(nanoseconds from = 0s)
    {
        for (int i = 0; i < 10; ++i) REQUIRE(spend(from + 1s * i).allowed);
    }

    std::vector<tick> times = std::vector<tick>(11);
    window::position at;
    std::uint32_t steps = 0;
};

limit an_account_limit()
{
    return limit{on_failures(keyed(a_limit(10, quarter, counting_algorithm::backoff), {{key_part::kind::account, {}}}))};
}

} // namespace

TEST_CASE("backoff: ten pass, then one after a minute, two, four, eight and at most the period")
{
    account a;
    a.fail_ten_times();
    auto now = nanoseconds{9s};
    for (auto const pause : {1min, 2min, 4min, 8min, 15min, 15min, 15min}) {
        CAPTURE(pause.count());
        auto const refused = a.spend(now + 1s);
        CHECK_FALSE(refused.allowed);
        CHECK(refused.retry_after == pause - 1s);
        CHECK_FALSE(a.spend(now + pause - 1ns).allowed);
        now += pause;
        CHECK(a.look(now).allowed);
        CHECK(a.spend(now).allowed);
        CHECK_FALSE(a.spend(now).allowed);
    }
}

TEST_CASE("backoff: it is a window again when nothing came for the period after a pause")
{
    account a;
    a.fail_ten_times();
    REQUIRE(a.spend(9s + 1min).allowed);
    auto const quiet = 9s + 1min + 2min + quarter;
    CHECK_FALSE(a.look(9s + 1min + 1s).allowed);
    auto again = a;
    CHECK(a.view().expires(0) == nanoseconds{quiet}.count());
    for (int i = 0; i < 10; ++i) CHECK(a.spend(quiet).allowed);
    CHECK_FALSE(a.spend(quiet).allowed);
    // A moment earlier it is a pause that is over, and no more.
    CHECK(again.spend(quiet - 1ns).allowed);
    CHECK_FALSE(again.spend(quiet - 1ns).allowed);
}

TEST_CASE("backoff: what is given back was never spent, in the window and behind a pause")
{
    account a;
    for (int i = 0; i < 100; ++i) a.give_back(a.spend(1s * i));
    for (int i = 0; i < 9; ++i) REQUIRE(a.spend(200s).allowed);
    a.give_back(a.spend(201s));
    REQUIRE(a.spend(202s).allowed);
    CHECK_FALSE(a.spend(203s).allowed);
    for (int i = 0; i < 5; ++i) {
        CAPTURE(i);
        auto const right = a.spend(202s + 1min);
        REQUIRE(right.allowed); // each succeeds, so that the pause is over for the next
        a.give_back(right);
    }
    REQUIRE(a.spend(202s + 1min).allowed);
    CHECK(a.spend(202s + 1min).retry_after == 2min);
    auto const later = a.spend(202s + 3min);
    REQUIRE(later.allowed);
    a.give_back(later);
    REQUIRE(a.spend(202s + 3min).allowed);
    CHECK(a.spend(202s + 3min).retry_after == 4min);
}

TEST_CASE("backoff: a window that has room before the pause is over says so (sibling: oldest failure leaves)")
{
    account a;
    REQUIRE(a.spend(0s).allowed);
    for (int i = 0; i < 9; ++i) REQUIRE(a.spend(14min + 50s).allowed);
    CHECK(a.spend(14min + 55s).retry_after == 5s);
    CHECK(a.spend(15min).allowed);
}

TEST_CASE("backoff: what loans have filled may be waited for, what failures have slowed may not")
{
    account a;
    a.fail_ten_times();
    CHECK_FALSE(a.spend(10s).settled);
    REQUIRE(a.spend(9s + 1min).allowed);
    CHECK(a.spend(10s + 1min).settled);
}

TEST_CASE("backoff: no guesser gets more than one in a minute once it is full, whenever they come")
{
    std::mt19937 random{42};
    for (int trial = 0; trial < 200; ++trial) {
        account a;
        std::vector<nanoseconds> passed;
        auto now = nanoseconds{0};
        for (int i = 0; i < 400; ++i) {
            now += nanoseconds{std::chrono::milliseconds{random() % 90'000}};
            if (a.spend(now).allowed) passed.push_back(now);
        }
        // Ten in any quarter of an hour, and those that waited for a pause, which only get longer.
        for (std::size_t i = 14; i < passed.size(); ++i) CHECK(passed[i] - passed[i - 14] >= quarter);
    }
}

TEST_CASE("backoff: whoever goes on guessing for weeks gets one in a period, however many pauses there were")
{
    account a;
    a.fail_ten_times();
    auto now = nanoseconds{9s};
    for (auto pause = nanoseconds{1min}; pause < quarter; pause *= 2) REQUIRE(a.spend(now += pause).allowed);
    for (int i = 0; i < 2000; ++i) {
        CAPTURE(i);
        REQUIRE_FALSE(a.spend(now + quarter - 1ns).allowed);
        REQUIRE(a.spend(now += quarter).allowed);
        REQUIRE_FALSE(a.spend(now).allowed);
    }
}

TEST_CASE("backoff: counted in memory, by key, and a pause is remembered as long as it counts")
{
    memory_counters counting{options_of(8u << 20)};
    auto const of = an_account_limit();
    auto const spend = [&](char const* key, steady_time now) { return counting.spend({&of, key, now}); };
    for (int i = 0; i < 10; ++i) REQUIRE(spend("ada", at(0s)).allowed);
    CHECK(spend("ada", at(1s)).retry_after == 59s);
    CHECK(spend("bob", at(1s)).allowed);
    auto const right = spend("ada", at(1min));
    REQUIRE(right.allowed);
    counting.give_back({&of, "ada", at(1min)}, right.stamp);
    CHECK(spend("ada", at(1min)).allowed);
    CHECK(spend("ada", at(1min)).retry_after == 2min);
    // Its events are over by then, the pauses are not (sibling: a cell that is reused too early).
    CHECK(spend("ada", at(16min)).allowed);
    CHECK_FALSE(spend("ada", at(16min)).allowed);
}

TEST_CASE("backoff: a period shorter than the first pause, and a burst, are complaints")
{
    CHECK(limit::complaints(a_limit(10, quarter, counting_algorithm::backoff)).empty());
    CHECK(limit::complaints(a_limit(10, 1min, counting_algorithm::backoff)).empty());
    CHECK_FALSE(limit::complaints(a_limit(10, 59s, counting_algorithm::backoff)).empty());
    auto bursting = a_limit(10, quarter, counting_algorithm::backoff);
    bursting.burst = 3;
    CHECK_FALSE(limit::complaints(bursting).empty());
    CHECK_FALSE(limit::complaints(a_limit(2001, quarter, counting_algorithm::backoff)).empty());
}
