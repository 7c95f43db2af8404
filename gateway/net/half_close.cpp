#include "gateway/net/half_close.hpp"

namespace yett::net {

half_close::verdict half_close::judge(progress const& seen) noexcept
{
    if (patience_.count() == 0) return {left};
    if (seen.sent != last_.sent) return {listens};
    if (seen.received != last_.received || seen.unsent) last_ = seen;
    auto const passed = std::chrono::floor<milliseconds>(seen.now - last_.now);
    if (passed >= patience_) return {left};
    return {silent, patience_ - passed};
}

} // namespace yett::net
