#include "gateway/transport/buffer_pool.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace yett::transport {

namespace {

constexpr std::size_t page = 4096;

constexpr std::size_t whole_pages(std::size_t bytes)
{
    return (bytes + page - 1) / page * page;
}

} // namespace

buffer_pool::buffer_pool(std::size_t buffer_bytes) : buffer_bytes_{whole_pages(std::max(buffer_bytes, page))} {}

buffer_pool::~buffer_pool()
{
    for (auto* slab : slabs_) ::munmap(slab, std::max(slab_bytes, buffer_bytes_));
}

buffer_pool::buffer buffer_pool::take()
{
    if (warm_.empty()) {
        if (cold_.empty()) grow();
        warm_.push_back(cold_.back());
        cold_.pop_back();
    }
    auto* const data = warm_.back();
    warm_.pop_back();
    ++lent_;
    least_warm_ = std::min(least_warm_, warm_.size());
    return {*this, data};
}

void buffer_pool::give_back(char* data) noexcept
{
    --lent_;
    warm_.push_back(data);
}

// The lists are made as long as they can ever get, so that giving back cannot fail.
void buffer_pool::grow()
{
    auto const bytes = std::max(slab_bytes, buffer_bytes_);
    auto const count = bytes / buffer_bytes_;
    auto const all = slabs_.size() * count + count;
    slabs_.reserve(slabs_.size() + 1);
    warm_.reserve(all);
    cold_.reserve(all);
    auto* const slab = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (slab == MAP_FAILED) throw std::bad_alloc{};
    slabs_.push_back(slab);
    for (std::size_t i = count; i > 0; --i) cold_.push_back(static_cast<char*>(slab) + (i - 1) * buffer_bytes_);
}

// What was warm all the time since the last call is more than the load needs. The
// oldest, at the bottom of the stack, go first.
void buffer_pool::trim() noexcept
{
    auto const idle = std::min(least_warm_, warm_.size());
    least_warm_ = warm_.size();
    if (idle <= kept_warm) return;
    auto const surplus = static_cast<std::ptrdiff_t>(idle - kept_warm);
    for (auto* data : std::span{warm_.begin(), warm_.begin() + surplus}) {
        ::madvise(data, buffer_bytes_, MADV_DONTNEED);
        cold_.push_back(data);
    }
    warm_.erase(warm_.begin(), warm_.begin() + surplus);
    least_warm_ = warm_.size();
}

} // namespace yett::transport
