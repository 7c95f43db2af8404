#include "gateway/limits/share.hpp"

#include <algorithm>

namespace yett::limits {

limit_spec share_of(limit_spec whole, unsigned nodes)
{
    auto const part = [nodes](std::uint32_t of) { return std::max(of / std::max(nodes, 1u), 1u); };
    whole.amount = part(whole.amount);
    if (whole.burst != 0) whole.burst = part(whole.burst); // 0 goes on to mean the amount
    return whole;
}

} // namespace yett::limits
