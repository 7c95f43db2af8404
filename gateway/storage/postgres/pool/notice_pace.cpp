#include "gateway/storage/postgres/pool/notice_pace.hpp"

namespace yett::storage::postgres {

std::optional<steady_time> notice_pace::due() const noexcept
{
    if (!wanted_) return std::nullopt;
    return not_before_;
}

bool notice_pace::is_due(steady_time now) const noexcept
{
    return wanted_ && now >= not_before_;
}

void notice_pace::begin(steady_time now) noexcept
{
    wanted_ = false;
    not_before_ = now + least;
}

} // namespace yett::storage::postgres
