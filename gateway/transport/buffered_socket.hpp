#pragma once

#include "gateway/base/result.hpp"
#include "gateway/base/task.hpp"
#include "gateway/transport/buffer_pool.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace yett::transport {

using tcp_socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, executor>;

// What was heard of a client that nobody reads from at the moment.
enum class peer_says : unsigned char
{
    nothing,
    more,     // bytes that wait to be read
    finished, // nothing follows (FIN); it may still listen
    gone,     // reset, or it said goodbye
};

// A client's socket with what came in and what has to go out, in buffers borrowed from
// its worker's pools only while there is something in them.
//
// At most one coroutine waits for input and one for output at the same time.
class buffered_socket
{
public:
    buffered_socket(tcp_socket s, buffer_pool& small, buffer_pool& large);
    buffered_socket(buffered_socket const&) = delete;
    buffered_socket& operator=(buffered_socket const&) = delete;

    // What arrived and was not consumed.
    std::string_view input() const noexcept { return {in_.data() + in_begin_, in_end_ - in_begin_}; }
    void consume(std::size_t bytes) noexcept;
    // Waits for input; there must be none. Fails with peer_closed (the end of what the
    // client sends), peer_broke_off (reset), or with the reason of interrupt_reading.
    task<result<void>> fill();

    // Gathers bytes to be sent; returns how many found room.
    std::size_t gather(char const* data, std::size_t bytes);
    bool has_output() const noexcept { return out_begin_ != out_end_; }
    // Sends what the socket takes without waiting.
    void flush_now() noexcept;
    // Waits until everything gathered is sent. Fails with peer_broke_off or the reason of
    // interrupt_writing.
    task<result<void>> flush();
    bool broken() const noexcept { return broken_; }
    // Nothing more can be sent.
    void break_off() noexcept { broken_ = true; }
    // Bytes the socket took so far, and those of them that the client's side acknowledged,
    // which tells a slow client from one that does not read.
    std::uint64_t bytes_sent() const noexcept { return sent_; }
    std::uint64_t bytes_taken() noexcept;

    // A pending `fill` gives its buffer back and waits for readiness without one.
    void go_quiet() noexcept;
    bool filling() const noexcept { return filling_; }
    bool flushing() const noexcept { return flushing_; }

    // Makes the pending and all later calls fail with that reason.
    void interrupt_reading(errc why) noexcept;
    void interrupt_writing(errc why) noexcept;
    // Lets `fill` be called again after an interruption.
    void resume_reading() noexcept { read_stop_ = {}; }

    void finish_sending() noexcept; // FIN
    // Throws away what arrives until the client has closed; interrupt_reading ends it.
    task<void> discard();
    // Calls back when there is something to read, or with an error once interrupted.
    // Nothing is held meanwhile.
    template<class Notify>
    void wait_readable(Notify notify)
    {
        socket_.async_wait(tcp_socket::wait_read, std::move(notify));
    }
    // Takes in what has arrived already; nobody may be waiting for it. `more` when there is input.
    peer_says fill_now();
    // The same without taking it in.
    peer_says look() noexcept;
    // What is known without anything that was said: `otherwise` while the client may say more.
    peer_says standing(peer_says otherwise) noexcept;
    // Calls back when `look` may have something new to say, until `forget` or the next
    // `fill`. `notify` keeps the wire alive.
    template<class Notify>
    void watch(Notify notify)
    {
        if (std::exchange(watched_, true)) return;
        socket_.async_wait(tcp_socket::wait_read, [this, notify = std::move(notify)](boost::system::error_code ec) mutable {
            if (ec) return;
            watched_ = false;
            notify();
        });
    }
    void forget() noexcept;

    void close() noexcept;
    void reset() noexcept; // RST: what was sent must not pass for the whole
    bool is_open() const noexcept { return socket_.is_open(); }

private:
    result<void> took_in(boost::system::error_code ec, std::size_t bytes);
    peer_says without_bytes(std::ptrdiff_t received, int why) noexcept;
    void cancel() noexcept;

    tcp_socket socket_;
    buffer_pool& small_;
    buffer_pool& large_;
    buffer_pool::buffer in_;
    buffer_pool::buffer out_;
    std::size_t in_begin_ = 0;
    std::size_t in_end_ = 0;
    std::size_t out_begin_ = 0;
    std::size_t out_end_ = 0;
    std::uint64_t sent_ = 0;
    errc read_stop_{}; // zero: none
    errc write_stop_{};
    bool filling_ = false;
    bool flushing_ = false;
    bool quiet_ = false;
    bool thorough_ = false; // the end matters, and comes with data as often as not
    bool bulk_ = false;     // the last read filled its buffer
    bool broken_ = false;
    bool watched_ = false;
};

} // namespace yett::transport
