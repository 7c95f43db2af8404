#include "gateway/upstream/cancel_handle.hpp"

#include "gateway/upstream/forwarding.hpp"

namespace yett::upstream {

bool cancel_handle::end(errc why) noexcept
{
    return running_ && running_->end(why);
}

} // namespace yett::upstream
