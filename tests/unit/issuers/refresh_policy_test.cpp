#include "gateway/issuers/refresh_policy.hpp"

#include <doctest/doctest.h>

namespace yett::issuers {
namespace {

constexpr steady_time noon{std::chrono::hours{12}};

refresh_policy by()
{
    refresh_policy s;
    s.least = seconds{60};
    s.most = seconds{3600};
    s.unsaid = seconds{600};
    return s;
}

} // namespace

TEST_CASE("schedule: keys are fetched ahead of the end of their life, within the bounds, and never all at once")
{
    struct row
    {
        std::optional<seconds> max_age;
        double dice;
        milliseconds after;
    };
    row const rows[] = {
        {seconds{1000}, 0.0, seconds{700}},
        {seconds{1000}, 1.0, seconds{900}},
        {seconds{1000}, 0.5, seconds{800}},
        {std::nullopt, 0.0, seconds{420}},
        {std::nullopt, 1.0, seconds{540}},
        // The issuer's word counts only between the bounds.
        {seconds{0}, 0.0, seconds{42}},
        {seconds{59}, 1.0, seconds{54}},
        {seconds{0x7fffffff}, 0.0, seconds{2520}},
        {seconds{3601}, 1.0, seconds{3240}},
    };
    for (auto const& [max_age, dice, after] : rows) {
        CAPTURE(max_age.value_or(seconds{-1}).count());
        CAPTURE(dice);
        CHECK(next_fetch(by(), max_age, noon, dice) == noon + after);
    }
}

TEST_CASE("schedule: a bound of one second lets an issuer rotate every two")
{
    auto quick = by();
    quick.least = seconds{1};
    quick.most = seconds{1};
    CHECK(next_fetch(quick, std::nullopt, noon, 0.5) == noon + milliseconds{800});
}

TEST_CASE("schedule: an upper bound below the lower one does not bring the program down")
{
    auto odd = by();
    odd.most = seconds{1};
    CHECK(next_fetch(odd, seconds{30}, noon, 0.0) == noon + seconds{42});
}

TEST_CASE("schedule: failures are tried again soon, then ever more rarely, and never more rarely than the bound")
{
    struct row
    {
        unsigned failures;
        double dice;
        milliseconds after;
    };
    row const rows[] = {
        {1, 1.0, seconds{1}},  {1, 0.0, milliseconds{500}}, {2, 1.0, seconds{2}},  {3, 1.0, seconds{4}},
        {6, 1.0, seconds{32}}, {7, 1.0, seconds{60}},       {8, 0.0, seconds{30}}, {4'000'000'000, 1.0, seconds{60}}};
    for (auto const& [failures, dice, after] : rows) {
        CAPTURE(failures);
        CHECK(next_retry(by(), failures, noon, dice) == noon + after);
    }
}

TEST_CASE("schedule: an unknown key is a reason to fetch once a minute")
{
    CHECK(may_ask(by(), std::nullopt, noon));
    CHECK_FALSE(may_ask(by(), noon, noon));
    CHECK_FALSE(may_ask(by(), noon, noon + milliseconds{59'999}));
    CHECK(may_ask(by(), noon, noon + seconds{60}));
}

} // namespace yett::issuers
