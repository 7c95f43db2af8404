#include "gateway/mail/retry_policy.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::mail;

namespace {

constexpr wall_time noon{seconds{1'700'000'000}};
constexpr retry_policy rules;

std::optional<milliseconds> wait_after(delivery_error::kind why, unsigned attempt, double dice = 1)
{
    failed_attempt failed;
    failed.why = why;
    failed.attempt = attempt;
    failed.posted_at = noon;
    auto const due = next_attempt(rules, failed, noon, dice);
    if (!due) return std::nullopt;
    return *due - noon;
}

} // namespace

TEST_CASE("patience: every attempt waits twice as long, up to a bound")
{
    using kind = delivery_error::kind;
    CHECK(wait_after(kind::refused_for_now, 1) == seconds{5});
    CHECK(wait_after(kind::refused_for_now, 2) == seconds{10});
    CHECK(wait_after(kind::refused_for_now, 8) == seconds{640});
    CHECK(wait_after(kind::refused_for_now, 9) == seconds{900});
    CHECK(wait_after(kind::refused_for_now, 4'000'000'000u) == seconds{900});
    CHECK(wait_after(kind::unreachable, 4) == seconds{40});
    CHECK(wait_after(kind::unreachable, 5) == seconds{60});
    CHECK(wait_after(kind::unreachable, 1000) == seconds{60});
}

TEST_CASE("patience: the dice shorten the wait by up to half, never lengthen it")
{
    CHECK(wait_after(delivery_error::kind::broken, 1, 0) == milliseconds{2500});
    CHECK(wait_after(delivery_error::kind::broken, 1, 0.5) == milliseconds{3750});
}

TEST_CASE("patience: a server that says no is believed after twelve times, any other trouble is not")
{
    using kind = delivery_error::kind;
    CHECK(wait_after(kind::refused, 11));
    CHECK_FALSE(wait_after(kind::refused, 12));
    for (auto const each :
         {kind::unreachable, kind::insecure, kind::login_refused, kind::refused_for_now, kind::broken, kind::not_written})
        CHECK(wait_after(each, 1000));
}

TEST_CASE("patience: a mail is given up after two days, or when its link would have expired")
{
    failed_attempt failed;
    failed.attempt = 1;
    failed.posted_at = noon;
    CHECK(next_attempt(rules, failed, noon + std::chrono::hours{48} - seconds{6}, 1));
    CHECK_FALSE(next_attempt(rules, failed, noon + std::chrono::hours{48} - seconds{5}, 1));
    failed.until = noon + std::chrono::hours{1};
    CHECK(next_attempt(rules, failed, failed.until - seconds{6}, 1));
    CHECK_FALSE(next_attempt(rules, failed, failed.until - seconds{5}, 1));
}

TEST_CASE("patience: a letter is pointless once its link has expired")
{
    accounts::letter l;
    CHECK_FALSE(is_pointless(l, noon));
    l.until = noon;
    CHECK(is_pointless(l, noon));
    CHECK_FALSE(is_pointless(l, noon - milliseconds{1}));
}
