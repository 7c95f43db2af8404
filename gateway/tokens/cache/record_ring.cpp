#include "gateway/tokens/cache/record_ring.hpp"

#include <algorithm>

// Records lie one behind the other, and a record never crosses the end of the memory: it is read in
// place, as a struct. So the ring is in one of two states:
//
//     whole      |      tail████████head          |    end_ == 0
//     wrapped    |████head        tail████████end_|    the bytes behind end_ are wasted until tail passes
//
// A push that does not fit behind `head` begins anew at 0, if the record fits before `tail`; that is
// the only way from whole to wrapped, and the way back is the pop of the last record before `end_`.
// Wrapped is told by `end_` alone, for `head == tail` can be both: full when wrapped, empty when whole.
//
// After a pop() a record of the same size fits, which the loops that make room rely on to end. Whole:
// what was popped lies before `tail`, where a push may begin anew. Wrapped: it lies between `head` and
// `tail`, where the push goes; and when it was the last before `end_`, it lies behind `head` still.

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
