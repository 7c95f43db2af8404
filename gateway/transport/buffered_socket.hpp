#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/result.hpp"
#include "gateway/transport/exhausting_buffer.hpp"
#include "gateway/transport/input_buffer.hpp"
#include "gateway/transport/output_buffer.hpp"
#include "gateway/transport/pieces.hpp"

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <system_error>

namespace yett::transport {

using tcp_socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, executor>;
// Of whatever kind: TCP, or one that has a path on this machine.
using stream_socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, executor>;

// What was heard of a peer that nobody reads from at the moment.
enum class peer_says : unsigned char
{
    nothing,
    more,     // bytes that wait to be read
    finished, // nothing follows (FIN); it may still listen
    gone,     // reset, or it said goodbye
};

// One end of a connection with what came in and what has to go out, the same for a client that came
// and for a server that was called.
//
// At most one read is under way, by `fill`, `fill_then` or `park`, and one write. Failures carry
// the peer's origin: peer_closed when it said that nothing follows, peer_broke_off when it was
// reset, or the reason of whoever interrupted. The end of what is received is told as often as
// it is asked for; it ends nothing that is sent.
class buffered_socket
{
public:
    // Buffers are lent by a worker's pools only while there is something in them.
    buffered_socket(stream_socket s, origin peer, buffer_pool& small, buffer_pool& large);
    // What comes in has that many bytes to itself, and what goes out is sent from where it lies; it is
    // gathered (`enqueue`) only where buffers are lent for that.
    buffered_socket(stream_socket s, origin peer, std::size_t kept_bytes, buffer_pool* gathers = nullptr);
    buffered_socket(buffered_socket const&) = delete;
    buffered_socket& operator=(buffered_socket const&) = delete;

    // --- what comes in

    // What arrived and was not consumed. It moves when a read begins.
    std::span<char> input() const noexcept { return input_.unread(); }
    void consume(std::size_t bytes) noexcept { input_.consume(bytes); }
    input_buffer& memory() noexcept { return input_; }
    // Waits for input; of lent memory there must be none.
    task<result<void>> fill();
    // The same without a coroutine: calls `told` when the read has ended, however it did. None is
    // under way and more may come. Asio destroys `told` uncalled when the event loop goes first.
    template<class Told>
    void fill_then(Told told);
    // Takes in what has arrived already; nobody may be reading. `more` when there is input.
    peer_says fill_now();
    // The same, but asks the system only when the last read left the socket empty: an end that
    // came along with its bytes has had its event already (see exhausting_buffer).
    bool fill_again();
    bool filling() const noexcept { return read_.under_way; }
    // Why nothing more is received; zero: more may come.
    errc ended() const noexcept { return read_.end; }

    // A pending `fill` gives its buffer back and waits for readiness without one.
    void go_quiet() noexcept;
    // A pending `fill` or `fill_then` ends, without input unless some has come meanwhile.
    void stop_waiting() noexcept;
    // Makes the pending and all later reads fail with that reason. The first reason counts.
    void interrupt_reading(errc why) noexcept;
    // Lets `fill` be called again after an interruption.
    void resume_reading() noexcept;
    // Throws away what arrives until the peer has closed; interrupt_reading ends it.
    task<void> discard();

    // --- a peer that nobody reads from

    // Calls `notify` when there may be something to read, until `unpark` or the next read.
    // Nothing is held meanwhile but `notify`, which keeps the socket alive.
    template<class Notify>
    void park(Notify notify);
    void unpark() noexcept;
    bool parked() const noexcept { return read_.parked; }
    // One system call: what there is to be heard, without taking it in.
    peer_says peek() noexcept;
    // What is known without anything that was said: `otherwise` while the peer may say more.
    peer_says standing(peer_says otherwise) noexcept;

    // --- what goes out

    // Gathers bytes to be sent; returns how many found room.
    std::size_t enqueue(std::string_view bytes) { return output_.enqueue(bytes); }
    bool has_output() const noexcept { return !output_.empty(); }
    // Sends what the socket takes without waiting.
    void flush_now() noexcept;
    // Waits until everything gathered is sent. Fails with peer_broke_off or the reason of
    // interrupt_writing.
    task<result<void>> flush();
    // The next part of that which the socket takes.
    task<std::error_code> flush_some();
    bool flushing() const noexcept { return write_.under_way; }
    // The same for text that stays where it is: what the socket takes at once, and, waiting, the
    // next part that it takes. What it does not take is left in `p`.
    std::error_code write_now(pieces& p) noexcept;
    task<std::error_code> write_some(pieces& p);
    // Makes the pending and all later flushes fail with that reason. The first reason counts.
    void interrupt_writing(errc why) noexcept;
    // Nothing more can be sent, now or ever.
    bool broken() const noexcept { return write_.broken; }
    void break_off() noexcept { write_.broken = true; }
    // Bytes the socket took so far, and those of them that the peer's side acknowledged, which
    // tells a slow peer from one that does not read.
    std::uint64_t bytes_sent() const noexcept { return write_.sent; }
    std::uint64_t bytes_taken() noexcept;

    // --- endings

    void finish_sending() noexcept; // FIN
    // Interrupts both directions with that reason and closes.
    void close(errc why = errc::stopping) noexcept;
    void reset() noexcept; // RST: what was sent must not pass for the whole
    bool is_open() const noexcept { return socket_.is_open(); }
    origin peer() const noexcept { return read_.peer; }

private:
    template<class Told>
    class read_op;

    struct reading
    {
        origin const peer;      // whose end it is
        errc end{};             // zero: more may come
        std::int32_t cause = 0; // errno behind peer_broke_off
        bool under_way = false;
        bool quiet = false; // waits for readiness
        bool let_go = false;
        bool parked = false;
        bool thorough = false;  // the end matters, and comes with data as often as not
        bool was_short = false; // the last read left the socket empty
    };
    struct writing
    {
        std::uint64_t sent = 0;
        errc stop{}; // zero: none
        bool under_way = false;
        bool broken = false;
    };

    exhausting_buffer room_to_read();
    void read_ended(boost::system::error_code ec, std::size_t bytes) noexcept;
    void note_end(errc why, int cause) noexcept;
    result<void> outcome() const;
    peer_says without_bytes(std::ptrdiff_t received, int why) noexcept;
    void note_sent(pieces& of, std::size_t bytes) noexcept;
    void cancel() noexcept;

    stream_socket socket_;
    input_buffer input_;
    output_buffer output_;
    reading read_;
    writing write_;
};

// A read that calls somebody back, with the memory and the lifetime of whom it calls.
template<class Told>
class buffered_socket::read_op
{
public:
    read_op(buffered_socket& s, Told told) noexcept : socket_{s}, told_{std::move(told)} {}

    void operator()(boost::system::error_code ec, std::size_t bytes)
    {
        socket_.read_ended(ec, bytes);
        told_();
    }

    using allocator_type = boost::asio::associated_allocator_t<Told>;
    allocator_type get_allocator() const noexcept { return boost::asio::get_associated_allocator(told_); }

private:
    buffered_socket& socket_;
    Told told_;
};

template<class Told>
void buffered_socket::fill_then(Told told)
{
    read_.under_way = true;
    auto const room = room_to_read();
    socket_.async_read_some(room, read_op<Told>{*this, std::move(told)});
}

template<class Notify>
void buffered_socket::park(Notify notify)
{
    if (std::exchange(read_.parked, true)) return;
    socket_.async_wait(stream_socket::wait_read, [this, notify = std::move(notify)](boost::system::error_code ec) mutable {
        if (ec) return;
        read_.parked = false;
        notify();
    });
}

} // namespace yett::transport
