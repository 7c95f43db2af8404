#include "gateway/pipeline/call/response_quantum.hpp"

namespace yett::pipeline {

steady_time pad_to_quantum(steady_time began, steady_time now) noexcept
{
    auto const beats = std::chrono::ceil<milliseconds>(now - began) / response_quantum;
    auto const latest = began + beats * response_quantum;
    return latest < now ? latest + response_quantum : latest;
}

} // namespace yett::pipeline
