#include "gateway/limits/shared/node_count.hpp"

#include <algorithm>

// The time of a number runs from when the next one was heard, and not from when it was heard itself: while nobody is told
// anything, for a minute without Redis, nothing that is known gets any older.

namespace yett::limits {

void node_count::hear(unsigned count, steady_time now)
{
    if (!told_.empty() && !told_.back().until) told_.back().until = now + patience;
    std::erase_if(told_, [&](told const& each) { return each.count <= count || *each.until <= now; });
    told_.push_back({count, std::nullopt});
}

unsigned node_count::value() const noexcept
{
    return told_.empty() ? 1 : std::max(told_.front().count, 1u);
}

} // namespace yett::limits
