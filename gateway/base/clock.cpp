#include "gateway/base/clock.hpp"

namespace yett {
inline namespace base {

wall_time wall_now() noexcept
{
    return std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
}

steady_time steady_now() noexcept
{
    return std::chrono::steady_clock::now();
}

} // namespace base
} // namespace yett
