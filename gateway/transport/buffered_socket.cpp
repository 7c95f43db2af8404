#include "gateway/transport/buffered_socket.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

// Ten thousand idle connections must not hold ten thousand buffers, so each direction of a client
// has a buffer only while there is a byte in it or a read under way. A read that may take long gives
// its buffer back (`go_quiet`) and waits for readiness instead, which holds nothing. A connection to
// a server keeps its memory: it is one of few, and the read that stays pending on it while it is idle
// is the reply's read when a request follows, which spares two system calls a request.
//
// Asio cancels a socket, not a direction. Whoever wakes with operation_aborted therefore asks why: a
// reason in `read_.end` or `write_.stop` ends the call with it; `quiet` makes the wait a quiet one; and
// without either the cancellation was meant for the other direction, and the wait goes on. That is why
// a reason is set before `cancel()`, never after, and why it is the first one that counts.
//
// `broken` means that nothing more can be sent, and never becomes false again. It says nothing of
// reading: what arrived before a reset is still there to be read. Nor does the end of what is received
// say anything of sending: who has closed one half may listen on the other.
//
// A parked socket is one that nobody reads from, because its request is being answered or none is
// expected: the one wait for readiness that may be under way then. The next read ends it first; two
// waits of one kind would wake each other.

namespace yett::transport {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

std::array<asio::const_buffer, 3> buffers_of(pieces const& p) noexcept
{
    auto const& parts = p.parts();
    return {asio::buffer(parts[0]), asio::buffer(parts[1]), asio::buffer(parts[2])};
}

iovec as_iovec(std::string_view text) noexcept
{
    return {const_cast<char*>(text.data()), text.size()};
}

// One call for what is one text, and for up to three that are not.
ssize_t send_without_waiting(int descriptor, pieces const& p) noexcept
{
    constexpr int how = MSG_NOSIGNAL | MSG_DONTWAIT;
    auto const& parts = p.parts();
    if (parts[1].empty() && parts[2].empty()) return ::send(descriptor, parts[0].data(), parts[0].size(), how);
    std::array<iovec, 3> texts{as_iovec(parts[0]), as_iovec(parts[1]), as_iovec(parts[2])};
    msghdr message{};
    message.msg_iov = texts.data();
    message.msg_iovlen = texts.size();
    return ::sendmsg(descriptor, &message, how);
}

bool would_wait(int why) noexcept
{
    return why == EAGAIN || why == EWOULDBLOCK;
}

} // namespace

buffered_socket::buffered_socket(stream_socket s, origin peer, buffer_pool& small, buffer_pool& large)
    : socket_{std::move(s)},
      input_{small, large},
      output_{&large},
      read_{peer}
{
}

buffered_socket::buffered_socket(stream_socket s, origin peer, std::size_t kept_bytes, buffer_pool* gathers)
    : socket_{std::move(s)},
      input_{kept_bytes},
      output_{gathers},
      read_{peer}
{
}

// --- what comes in -----------------------------------------------------------------

exhausting_buffer buffered_socket::room_to_read()
{
    auto const room = input_.room();
    return {room.data(), room.size(), read_.thorough};
}

task<result<void>> buffered_socket::fill()
{
    unpark();
    read_.under_way = true;
    read_.let_go = false;
    error_code ec = asio::error::operation_aborted;
    std::size_t bytes = 0;
    // A cancellation that nobody gave a reason for was meant for the other direction, or
    // makes the wait a quiet one.
    while (ec == asio::error::operation_aborted && read_.end == errc{} && !read_.let_go) {
        if (read_.quiet) {
            input_.add(0);
            co_await socket_.async_wait(stream_socket::wait_read, asio::redirect_error(use_task, ec));
            if (ec) continue;
            read_.quiet = false;
        }
        auto const room = room_to_read();
        bytes = co_await socket_.async_read_some(room, asio::redirect_error(use_task, ec));
    }
    read_ended(ec, bytes);
    co_return outcome();
}

void buffered_socket::read_ended(error_code ec, std::size_t bytes) noexcept
{
    if (ec == asio::error::operation_aborted && read_.let_go) ec = {};
    read_.under_way = read_.quiet = read_.let_go = false;
    read_.was_short = !input_.add(bytes);
    if (ec) note_end(ec == asio::error::eof ? errc::peer_closed : errc::peer_broke_off, ec.value());
}

void buffered_socket::note_end(errc why, int cause) noexcept
{
    if (read_.end != errc{}) return;
    read_.end = why;
    read_.cause = cause;
    if (why == errc::peer_broke_off) write_.broken = true;
}

result<void> buffered_socket::outcome() const
{
    if (!input_.empty() || read_.end == errc{}) return {};
    if (read_.end != errc::peer_broke_off) return error{read_.end, peer()};
    return error{errc::peer_broke_off, peer(), {}, error_code{read_.cause, boost::system::system_category()}};
}

peer_says buffered_socket::fill_now()
{
    auto const room = input_.room();
    auto const bytes = ::recv(socket_.native_handle(), room.data(), room.size(), MSG_DONTWAIT);
    auto const why = errno;
    read_.was_short = !input_.add(bytes > 0 ? static_cast<std::size_t>(bytes) : 0);
    if (bytes > 0) return peer_says::more;
    if (bytes == 0) note_end(errc::peer_closed, 0);
    else if (!would_wait(why) && why != EINTR) note_end(errc::peer_broke_off, why);
    return without_bytes(bytes, why);
}

bool buffered_socket::fill_again()
{
    if (!std::exchange(read_.was_short, false) || read_.under_way) return false;
    auto const found = fill_now();
    if (found == peer_says::nothing) read_.was_short = false;
    return found != peer_says::nothing;
}

void buffered_socket::go_quiet() noexcept
{
    if (!read_.under_way || read_.quiet) return;
    read_.quiet = true;
    cancel();
}

void buffered_socket::stop_waiting() noexcept
{
    if (!read_.under_way) return;
    read_.let_go = true;
    cancel();
}

void buffered_socket::interrupt_reading(errc why) noexcept
{
    if (read_.end != errc{}) return;
    read_.end = why;
    if (read_.under_way) cancel();
}

void buffered_socket::resume_reading() noexcept
{
    if (read_.end != errc::peer_closed && read_.end != errc::peer_broke_off) read_.end = errc{};
}

task<void> buffered_socket::discard()
{
    consume(input().size());
    read_.thorough = true;
    for (;;) {
        auto const more = co_await fill();
        if (!more) co_return;
        consume(input().size());
    }
}

// --- a peer that nobody reads from ---------------------------------------------------

void buffered_socket::unpark() noexcept
{
    if (std::exchange(read_.parked, false)) cancel();
}

peer_says buffered_socket::peek() noexcept
{
    char byte = 0;
    auto const bytes = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return bytes > 0 ? standing(peer_says::more) : without_bytes(bytes, errno);
}

peer_says buffered_socket::without_bytes(std::ptrdiff_t received, int why) noexcept
{
    if (received == 0) return standing(peer_says::finished);
    if (would_wait(why) || why == EINTR) return peer_says::nothing;
    write_.broken = true;
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

// --- what goes out -----------------------------------------------------------------

void buffered_socket::flush_now() noexcept
{
    if (write_.under_way) return;
    pieces rest{output_.waiting()};
    auto const before = rest.size();
    write_now(rest);
    output_.sent(before - rest.size());
}

task<result<void>> buffered_socket::flush()
{
    flush_now();
    while (has_output() && !broken() && write_.stop == errc{}) co_await flush_some();
    if (write_.stop != errc{}) co_return error{write_.stop, peer()};
    if (broken()) co_return error{errc::peer_broke_off, peer()};
    co_return result<void>{};
}

task<std::error_code> buffered_socket::flush_some()
{
    pieces rest{output_.waiting()};
    auto const before = rest.size();
    auto const ec = co_await write_some(rest);
    output_.sent(before - rest.size());
    co_return ec;
}

std::error_code buffered_socket::write_now(pieces& p) noexcept
{
    if (broken()) return std::make_error_code(std::errc::broken_pipe);
    while (!p.empty()) {
        auto const sent = send_without_waiting(socket_.native_handle(), p);
        auto const why = errno;
        if (sent >= 0) note_sent(p, static_cast<std::size_t>(sent));
        else if (would_wait(why)) return {};
        else if (why != EINTR) {
            break_off();
            return {why, std::system_category()};
        }
    }
    return {};
}

task<std::error_code> buffered_socket::write_some(pieces& p)
{
    error_code ec;
    write_.under_way = true;
    auto const buffers = buffers_of(p);
    auto const sent = co_await socket_.async_write_some(buffers, asio::redirect_error(use_task, ec));
    write_.under_way = false;
    note_sent(p, sent);
    if (ec && ec != asio::error::operation_aborted) break_off();
    co_return ec;
}

void buffered_socket::note_sent(pieces& of, std::size_t bytes) noexcept
{
    of.advance(bytes);
    write_.sent += bytes;
}

void buffered_socket::interrupt_writing(errc why) noexcept
{
    if (write_.stop != errc{}) return;
    write_.stop = why;
    if (write_.under_way) cancel();
}

std::uint64_t buffered_socket::bytes_taken() noexcept
{
    int waiting = 0;
    if (::ioctl(socket_.native_handle(), SIOCOUTQ, &waiting) != 0) return bytes_sent();
    return bytes_sent() - std::min(bytes_sent(), static_cast<std::uint64_t>(waiting));
}

// --- endings -----------------------------------------------------------------------

void buffered_socket::cancel() noexcept
{
    error_code ignored;
    socket_.cancel(ignored);
}

void buffered_socket::finish_sending() noexcept
{
    error_code ignored;
    socket_.shutdown(stream_socket::shutdown_send, ignored);
}

void buffered_socket::close(errc why) noexcept
{
    interrupt_reading(why);
    interrupt_writing(why);
    error_code ignored;
    socket_.close(ignored);
}

void buffered_socket::reset() noexcept
{
    error_code ignored;
    socket_.set_option(stream_socket::linger{true, 0}, ignored);
    close();
}

} // namespace yett::transport
