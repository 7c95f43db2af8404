#include "gateway/limits/shared/shared_limiter.hpp"

#include "tests/support/run.hpp"
#include "tests/unit/limits/far_counters.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::limits;
using namespace std::chrono_literals;
using tests::run;

namespace {

subject somebody()
{
    subject who;
    who.client = network::of("192.0.2.1");
    return who;
}

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

    using list = std::vector<limit const*>;
    limit_result spend(list const& from, subject const& who, steady_time now)
    {
        auto all = spend_all({from}, who, now);
        return std::move(all.front());
    }
    std::vector<limit_result> spend_all(std::vector<list> const& from, subject const& who, steady_time now)
    {
        std::vector<limiter::list> const views{from.begin(), from.end()};
        std::vector<limit_result> came;
        run(shared.spend(here, views, who, now, came));
        return came;
    }
    bool answers(list const& from, steady_time now) const
    {
        limiter::list const alone[]{from};
        return shared.answers_at_hand(alone, somebody(), now);
    }
};

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
    CHECK_FALSE(one.answers(a, at(0s)));
    far.away = true;
    CHECK(one.spend(a, who, at(0s)).allowed());
    CHECK(one.answers(a, at(999ms)));
    CHECK_FALSE(one.answers(a, at(1s))); // this one
    far.while_asked = [&] { CHECK(one.answers(a, at(1s))); };
    CHECK(one.spend(a, who, at(1s)).place() == counting_place::share);
    CHECK(one.answers(a, at(1999ms)));
    CHECK_FALSE(one.answers(a, at(2s)));
}

TEST_CASE("shared_limiter: all lists of a request are one round trip")
{
    far_counters far;
    node one{far, {named("a", a_limit(3, 1min)), named("b", a_limit(3, 1min)), named("c", a_limit(3, 1min))}};
    auto const* const a = one.here.named("a");
    auto const came = one.spend_all({{a, one.here.named("b")}, {one.here.named("c")}}, somebody(), at(0s));
    REQUIRE(came.size() == 2);
    CHECK(came[0].states().size() == 2);
    CHECK(came[1].states().size() == 1);
    CHECK(far.asked == 1);
    CHECK(far.given_back == 0);
}

TEST_CASE("shared_limiter: of several lists each is all or nothing by itself, and none behind a refusal counts")
{
    struct row
    {
        char const* refuses;
        std::size_t answered;  // lists
        std::uint32_t left[3]; // of a, b and c, a unit of whichever is asked included
    };
    // What memory would have left, list after list.
    for (auto const& each : {row{"a", 1, {0, 4, 4}}, row{"b", 2, {3, 0, 4}}, row{"c", 3, {3, 3, 0}}}) {
        INFO(std::string{each.refuses});
        far_counters far;
        std::vector<limit_spec> specs;
        for (auto const* name : {"a", "b", "c"})
            specs.push_back(named(name, a_limit(name == std::string{each.refuses} ? 1 : 5, 1min)));
        node one{far, specs};
        auto const who = somebody();
        std::vector<node::list> const all{{one.here.named("a")}, {one.here.named("b")}, {one.here.named("c")}};
        REQUIRE(one.spend({one.here.named(each.refuses)}, who, at(0s)).allowed());
        auto const came = one.spend_all(all, who, at(0s));
        REQUIRE(came.size() == each.answered);
        CHECK(came.back().refused_by() == one.here.named(each.refuses));
        CHECK(far.asked == 2);
        for (std::size_t i = 0; i < all.size(); ++i)
            CHECK(one.spend(all[i], who, at(0s)).states().front().remaining == each.left[i]);
    }
}

TEST_CASE("shared_limiter: a refusal that is known of any list saves the round trip of all")
{
    far_counters far;
    node one{far, {named("wide", a_limit(9, 1min)), named("narrow", a_limit(1, 1min))}};
    auto const who = somebody();
    std::vector<node::list> const both{{one.here.named("wide")}, {one.here.named("narrow")}};
    REQUIRE(one.spend_all(both, who, at(0s)).back().allowed());
    REQUIRE_FALSE(one.spend_all(both, who, at(0s)).back().allowed());
    CHECK(far.asked == 2);
    auto const again = one.spend_all(both, who, at(500ms));
    REQUIRE(again.size() == 1);
    CHECK(again.front().place() == counting_place::remembered);
    CHECK(far.asked == 2);
}

TEST_CASE("shared_limiter: without elsewhere each list counts its share, up to the first that refuses")
{
    far_counters far;
    node one{far, {named("wide", a_limit(9, 1min)), named("narrow", a_limit(3, 1min)), named("last", a_limit(9, 1min))}};
    far.away = true;
    std::vector<node::list> const all{{one.here.named("wide")}, {one.here.named("narrow")}, {one.here.named("last")}};
    CHECK(one.spend_all(all, somebody(), at(0s)).size() == 3);
    auto const refused = one.spend_all(all, somebody(), at(0s));
    REQUIRE(refused.size() == 2);
    CHECK(refused.back().refused_by() == one.here.named("narrow"));
    CHECK(refused.back().place() == counting_place::share);
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
