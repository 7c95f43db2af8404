#include "gateway/pipeline/call/beat.hpp"

namespace yett::pipeline {

steady_time next_beat(steady_time began, steady_time now) noexcept
{
    auto const beats = std::chrono::ceil<milliseconds>(now - began) / beat;
    auto const latest = began + beats * beat;
    return latest < now ? latest + beat : latest;
}

} // namespace yett::pipeline
