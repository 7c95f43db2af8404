#include "gateway/net/bodies/pace.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace yett;
using namespace yett::net;

namespace {

struct step
{
    int seconds; // waited for
    std::uint64_t bytes;
    int times = 1;
};

// The second in which it was found too slow; 0: never.
int too_slow_after(std::uint64_t least, std::vector<step> const& steps)
{
    pace p{least};
    int second = 0;
    for (auto const& each : steps)
        for (int i = 0; i < each.times; ++i) {
            for (int s = 0; s < each.seconds; ++s) {
                ++second;
                p.waited(milliseconds{1000});
                if (p.too_slow()) return second;
            }
            p.moved(each.bytes);
        }
    return 0;
}

} // namespace

TEST_CASE("pace: bytes and time decide")
{
    struct
    {
        char const* what;
        std::uint64_t least;
        std::vector<step> steps;
        int expected;
    } const cases[] = {
        {"a byte every ten seconds", 256, {{10, 1, 100}}, 10},
        {"nothing at all", 256, {{60, 0}}, 10},
        {"exactly the least", 256, {{0, 256}, {1, 256, 3600}}, 0},
        {"the same in single bytes", 1, {{0, 1}, {1, 1, 3600}}, 0},
        {"a byte a second less", 256, {{0, 255}, {1, 255, 3600}}, 10},
        {"slow for nine seconds, then enough", 256, {{9, 0}, {0, 2560}, {1, 256, 100}}, 0},
        {"a first half megabyte buys half a minute", 256, {{0, 500'000}, {3600, 0}}, 31},
        {"bursts that make up for pauses", 256, {{20, 5120}, {20, 5120}}, 10},
        {"the same when it begins with one", 256, {{0, 5120}, {20, 5120, 50}}, 0},
        {"0 asks for nothing", 0, {{3600, 0}}, 0},
        {"sibling: what is waited for in vain while nobody waits costs nothing", 256, {{0, 1, 1000}}, 0},
        {"sibling: a rate that is no whole number of bytes in a tick", 3, {{0, 3}, {1, 3, 3600}}, 0},
        {"sibling: more bytes than fit a product", 1 << 30, {{0, ~0ull}, {29, 0}}, 0},
    };
    for (auto const& c : cases) {
        CAPTURE(c.what);
        CHECK(too_slow_after(c.least, c.steps) == c.expected);
    }
}

TEST_CASE("pace: patience ends when it would be too slow")
{
    pace p{256};
    CHECK(p.patience() == pace::grace);
    p.waited(milliseconds{4000});
    CHECK(p.patience() == milliseconds{6000});
    p.moved(1'000'000);
    CHECK(p.patience() > milliseconds{29'000});
    CHECK(p.patience() <= pace::most_credit + milliseconds{1});
    auto const left = p.patience();
    p.waited(left);
    CHECK(p.too_slow());
    CHECK(p.patience() == milliseconds{0});
    p.forgive();
    CHECK_FALSE(p.too_slow());
    CHECK(p.patience() > std::chrono::hours{24});
    CHECK(pace{0}.patience() > std::chrono::hours{24});
}
