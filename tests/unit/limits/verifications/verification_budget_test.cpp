#include "gateway/limits/verifications/verification_budget.hpp"

#include "tests/unit/limits/limits.hpp"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace yett;
using namespace yett::limits;
using namespace std::chrono_literals;

namespace {

wall_time today(nanoseconds since)
{
    return from_unix(1'800'000'000) + std::chrono::floor<milliseconds>(since);
}

network from(std::string_view address)
{
    return network::of(address);
}

limit_spec built_in()
{
    auto const& all = built_in_limits();
    return *std::ranges::find(all, for_verifications, &limit_spec::name);
}

// A budget and a moment.
struct scene
{
    bool take(std::string_view address, verification_payment& paid)
    {
        return budget.take(from(address), paid, today(now), at(now));
    }
    // A check that was in vain; false when it was not made.
    bool forge(std::string_view address)
    {
        verification_payment paid;
        return take(address, paid);
    }
    // One that held after so many.
    bool prove(std::string_view address, std::size_t checks = 1)
    {
        verification_payment paid;
        for (std::size_t n = 0; n < checks; ++n)
            if (!take(address, paid)) return false;
        budget.give_back(from(address), paid, at(now));
        budget.note_proved(from(address), today(now));
        return true;
    }
    nanoseconds wait(std::string_view address) { return budget.wait(from(address), today(now), at(now)); }
    // How many are checked at once before one is not.
    int forge_all(std::string_view address)
    {
        int n = 0;
        while (n < 10'000 && forge(address)) ++n;
        return n;
    }

    std::shared_ptr<memory_counters> counting = std::make_shared<memory_counters>(options_of(8u << 20));
    verification_budget budget{counting, built_in(), 7};
    nanoseconds now{};
};

} // namespace

TEST_CASE("verification budget: a hundred at once, then twenty a second, for each network")
{
    scene s;
    CHECK(s.forge_all("192.0.2.7") == 100);
    CHECK(s.wait("192.0.2.7") == 50ms);
    CHECK(s.wait("192.0.2.8") == 0ms);
    CHECK(s.forge_all("192.0.2.8") == 100);
    CHECK(s.forge_all("2001:db8::1") == 100);
    CHECK(s.forge_all("2001:db8::ffff:2") == 0); // the same /64
    CHECK(s.forge_all("2001:db8:0:1::1") == 100);
    s.now = 1s;
    CHECK(s.forge_all("192.0.2.7") == 20);
    s.now = 1h;
    CHECK(s.forge_all("192.0.2.7") == 100);
}

TEST_CASE("verification budget: what holds costs nothing, however much of it comes")
{
    scene s;
    for (int n = 0; n < 1000; ++n) REQUIRE(s.prove("192.0.2.7"));
    // A token that names no key takes one for each that is tried.
    for (int n = 0; n < 1000; ++n) REQUIRE(s.prove("192.0.2.7", 4));
    CHECK(s.forge_all("192.0.2.7") == 100);
}

TEST_CASE("verification budget: a credential that asks for more than any needs gets no more")
{
    scene s;
    verification_payment paid;
    for (std::size_t n = 0; n < verification_payment::most; ++n) CHECK(s.take("192.0.2.7", paid));
    CHECK_FALSE(s.take("192.0.2.7", paid));
    s.budget.give_back(from("192.0.2.7"), paid, at(s.now));
    CHECK(paid.count == 0);
    s.budget.give_back(from("192.0.2.7"), paid, at(s.now)); // nothing more
    CHECK(s.forge_all("192.0.2.7") == 100);
}

TEST_CASE("verification budget: what was earned back meanwhile is not given back once more")
{
    scene s;
    verification_payment slow;
    for (int n = 0; n < 60; ++n) (void)s.forge("192.0.2.7");
    REQUIRE(s.take("192.0.2.7", slow));
    s.now = 10s;
    s.budget.give_back(from("192.0.2.7"), slow, at(s.now));
    CHECK(s.forge_all("192.0.2.7") == 100);
}

TEST_CASE("verification budget: a network with somebody who was proved has a bucket apart, for a minute")
{
    struct row
    {
        char const* what;
        nanoseconds proved;
        nanoseconds asked;
        int allowed; // of forged ones, after strangers have spent all there was for them at that moment
    };
    for (auto const& each :
         {row{"at once", 0s, 0s, 100}, row{"within the minute", 0s, 60s, 100}, row{"and after it", 0s, 61s, 0}}) {
        INFO(std::string{each.what});
        scene s;
        // Strangers spend what there is, before anybody there is known.
        s.now = each.asked;
        CHECK(s.forge_all("192.0.2.7") == 100);
        s.budget.note_proved(from("192.0.2.7"), today(each.proved));
        CHECK((s.wait("192.0.2.7") == 0ms) == (each.allowed > 0));
        CHECK(s.forge_all("192.0.2.7") == each.allowed);
    }
}

TEST_CASE("verification budget: what was taken from one bucket goes back there, whatever has become known meanwhile")
{
    scene s;
    verification_payment paid;
    REQUIRE(s.take("192.0.2.7", paid));
    s.budget.note_proved(from("192.0.2.7"), today(0s));
    REQUIRE(s.take("192.0.2.7", paid)); // goes on where it began
    s.budget.give_back(from("192.0.2.7"), paid, at(s.now));
    CHECK(s.forge_all("192.0.2.7") == 100);
    s.now = 61s; // and the strangers' bucket is whole as well
    CHECK(s.forge_all("192.0.2.7") == 100);
}

TEST_CASE("verification budget: strangers from more networks than there is room for share no bucket with those that are known")
{
    scene s;
    s.budget.note_proved(from("192.0.2.7"), today(0s));
    int refused = 0;
    for (int n = 0; n < 80'000; ++n) refused += !s.forge(fmt::format("2001:db8:{:x}:{:x}::1", n >> 16, n & 0xffff));
    CHECK(refused > 0); // they share what is left
    CHECK(s.forge_all("192.0.2.7") == 100);
}

TEST_CASE("verification budget: counts as it was configured")
{
    auto spec = built_in();
    spec.amount = 3;
    spec.burst = 5;
    scene s;
    verification_budget strict{s.counting, spec, 7};
    int allowed = 0;
    for (int n = 0; n < 20; ++n) {
        verification_payment paid;
        allowed += strict.take(from("192.0.2.7"), paid, today(0s), at(0s));
    }
    CHECK(allowed == 5);
    CHECK(s.forge_all("192.0.2.7") == 100); // others of that name count apart
}
