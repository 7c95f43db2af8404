#include "gateway/transport/tls_memory.hpp"

#include <malloc.h>
#include <openssl/crypto.h>

#include <array>
#include <cstdlib>
#include <utility>

namespace yett::transport {

namespace {

// Which blocks are kept, by the sizes that are asked for. All of a kind are of its largest size.
struct kind
{
    std::size_t smallest;
    std::size_t largest;
    std::size_t rounding; // the allocator rounds up by less than this; it tells how large a block is

    bool asked(std::size_t bytes) const noexcept { return bytes >= smallest && bytes <= largest; }
    bool is(std::size_t usable) const noexcept { return usable >= largest && usable < largest + rounding; }
};
// A record of either direction with what surrounds it (16.2 to 16.4 KiB in OpenSSL 3.0), and what OpenSSL notes while it writes the
// lengths inside of one: four times in each request.
constexpr kind record{16 * 1024, 17 * 1024, 64};
constexpr kind note{33, 40, 8};

// What is taken and freed after that, by OpenSSL itself at the end of a thread or of the program, goes
// its usual way. Trivial, because it is asked when every object of the thread has gone; and no member
// of one, because compilers drop what a destructor writes into its own object.
thread_local bool spares_are_gone = false;

// Blocks of one kind that nobody uses. A handful serves thousands of connections, because a whole record leaves its buffer before the
// next is read.
template<kind of>
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

thread_local spare_blocks<record> records;
thread_local spare_blocks<note> notes;

template<kind of>
void* take(spare_blocks<of>& spares)
{
    auto* const spare = spares.take();
    return spare != nullptr ? spare : std::malloc(of.largest);
}

void* allocate(std::size_t bytes, char const*, int)
{
    if (spares_are_gone) return std::malloc(bytes);
    if (note.asked(bytes)) return take(notes);
    return record.asked(bytes) ? take(records) : std::malloc(bytes);
}

void* resize(void* block, std::size_t bytes, char const*, int)
{
    return std::realloc(block, bytes);
}

bool keep(void* block)
{
    auto const bytes = ::malloc_usable_size(block);
    return note.is(bytes) ? notes.keep(block) : record.is(bytes) && records.keep(block);
}

void release(void* block, char const*, int)
{
    if (spares_are_gone || !keep(block)) std::free(block);
}

} // namespace

bool keep_tls_buffers()
{
    return CRYPTO_set_mem_functions(allocate, resize, release) == 1;
}

} // namespace yett::transport
