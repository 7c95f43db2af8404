#include "gateway/transport/pieces.hpp"

#include <algorithm>

namespace yett::transport {

void pieces::advance(std::size_t sent) noexcept
{
    for (auto& part : parts_) {
        auto const taken = std::min(sent, part.size());
        part.remove_prefix(taken);
        sent -= taken;
    }
}

} // namespace yett::transport
