#include "gateway/tokens/cache/recent_failures.hpp"

#include <doctest/doctest.h>

using namespace yett;
using tokens::recent_failures;

namespace {

constexpr wall_time noon{seconds{1'700'000'000}};
constexpr tokens::digest128 one{1, 2};
constexpr tokens::digest128 other{1, 3}; // of the same row

} // namespace

TEST_CASE("recent_failures: a refusal is remembered for its moment, for its token and its verifier")
{
    recent_failures known{seconds{30}};
    known.remember(one, 7, errc::token_invalid, noon);
    struct row
    {
        tokens::digest128 digest;
        std::uint64_t generation;
        wall_time at;
        bool found;
    };
    row const rows[]{
        {one, 7, noon, true},
        {one, 7, noon + seconds{30} - milliseconds{1}, true},
        {one, 7, noon + seconds{30}, false},
        {other, 7, noon, false},
        {one, 8, noon, false},
        // The clock was put back since: what was said by the other one says nothing.
        {one, 7, noon - milliseconds{1}, false},
        {one, 7, noon - seconds{3600}, false},
    };
    for (auto const& each : rows) {
        CAPTURE((each.at - noon).count());
        auto const code = known.find(each.digest, each.generation, each.at);
        CHECK(code.has_value() == each.found);
        if (code) CHECK(*code == errc::token_invalid);
    }
}

TEST_CASE("recent_failures: the fifth of a row takes the place of the oldest")
{
    recent_failures known{seconds{30}};
    for (std::uint64_t i = 0; i < 5; ++i) known.remember({1, i}, 0, errc::token_expired, noon + seconds{i});
    CHECK_FALSE(known.find({1, 0}, 0, noon + seconds{5}));
    for (std::uint64_t i = 1; i < 5; ++i) CHECK(known.find({1, i}, 0, noon + seconds{5}) == errc::token_expired);
}
