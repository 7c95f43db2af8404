#include "gateway/net/bodies/gathered_body.hpp"

#include <algorithm>
#include <cstring>

namespace yett::net {

namespace {

constexpr std::size_t first_capacity = 4096;

} // namespace

std::size_t gathered_body::room(std::size_t wanted)
{
    auto const needed = size_ + wanted;
    if (needed <= capacity_ || needed > most_) return capacity_ - size_;
    auto const next = std::min(most_, std::max({first_capacity, 2 * capacity_, needed}));
    if (!loan_.grow(next - capacity_)) return capacity_ - size_;
    auto larger = std::make_unique_for_overwrite<char[]>(next);
    if (size_ != 0) std::memcpy(larger.get(), bytes_.get(), size_);
    bytes_ = std::move(larger);
    capacity_ = next;
    return capacity_ - size_;
}

void gathered_body::add(std::string_view part) noexcept
{
    if (!part.empty()) std::memcpy(bytes_.get() + size_, part.data(), part.size());
    size_ += part.size();
}

} // namespace yett::net
