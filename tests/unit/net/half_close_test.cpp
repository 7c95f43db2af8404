#include "gateway/net/half_close.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::net;

namespace {

constexpr steady_time fin{std::chrono::hours{1}};

half_close::progress after(int ms, std::uint64_t sent = 100, std::uint64_t received = 7, bool unsent = false)
{
    return {fin + milliseconds{ms}, sent, received, unsent};
}

} // namespace

TEST_CASE("half_close: what follows a FIN tells who has left")
{
    struct
    {
        char const* what;
        int patience;
        half_close::progress seen;
        half_close::state expected;
        int look_again;
    } const cases[] = {
        {"just seen", 5000, after(0), half_close::silent, 5000},
        {"not yet", 5000, after(4999), half_close::silent, 1},
        {"nothing was sent in time", 5000, after(5000), half_close::left, 0},
        {"later than that", 5000, after(60'000), half_close::left, 0},
        {"the reply began", 5000, after(1, 101), half_close::listens, 0},
        {"it began in the last moment", 5000, after(5000, 101), half_close::listens, 0},
        {"patience 0, at once", 0, after(0), half_close::left, 0},
        {"patience 0, whatever was sent", 0, after(0, 200), half_close::left, 0},
        {"sibling: the body is still being taken in", 5000, after(5000, 100, 8), half_close::silent, 5000},
        {"sibling: it has not taken what was sent before", 5000, after(5000, 100, 7, true), half_close::silent, 5000},
    };
    for (auto const& c : cases) {
        CAPTURE(c.what);
        half_close one{milliseconds{c.patience}, after(0)};
        auto const verdict = one.judge(c.seen);
        CHECK(verdict.client == c.expected);
        CHECK(verdict.look_again == milliseconds{c.look_again});
    }
}

TEST_CASE("half_close: who listens once listens on, and who stalls is counted anew")
{
    half_close streaming{milliseconds{5000}, after(0)};
    CHECK(streaming.judge(after(10, 150)).client == half_close::listens);
    CHECK(streaming.judge(after(90'000, 150)).client == half_close::listens);

    half_close uploading{milliseconds{5000}, after(0)};
    CHECK(uploading.judge(after(4000, 100, 50)).client == half_close::silent);
    CHECK(uploading.judge(after(8999, 100, 50)).client == half_close::silent);
    CHECK(uploading.judge(after(9000, 100, 50)).client == half_close::left);
}
