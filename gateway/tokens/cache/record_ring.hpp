#pragma once

#include "gateway/tokens/cache/token_record.hpp"

#include <cstddef>
#include <span>

namespace yett::tokens {

// A queue of records of any size in one run of memory: what leaves first makes room for
// what comes last. Nothing is allocated, nothing fragments, and the bound is the memory.
class record_ring
{
public:
    static constexpr std::size_t alignment = 16;

    // The memory is aligned and outlives the ring.
    explicit record_ring(std::span<char> memory) noexcept : base_{memory.data()}, capacity_{memory.size()} {}

    // Room for a record of so many bytes behind the others, not yet written; null when there
    // is none. After a pop() a record of the same size always fits.
    char* push(std::size_t bytes) noexcept;
    bool fits(std::size_t bytes) const noexcept;

    bool empty() const noexcept { return records_ == 0; }
    token_record& oldest() const noexcept { return *reinterpret_cast<token_record*>(base_ + tail_); }
    void pop() noexcept;

    std::size_t bytes() const noexcept { return used_; }
    // How far its memory was ever written.
    std::size_t touched() const noexcept { return touched_; }

private:
    bool wrapped() const noexcept { return end_ != 0; }

    char* base_;
    std::size_t capacity_;
    std::size_t head_ = 0;
    std::size_t tail_ = 0;
    std::size_t end_ = 0; // where the older part ends once the younger began anew at 0
    std::size_t records_ = 0;
    std::size_t used_ = 0;
    std::size_t touched_ = 0;
};

} // namespace yett::tokens
