#include "gateway/transport/buffered_socket.hpp"

#include "gateway/transport/exhausting_buffer.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

// Ten thousand idle connections must not hold ten thousand buffers, so each direction has a buffer
// only while there is a byte in it or a read under way: `in_` from the read until the last byte was
// consumed, `out_` from the first gathered byte until the last was sent. A read that may take long
// gives its buffer back (`go_quiet`) and waits for readiness instead, which holds nothing.
//
// Asio cancels a socket, not a direction. Whoever wakes with operation_aborted therefore asks why: a
// reason in its own `…_stop_` ends the call with it; `quiet_` makes the wait a quiet one; and without
// either the cancellation was meant for the other direction, and the wait goes on. That is why a
// reason is set before `cancel()`, never after, and why it is the first one that counts.
//
// `broken_` means that nothing more can be sent, and never becomes false again. It says nothing of
// reading: what arrived before a reset is still there to be read.
//
// `watch` is for a connection that nobody reads from, because its request is being answered: the one
// wait for readiness that may be under way then. `fill` forgets it first; two waits of one kind would
// wake each other.

namespace yett::transport {

namespace asio = boost::asio;
using boost::system::error_code;

buffered_socket::buffered_socket(tcp_socket s, buffer_pool& small, buffer_pool& large)
    : socket_{std::move(s)},
      small_{small},
      large_{large}
{
}

void buffered_socket::consume(std::size_t bytes) noexcept
{
    in_begin_ += bytes;
    if (in_begin_ != in_end_) return;
    in_begin_ = in_end_ = 0;
    in_.reset();
}

task<result<void>> buffered_socket::fill()
{
    forget();
    filling_ = true;
    error_code ec = asio::error::operation_aborted;
    std::size_t bytes = 0;
    // A cancellation that nobody gave a reason for was meant for the other direction, or
    // makes the wait a quiet one.
    while (ec == asio::error::operation_aborted && read_stop_ == errc{}) {
        if (quiet_) {
            in_.reset();
            co_await socket_.async_wait(tcp_socket::wait_read, asio::redirect_error(use_task, ec));
            if (ec) continue;
            quiet_ = false;
        }
        // Requests are small; whoever fills a small buffer gets a large one next time.
        in_ = bulk_ ? large_.take() : small_.take();
        auto const room = exhausting_buffer{in_.data(), in_.size(), thorough_};
        bytes = co_await socket_.async_read_some(room, asio::redirect_error(use_task, ec));
    }
    filling_ = false;
    quiet_ = false;
    co_return took_in(ec, bytes);
}

result<void> buffered_socket::took_in(error_code ec, std::size_t bytes)
{
    if (!ec) {
        bulk_ = bytes == in_.size();
        in_begin_ = 0;
        in_end_ = bytes;
        return {};
    }
    in_.reset();
    if (read_stop_ != errc{}) return client_error(read_stop_);
    if (ec == asio::error::eof) return client_error(errc::peer_closed);
    broken_ = true;
    return error{errc::peer_broke_off, origin::client, {}, ec};
}

std::size_t buffered_socket::gather(char const* data, std::size_t bytes)
{
    if (!out_) out_ = large_.take();
    auto const fits = std::min(bytes, out_.size() - out_end_);
    std::memcpy(out_.data() + out_end_, data, fits);
    out_end_ += fits;
    return fits;
}

void buffered_socket::flush_now() noexcept
{
    if (flushing_ || broken_) return;
    while (has_output()) {
        auto const sent =
            ::send(socket_.native_handle(), out_.data() + out_begin_, out_end_ - out_begin_, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0) {
            if (errno == EINTR) continue;
            broken_ = errno != EAGAIN && errno != EWOULDBLOCK;
            return;
        }
        out_begin_ += static_cast<std::size_t>(sent);
        sent_ += static_cast<std::size_t>(sent);
    }
    out_begin_ = out_end_ = 0;
    out_.reset();
}

task<result<void>> buffered_socket::flush()
{
    flush_now();
    flushing_ = true;
    while (has_output() && !broken_ && write_stop_ == errc{}) {
        error_code ec;
        auto const rest = asio::buffer(out_.data() + out_begin_, out_end_ - out_begin_);
        auto const sent = co_await socket_.async_write_some(rest, asio::redirect_error(use_task, ec));
        out_begin_ += sent;
        sent_ += sent;
        if (ec && ec != asio::error::operation_aborted) broken_ = true;
    }
    flushing_ = false;
    if (write_stop_ != errc{}) co_return client_error(write_stop_);
    if (broken_) co_return client_error(errc::peer_broke_off);
    out_begin_ = out_end_ = 0;
    out_.reset();
    co_return result<void>{};
}

std::uint64_t buffered_socket::bytes_taken() noexcept
{
    int waiting = 0;
    if (::ioctl(socket_.native_handle(), SIOCOUTQ, &waiting) != 0) return sent_;
    return sent_ - std::min(sent_, static_cast<std::uint64_t>(waiting));
}

void buffered_socket::go_quiet() noexcept
{
    if (!filling_ || quiet_) return;
    quiet_ = true;
    cancel();
}

void buffered_socket::interrupt_reading(errc why) noexcept
{
    if (read_stop_ != errc{}) return;
    read_stop_ = why;
    if (filling_) cancel();
}

void buffered_socket::interrupt_writing(errc why) noexcept
{
    if (write_stop_ != errc{}) return;
    write_stop_ = why;
    if (flushing_) cancel();
}

void buffered_socket::cancel() noexcept
{
    error_code ignored;
    socket_.cancel(ignored);
}

void buffered_socket::finish_sending() noexcept
{
    error_code ignored;
    socket_.shutdown(tcp_socket::shutdown_send, ignored);
}

task<void> buffered_socket::discard()
{
    consume(in_end_ - in_begin_);
    thorough_ = true;
    for (;;) {
        auto const more = co_await fill();
        if (!more) co_return;
        consume(in_end_ - in_begin_);
    }
}

peer_says buffered_socket::fill_now()
{
    in_ = small_.take();
    auto const bytes = ::recv(socket_.native_handle(), in_.data(), in_.size(), MSG_DONTWAIT);
    if (bytes > 0) {
        in_end_ = static_cast<std::size_t>(bytes);
        return peer_says::more;
    }
    auto const why = errno;
    in_.reset();
    return without_bytes(bytes, why);
}

peer_says buffered_socket::look() noexcept
{
    char byte = 0;
    auto const bytes = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return bytes > 0 ? standing(peer_says::more) : without_bytes(bytes, errno);
}

peer_says buffered_socket::without_bytes(std::ptrdiff_t received, int why) noexcept
{
    if (received == 0) return standing(peer_says::finished);
    if (why == EAGAIN || why == EWOULDBLOCK || why == EINTR) return peer_says::nothing;
    broken_ = true;
    return peer_says::gone;
}

// The kernel knows of a FIN behind bytes that wait to be read, and of a reset behind a FIN.
peer_says buffered_socket::standing(peer_says otherwise) noexcept
{
    tcp_info info{};
    socklen_t size = sizeof info;
    auto const told = ::getsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_INFO, &info, &size) == 0;
    if (!told || info.tcpi_state == TCP_CLOSE) return peer_says::gone;
    return info.tcpi_state == TCP_CLOSE_WAIT ? peer_says::finished : otherwise;
}

void buffered_socket::forget() noexcept
{
    if (std::exchange(watched_, false)) cancel();
}

void buffered_socket::close() noexcept
{
    interrupt_reading(errc::stopping);
    interrupt_writing(errc::stopping);
    error_code ignored;
    socket_.close(ignored);
}

void buffered_socket::reset() noexcept
{
    error_code ignored;
    socket_.set_option(tcp_socket::linger{true, 0}, ignored);
    close();
}

} // namespace yett::transport
