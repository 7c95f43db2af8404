#include "gateway/limits/shared/shared_limiter.hpp"

#include "tests/support/run.hpp"
#include "tests/unit/limits/limits.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::limits;
using namespace std::chrono_literals;
using tests::run;

namespace {

// Counters elsewhere that several programs ask; a cable that can be pulled, and lose answers.
class far_counters final : public counters
{
public:
    task<result<std::vector<limit_verdict>>> spend(std::span<charge const> what) override
    {
        ++asked;
        if (away || lost > 0) {
            if (lost > 0) --lost;
            co_return our_error(errc::storage_unavailable);
        }
        auto told = co_await counting_.spend(what);
        co_return std::move(told);
    }
    void settle(charge const& what, tick stamp, charge_end how) noexcept override
    {
        ++(how == charge_end::given_back ? given_back : confirmed);
        counting_.settle(what, stamp, how);
    }

    bool away = false;
    int lost = 0;
    int asked = 0;
    int given_back = 0;
    int confirmed = 0;

private:
    memory_counters counting_{options_of(8u << 20)};
};

// One program of the fleet.
struct node
{
    far_counters& far;
    std::atomic<unsigned> nodes{3};
    limiter here;
    shared_limiter shared{far, nodes, {}};

    node(far_counters& to, std::vector<limit_spec> const& specs)
        : far{to},
          here{std::make_shared<memory_counters>(options_of(8u << 20)), specs}
    {
    }

    limit_result spend(std::vector<limit const*> const& from, subject const& who, steady_time now)
    {
        if (auto at_hand = shared.spend_at_hand(here, from, who, now)) return std::move(*at_hand);
        return run(shared.spend(here, from, who, now));
    }
};

subject somebody()
{
    subject who;
    who.client = network::of("192.0.2.1");
    return who;
}

} // namespace

TEST_CASE("shared_limiter: programs count together, and whoever is refused again costs no round trip")
{
    far_counters far;
    std::vector<limit_spec> const specs{named("a", a_limit(3, 1min))};
    node one{far, specs}, two{far, specs};
    auto const who = somebody();
    std::vector<limit const*> const a1{one.here.named("a")}, a2{two.here.named("a")};
    CHECK(one.spend(a1, who, at(0s)).place() == counting_place::elsewhere);
    CHECK(two.spend(a2, who, at(0s)).allowed());
    CHECK(one.spend(a1, who, at(1s)).states().front().remaining == 0);
    auto const refused = two.spend(a2, who, at(1s));
    CHECK(refused.refused_by() == a2.front());
    CHECK(refused.retry_after() == 59s);
    CHECK(refused.place() == counting_place::elsewhere);
    CHECK(far.asked == 4);

    auto const again = two.spend(a2, who, at(1500ms));
    CHECK(again.place() == counting_place::remembered);
    CHECK(again.refused_by() == a2.front());
    CHECK(again.retry_after() == 58500ms);
    CHECK(far.asked == 4);
    CHECK(two.spend(a2, who, at(2s)).place() == counting_place::elsewhere);
    CHECK(far.asked == 5);
}

TEST_CASE("shared_limiter: a list is one round trip, and where one refuses the others get back what was spent")
{
    far_counters far;
    node one{far, {named("wide", a_limit(3, 1min)), named("narrow", a_limit(1, 1min)), named("last", a_limit(2, 1min))}};
    auto const who = somebody();
    std::vector<limit const*> const all{one.here.named("wide"), one.here.named("narrow"), one.here.named("last")};
    CHECK(one.spend(all, who, at(0s)).states().size() == 3);
    CHECK(far.asked == 1);
    auto const refused = one.spend(all, who, at(1s));
    CHECK(refused.refused_by() == one.here.named("narrow"));
    CHECK(refused.states().size() == 2);
    CHECK(far.given_back == 2);
    std::vector<limit const*> const outer{one.here.named("wide"), one.here.named("last")};
    auto const rest = one.spend(outer, who, at(1s));
    CHECK(rest.states()[0].remaining == 1);
    CHECK(rest.states()[1].remaining == 0);
}

TEST_CASE("shared_limiter: one that reports only refuses nobody and is not remembered")
{
    far_counters far;
    auto trial = named("trial", a_limit(1, 1min));
    trial.report_only = true;
    node one{far, {trial}};
    std::vector<limit const*> const only{one.here.named("trial")};
    for (int i = 0; i < 3; ++i) {
        auto const passed = one.spend(only, somebody(), at(0s));
        CHECK(passed.allowed());
        CHECK((passed.reported_by() != nullptr) == (i > 0));
    }
    CHECK(far.asked == 3);
    CHECK(far.given_back == 0);
}

TEST_CASE("shared_limiter: while elsewhere is away the share counts, one asks a second, and nobody hears an error")
{
    far_counters far;
    node one{far, {named("a", a_limit(7, 1min))}};
    auto const who = somebody();
    std::vector<limit const*> const a{one.here.named("a")};
    REQUIRE(one.spend(a, who, at(0s)).allowed());
    far.away = true;
    auto const first = one.spend(a, who, at(1s));
    CHECK(first.allowed());
    CHECK(first.place() == counting_place::share);
    CHECK(far.asked == 3); // it was asked twice
    CHECK(one.spend(a, who, at(1100ms)).allowed());
    auto const refused = one.spend(a, who, at(1200ms)); // 7 of three programs
    CHECK_FALSE(refused.allowed());
    CHECK(refused.place() == counting_place::share);
    CHECK(far.asked == 3);
    CHECK_FALSE(one.spend(a, who, at(2s)).allowed());
    CHECK(far.asked == 5);

    far.away = false;
    CHECK_FALSE(one.spend(a, who, at(2900ms)).allowed());
    auto const back = one.spend(a, who, at(3s));
    CHECK(back.allowed());
    CHECK(back.place() == counting_place::elsewhere);
    CHECK(back.states().front().remaining == 5);
}

TEST_CASE("shared_limiter: while one asks whether it is back, the others do not wait for that")
{
    far_counters far;
    node one{far, {named("a", a_limit(9, 1min))}};
    auto const who = somebody();
    std::vector<limit const*> const a{one.here.named("a")};
    far.away = true;
    CHECK(one.spend(a, who, at(0s)).allowed());
    CHECK_FALSE(one.shared.spend_at_hand(one.here, a, who, at(1s)).has_value()); // this one
    CHECK(one.shared.spend_at_hand(one.here, a, who, at(1s)).has_value());
    CHECK(one.shared.spend_at_hand(one.here, a, who, at(1999ms)).has_value());
    CHECK_FALSE(one.shared.spend_at_hand(one.here, a, who, at(2s)).has_value());
}

TEST_CASE("shared_limiter: one answer that is lost is asked for once more")
{
    far_counters far;
    node one{far, {named("a", a_limit(3, 1min))}};
    far.lost = 1;
    std::vector<limit const*> const a{one.here.named("a")};
    CHECK(one.spend(a, somebody(), at(0s)).place() == counting_place::elsewhere);
    CHECK(far.asked == 2);
}

TEST_CASE("shared_limiter: how a request ended is told where it was counted, and nowhere else")
{
    far_counters far;
    node one{far, {on_failures(named("guesses", a_limit(9, 1min))), named("requests", a_limit(9, 1min))}};
    auto const who = somebody();
    std::vector<limit const*> const both{one.here.named("guesses"), one.here.named("requests")};
    auto const counted = one.spend(both, who, at(0s));
    one.shared.failed(counted, who, at(1s));
    CHECK(far.confirmed == 1);
    one.shared.succeeded(counted, who, at(1s));
    CHECK(far.given_back == 1);
    one.shared.give_back(counted, who, at(1s));
    CHECK(far.given_back == 3);

    std::vector<limit const*> const narrow{one.here.named("requests")};
    for (int i = 0; i < 9; ++i) REQUIRE(one.spend(narrow, who, at(2s)).allowed());
    auto const refused = one.spend(narrow, who, at(2s));
    REQUIRE_FALSE(refused.allowed());
    one.shared.give_back(refused, who, at(2s));
    one.shared.failed(refused, who, at(2s));
    CHECK(far.given_back == 3);
    CHECK(far.confirmed == 1);
}
