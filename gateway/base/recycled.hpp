#pragma once

#include <cstddef>
#include <new>
#include <utility>

namespace yett {
inline namespace base {

// For objects of which each request has one, `class exchange final : public recycled<exchange>`: the memory of one that ended
// is the next one's, without a word to the allocator. Up to `kept` blocks wait on each thread. An object may end on another
// thread than it began on; its memory stays there.
template<class T, std::size_t kept = 1024>
class recycled
{
public:
    static void* operator new(std::size_t bytes)
    {
        auto* const spare = bytes == sizeof(T) ? spares.take() : nullptr;
        return spare ? spare : ::operator new(bytes);
    }
    static void operator delete(void* block, std::size_t bytes) noexcept
    {
        if (bytes != sizeof(T) || !spares.keep(block)) ::operator delete(block);
    }

private:
    struct block
    {
        block* next;
    };
    class spare_blocks
    {
    public:
        ~spare_blocks()
        {
            while (auto* const one = take()) ::operator delete(one);
            are_gone = true;
        }
        void* take() noexcept
        {
            if (!first_) return nullptr;
            --count_;
            return std::exchange(first_, first_->next);
        }
        bool keep(void* freed) noexcept
        {
            if (are_gone || count_ == most) return false;
            ++count_;
            first_ = new (freed) block{first_};
            return true;
        }

    private:
        block* first_ = nullptr;
        std::size_t count_ = 0;
    };

    // A sanitizer wants to see what is used after its end.
#ifdef __SANITIZE_ADDRESS__
    static constexpr std::size_t most = 0;
#else
    static constexpr std::size_t most = kept;
#endif
    // What ends later than everything of its thread goes its usual way; asked when `spares` has gone, so
    // it is no member of it.
    static inline thread_local bool are_gone = false;
    static inline thread_local spare_blocks spares;
};

} // namespace base
} // namespace yett
