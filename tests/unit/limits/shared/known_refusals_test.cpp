#include "gateway/limits/shared/known_refusals.hpp"

#include "tests/unit/limits/limits.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace yett;
using namespace yett::limits;
using namespace std::chrono_literals;

namespace {

limit_verdict refused(nanoseconds retry_after, nanoseconds reset)
{
    limit_verdict v{};
    v.retry_after = retry_after;
    v.reset = reset;
    return v;
}

} // namespace

TEST_CASE("known_refusals: a refusal is known until there is room, and for a second at most")
{
    struct row
    {
        nanoseconds room_in;
        nanoseconds asked_after;
        bool known;
    };
    for (auto const& each : {row{1h, 0s, true}, row{1h, 999ms, true}, row{1h, 1s, false}, row{20ms, 19ms, true},
                             row{20ms, 20ms, false}, row{0s, 0s, false}}) {
        known_refusals known{{}};
        limit const of{a_limit(1, 1h)};
        known.remember({&of, "k", at(0s)}, refused(each.room_in, 2h));
        auto const found = known.find({&of, "k", at(each.asked_after)});
        REQUIRE(found.has_value() == each.known);
        if (!found) continue;
        CHECK_FALSE(found->allowed);
        CHECK(found->remaining == 0);
        CHECK(found->retry_after == each.room_in - each.asked_after);
        CHECK(found->reset == 2h - each.asked_after);
    }
}

TEST_CASE("known_refusals: of this key at this limit, and of nobody who is only held up")
{
    known_refusals known{{}};
    limit const one{named("one", a_limit(1, 1h))}, other{named("other", a_limit(1, 1h))};
    known.remember({&one, "k", at(0s)}, refused(1h, 1h));
    CHECK(known.find({&one, "k", at(0s)}));
    CHECK_FALSE(known.find({&one, "l", at(0s)}));
    CHECK_FALSE(known.find({&other, "k", at(0s)}));
    auto held = refused(1h, 1h);
    held.held = true;
    known.remember({&other, "k", at(0s)}, held);
    CHECK_FALSE(known.find({&other, "k", at(0s)}));
    auto allowed = refused(0s, 1h);
    allowed.allowed = true;
    known.remember({&other, "k", at(0s)}, allowed);
    CHECK_FALSE(known.find({&other, "k", at(0s)}));
}

TEST_CASE("known_refusals: a flood displaces what was known and invents nothing")
{
    known_refusals known{{}};
    limit const of{a_limit(1, 1h)};
    for (std::size_t i = 0; i < 10 * known_refusals::places; ++i)
        known.remember({&of, "flood" + std::to_string(i), at(0s)}, refused(1h, 1h));
    std::size_t remembered = 0;
    for (std::size_t i = 0; i < 10 * known_refusals::places; ++i)
        if (known.find({&of, "flood" + std::to_string(i), at(0s)})) ++remembered;
    CHECK(remembered > known_refusals::places / 2);
    CHECK(remembered <= known_refusals::places);
    for (int i = 0; i < 1000; ++i) CHECK_FALSE(known.find({&of, "calm" + std::to_string(i), at(0s)}));
}
