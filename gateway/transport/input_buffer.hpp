#pragma once

#include "gateway/transport/buffer_pool.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace yett::transport {

// What a socket received and nobody consumed yet, with the memory it lies in.
//
// Lent memory suits crowds that are silent most of the time: it is taken from a worker's pools
// for each read and given back with the last byte that is consumed. Kept memory suits the few
// connections to a server: it stays, holds what came while earlier bytes were still unread, and
// grows for a head that does not fit.
class input_buffer
{
public:
    // Lent: small buffers as a rule, a large one for the read after one that would fill a small one.
    input_buffer(buffer_pool& small, buffer_pool& large) noexcept : small_{&small}, large_{&large} {}
    // Kept: that many bytes, at most 4 GiB.
    explicit input_buffer(std::size_t bytes) { resize(bytes); }

    std::span<char> unread() const noexcept { return {memory() + begin_, end_ - begin_}; }
    bool empty() const noexcept { return begin_ == end_; }
    bool full() const noexcept { return end_ - begin_ == capacity_; }
    std::size_t capacity() const noexcept { return capacity_; }
    void consume(std::size_t bytes) noexcept;

    // Where the next read goes. Of lent memory nothing may be unread; what is unread of kept
    // memory moves to its beginning. Until `add` the memory belongs to the read.
    std::span<char> room();
    // The read ended with so many bytes; none gives lent memory back. True when they filled the room.
    bool add(std::size_t bytes) noexcept;

    // Of kept memory, while no read has it: another size for an empty buffer, and twice the
    // room, up to `most`, for a full one.
    void resize(std::size_t bytes);
    void grow(std::size_t most);

private:
    char* memory() const noexcept { return small_ ? lent_.data() : kept_.get(); }
    void give_back() noexcept;
    void make_room() noexcept;

    buffer_pool* small_ = nullptr; // null: the memory is kept
    buffer_pool* large_ = nullptr;
    buffer_pool::buffer lent_;
    std::unique_ptr<char[]> kept_;
    std::uint32_t capacity_ = 0;
    std::uint32_t begin_ = 0;
    std::uint32_t end_ = 0;
    bool reading_ = false; // the kernel may write behind `end_`
    bool bulk_ = false;    // the last read was too much for a small buffer, or filled it
};

} // namespace yett::transport
