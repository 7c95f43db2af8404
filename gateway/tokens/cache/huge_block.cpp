#include "gateway/tokens/cache/huge_block.hpp"

#include <sys/mman.h>

#include <memory>
#include <new>

namespace yett::tokens {
namespace {

constexpr std::size_t huge_page = 2 << 20;

} // namespace

// What is smaller than a huge page gets none: the page would be more than was asked for.
huge_block::huge_block(std::size_t bytes) : bytes_{bytes}, mapped_bytes_{bytes < huge_page ? bytes : bytes + huge_page}
{
    mapped_ = ::mmap(nullptr, mapped_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped_ == MAP_FAILED) throw std::bad_alloc{};
    data_ = static_cast<char*>(mapped_);
    if (bytes < huge_page) return;
    auto room = mapped_bytes_;
    auto* at = mapped_;
    data_ = static_cast<char*>(std::align(huge_page, bytes, at, room));
    // Advice: without huge pages everything works, only slower.
    (void)::madvise(data_, bytes / huge_page * huge_page, MADV_HUGEPAGE);
}

huge_block::~huge_block()
{
    ::munmap(mapped_, mapped_bytes_);
}

} // namespace yett::tokens
