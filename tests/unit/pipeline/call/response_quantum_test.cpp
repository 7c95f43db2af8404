#include "gateway/pipeline/call/response_quantum.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::pipeline;
using std::chrono::microseconds;

TEST_CASE("beat: an answer leaves at the first beat after it was made, never before")
{
    struct row
    {
        microseconds took;
        milliseconds leaves;
    };
    constexpr row table[] = {
        {microseconds{0}, milliseconds{0}},        {microseconds{1}, milliseconds{50}},
        {microseconds{538}, milliseconds{50}},     {microseconds{550}, milliseconds{50}},
        {microseconds{49'999}, milliseconds{50}},  {microseconds{50'000}, milliseconds{50}},
        {microseconds{50'001}, milliseconds{100}}, {microseconds{1'234'567}, milliseconds{1'250}},
    };
    steady_time const began{std::chrono::hours{5}};
    for (auto const& [took, leaves] : table) CHECK(pad_to_quantum(began, began + took) == began + leaves);
}
