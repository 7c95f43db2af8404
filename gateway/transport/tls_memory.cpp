#include "gateway/transport/tls_memory.hpp"

#include <malloc.h>
#include <openssl/crypto.h>

#include <array>
#include <cstdlib>
#include <utility>

namespace yett::transport {

namespace {

// A record of either direction with what surrounds it (16.2 to 16.4 KiB in OpenSSL 3.0).
constexpr std::size_t smallest = 16 * 1024;
constexpr std::size_t largest = 17 * 1024;

// The allocator rounds up by less than this; it tells how large a block is.
constexpr std::size_t rounding = 64;

// What is taken and freed after that, by OpenSSL itself at the end of a thread or of the program, goes
// its usual way. Trivial, because it is asked when every object of the thread has gone; and no member
// of one, because compilers drop what a destructor writes into its own object.
thread_local bool spares_are_gone = false;

// Blocks of exactly `largest` bytes that nobody uses. A handful serves thousands of
// connections, because a whole record leaves its buffer before the next is read.
class spare_blocks
{
public:
    ~spare_blocks()
    {
        while (void* block = take()) std::free(block);
        spares_are_gone = true;
    }
    void* take() noexcept { return count_ == 0 ? nullptr : std::exchange(blocks_[--count_], nullptr); }
    bool keep(void* block) noexcept
    {
        if (count_ == blocks_.size()) return false;
        blocks_[count_++] = block;
        return true;
    }

private:
    std::array<void*, 8> blocks_{};
    std::size_t count_ = 0;
};

thread_local spare_blocks spares;

void* allocate(std::size_t bytes, char const*, int)
{
    if (bytes < smallest || bytes > largest || spares_are_gone) return std::malloc(bytes);
    auto* const spare = spares.take();
    return spare != nullptr ? spare : std::malloc(largest);
}

void* resize(void* block, std::size_t bytes, char const*, int)
{
    return std::realloc(block, bytes);
}

void release(void* block, char const*, int)
{
    auto const bytes = ::malloc_usable_size(block);
    auto const fits = bytes >= largest && bytes < largest + rounding;
    if (fits && !spares_are_gone && spares.keep(block)) return;
    std::free(block);
}

} // namespace

bool keep_tls_buffers()
{
    return CRYPTO_set_mem_functions(allocate, resize, release) == 1;
}

} // namespace yett::transport
