#pragma once

#include <array>
#include <cstddef>
#include <memory>

namespace yett::upstream {

// Room for the one asynchronous operation that is nearly always pending on its owner, so
// that it needs no allocation.
//
// One operation at a time fits; whoever comes second, or is larger, gets memory as usual. So its
// size is a matter of speed and never of correctness. Not thread-safe, and must not move or go
// while the operation is pending.
class operation_memory
{
public:
    operation_memory() = default;
    operation_memory(operation_memory const&) = delete;
    operation_memory& operator=(operation_memory const&) = delete;

    // Null when the room is taken or too small.
    void* take(std::size_t bytes) noexcept
    {
        if (taken_ || bytes > room_.size()) return nullptr;
        taken_ = true;
        return room_.data();
    }
    // False for memory that is not from here.
    bool give_back(void* p) noexcept
    {
        if (p != room_.data()) return false;
        taken_ = false;
        return true;
    }

private:
    alignas(std::max_align_t) std::array<std::byte, 384> room_;
    bool taken_ = false;
};

// The allocator that hands it out, for a handler's `get_allocator`.
template<class T>
class operation_allocator
{
public:
    using value_type = T;

    explicit operation_allocator(operation_memory& home) noexcept : home_{&home} {}
    template<class U>
    operation_allocator(operation_allocator<U> const& other) noexcept : home_{other.home_}
    {
    }

    // From the room if it is free, else from the heap.
    T* allocate(std::size_t n)
    {
        auto* const p = home_->take(n * sizeof(T));
        return p ? static_cast<T*>(p) : std::allocator<T>{}.allocate(n);
    }
    void deallocate(T* p, std::size_t n) noexcept
    {
        if (!home_->give_back(p)) std::allocator<T>{}.deallocate(p, n);
    }
    friend bool operator==(operation_allocator const&, operation_allocator const&) = default;

private:
    template<class U>
    friend class operation_allocator;

    operation_memory* home_;
};

} // namespace yett::upstream
