#pragma once

#include "gateway/transport/buffer_pool.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace yett::transport {

// What waits to be sent, in a buffer that is lent from the first byte to the last.
class output_buffer
{
public:
    explicit output_buffer(buffer_pool* from) noexcept : from_{from} {}

    // Copies what finds room and returns how much that was.
    std::size_t enqueue(std::string_view bytes);
    std::string_view waiting() const noexcept { return {lent_.data() + begin_, end_ - begin_}; }
    bool empty() const noexcept { return begin_ == end_; }
    // So much of what waited has left; the buffer goes back with the last byte.
    void sent(std::size_t bytes) noexcept;

private:
    buffer_pool* from_; // null where everything is sent from where it lies
    buffer_pool::buffer lent_;
    std::uint32_t begin_ = 0;
    std::uint32_t end_ = 0;
};

} // namespace yett::transport
