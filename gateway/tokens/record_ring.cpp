#include "gateway/tokens/record_ring.hpp"

#include <algorithm>

namespace yett::tokens {

bool record_ring::fits(std::size_t bytes) const noexcept
{
    if (wrapped()) return tail_ - head_ >= bytes;
    return capacity_ - head_ >= bytes || tail_ >= bytes;
}

char* record_ring::push(std::size_t bytes) noexcept
{
    if (!fits(bytes)) return nullptr;
    if (!wrapped() && capacity_ - head_ < bytes) {
        end_ = head_;
        head_ = 0;
    }
    auto* const room = base_ + head_;
    head_ += bytes;
    touched_ = std::max(touched_, head_);
    ++records_;
    used_ += bytes;
    return room;
}

void record_ring::pop() noexcept
{
    used_ -= oldest().bytes;
    tail_ += oldest().bytes;
    --records_;
    if (records_ == 0) head_ = tail_ = end_ = 0;
    if (wrapped() && tail_ == end_) tail_ = end_ = 0;
}

} // namespace yett::tokens
