#include "gateway/net/bodies/pace.hpp"

#include <algorithm>

namespace yett::net {

void pace::moved(std::uint64_t bytes) noexcept
{
    auto const more = static_cast<std::int64_t>(std::min<std::uint64_t>(bytes, 1ull << 50)) * 1000;
    credit_ = std::min(least_ * most_credit.count(), credit_ + more);
}

void pace::waited(milliseconds time) noexcept
{
    waited_ = std::min(grace, waited_ + time);
    credit_ -= least_ * time.count();
}

bool pace::too_slow() const noexcept
{
    return least_ != 0 && waited_ >= grace && credit_ < 0;
}

milliseconds pace::patience() const noexcept
{
    if (least_ == 0) return milliseconds::max();
    if (too_slow()) return milliseconds{0};
    auto const paid = std::max(credit_, std::int64_t{0}) / least_ + 1;
    return std::max(grace - waited_, milliseconds{paid});
}

} // namespace yett::net
