#include "gateway/base/boot_time.hpp"

#include <ctime>

namespace yett {
inline namespace base {

boot_time boot_now() noexcept
{
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return boot_time{milliseconds{std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000}};
}

} // namespace base
} // namespace yett
