#include "gateway/pipeline/unlisted_proxy.hpp"

#include <fmt/format.h>

namespace yett::pipeline {

bool unlisted_proxy::note(std::string_view address)
{
    if (seen_.load(std::memory_order_relaxed)) return false;
    std::lock_guard const alone{mutex_};
    if (seen_.exchange(true, std::memory_order_relaxed)) return false;
    address_ = address;
    return true;
}

std::string unlisted_proxy::advice() const
{
    std::lock_guard const alone{mutex_};
    if (address_.empty()) return {};
    return fmt::format("{0} says whom it forwards for and is not believed; if it is a proxy of yours, write "
                       "trusted_proxies: [\"{0}\"]",
                       address_);
}

} // namespace yett::pipeline
