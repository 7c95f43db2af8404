#include "gateway/transport/input_buffer.hpp"

#include <algorithm>
#include <cstring>

// `[begin_, end_)` is what was received and not consumed. While `reading_` is true the kernel may
// write behind `end_`, so memory is neither moved, exchanged nor given back; what would do that
// does nothing until `add`.

namespace yett::transport {

void input_buffer::consume(std::size_t bytes) noexcept
{
    begin_ += static_cast<std::uint32_t>(bytes);
    if (begin_ != end_ || reading_) return;
    begin_ = end_ = 0;
    give_back();
}

std::span<char> input_buffer::room()
{
    if (small_) {
        // Requests are small; whoever fills a small buffer gets a large one next time, and as long as a small one would be full.
        lent_ = bulk_ ? large_->take() : small_->take();
        capacity_ = static_cast<std::uint32_t>(lent_.size());
        begin_ = end_ = 0;
    }
    make_room();
    reading_ = true;
    return {memory() + end_, capacity_ - end_};
}

bool input_buffer::add(std::size_t bytes) noexcept
{
    reading_ = false;
    end_ += static_cast<std::uint32_t>(bytes);
    auto const filled = end_ == capacity_;
    if (small_ && bytes != 0) bulk_ = bytes >= small_->buffer_bytes();
    if (empty()) give_back();
    return filled;
}

void input_buffer::give_back() noexcept
{
    if (!small_) return;
    lent_.reset();
    capacity_ = 0;
}

void input_buffer::make_room() noexcept
{
    if (begin_ == 0) return;
    std::memmove(memory(), memory() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
}

void input_buffer::resize(std::size_t bytes)
{
    if (reading_ || !empty() || capacity_ == bytes) return;
    kept_ = std::make_unique_for_overwrite<char[]>(bytes);
    capacity_ = static_cast<std::uint32_t>(bytes);
    begin_ = end_ = 0;
}

void input_buffer::grow(std::size_t most)
{
    if (reading_ || capacity_ >= most) return;
    make_room();
    auto const bytes = std::min<std::size_t>(2 * std::size_t{capacity_}, most);
    auto larger = std::make_unique_for_overwrite<char[]>(bytes);
    std::memcpy(larger.get(), kept_.get(), end_);
    kept_ = std::move(larger);
    capacity_ = static_cast<std::uint32_t>(bytes);
}

} // namespace yett::transport
