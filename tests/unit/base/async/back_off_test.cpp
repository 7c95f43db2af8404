#include "gateway/base/async/back_off.hpp"

#include "tests/support/print.hpp"

#include <doctest/doctest.h>

using namespace yett;

TEST_CASE("back off: doubles up to a second, and chance takes away half at most")
{
    CHECK(pause_after(0, 0) == milliseconds{0});
    CHECK(pause_after(1, 0) == milliseconds{50});
    CHECK(pause_after(2, 0) == milliseconds{100});
    CHECK(pause_after(5, 0) == milliseconds{800});
    for (auto const failures : {6u, 11u, 64u, 4'000'000'000u}) CHECK(pause_after(failures, 0) == milliseconds{1000});
    CHECK(pause_after(1, 1) == milliseconds{25});
    CHECK(pause_after(64, 1) == milliseconds{500});
}
