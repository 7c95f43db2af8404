#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/detail/reactive_socket_recv_op.hpp>

#include <sys/socket.h>

namespace yett {
inline namespace base {

// A buffer for async_read_some that takes a short read for what it is: the socket is
// empty, and the next read has to wait for an event (epoll(7), "edge-triggered").
//
// Asio 1.26 draws that conclusion at the end of the stream alone and starts every other
// read with a recv that fails, which is one system call in three of a kept-alive request.
// The price: an end of the stream that arrives together with data is not seen by the next
// read. Whoever uses this looks again after a while, or asks for a thorough read.
class exhausting_buffer
{
public:
    using value_type = boost::asio::mutable_buffer;
    using const_iterator = value_type const*;

    exhausting_buffer(void* data, std::size_t size, bool thorough) noexcept : buffer_{data, size}, thorough_{thorough} {}
    const_iterator begin() const noexcept { return &buffer_; }
    const_iterator end() const noexcept { return &buffer_ + 1; }
    // Whether that many bytes leave nothing behind.
    bool is_exhausted_by(std::size_t bytes) const noexcept { return bytes == 0 || (!thorough_ && bytes < buffer_.size()); }

private:
    value_type buffer_;
    bool thorough_;
};

} // namespace base
} // namespace yett

// The one place that knows Asio's insides: how a read is tried, for this buffer only.
template<>
inline boost::asio::detail::reactor_op::status boost::asio::detail::reactive_socket_recv_op_base<
    yett::exhausting_buffer>::do_perform(reactor_op* base)
{
    auto& op = *static_cast<reactive_socket_recv_op_base*>(base);
    auto const& into = *op.buffers_.begin();
    if (!socket_ops::non_blocking_recv1(op.socket_, into.data(), into.size(), op.flags_, true, op.ec_, op.bytes_transferred_))
        return not_done;
    return op.buffers_.is_exhausted_by(op.bytes_transferred_) ? done_and_exhausted : done;
}
