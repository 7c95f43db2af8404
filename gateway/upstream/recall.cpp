#include "gateway/upstream/recall.hpp"

#include "gateway/upstream/forwarding.hpp"

namespace yett::upstream {

bool recall::end(errc why) noexcept
{
    return running_ && running_->end(why);
}

} // namespace yett::upstream
