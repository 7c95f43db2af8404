#include "gateway/transport/output_buffer.hpp"

#include <algorithm>
#include <cstring>

namespace yett::transport {

std::size_t output_buffer::enqueue(std::string_view bytes)
{
    if (!lent_) lent_ = from_->take();
    auto const fits = std::min(bytes.size(), lent_.size() - end_);
    std::memcpy(lent_.data() + end_, bytes.data(), fits);
    end_ += static_cast<std::uint32_t>(fits);
    return fits;
}

void output_buffer::sent(std::size_t bytes) noexcept
{
    begin_ += static_cast<std::uint32_t>(bytes);
    if (!empty()) return;
    begin_ = end_ = 0;
    lent_.reset();
}

} // namespace yett::transport
