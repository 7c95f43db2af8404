#include "gateway/base/async/back_off.hpp"

#include <algorithm>

namespace yett {
inline namespace base {

milliseconds pause_after(unsigned failures, double chance) noexcept
{
    if (failures == 0) return milliseconds{0};
    auto const whole = std::min(50LL << std::min(failures - 1, 10U), 1000LL);
    return milliseconds{whole - static_cast<long long>(static_cast<double>(whole) * chance / 2)};
}

} // namespace base
} // namespace yett
