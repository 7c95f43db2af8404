#pragma once

#include "gateway/transport/buffered_socket.hpp"
#include "gateway/transport/tls_engine.hpp"
#include "gateway/upstream/addresses/server_address.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <system_error>

namespace yett::upstream {

// What we and a server say to each other, in the clear, whether or not it is encrypted on its way.
//
// A socket with the one difference that TLS makes: what the socket receives is no news before it is
// decrypted, and may be none at all (a ticket, half a record). Without TLS it costs a comparison and
// nothing is copied; bytes are read where the kernel put them.
//
// An end that TLS did not announce is a broken one: somebody may have cut the reply short (RFC 9112
// section 9.8).
class server_stream
{
public:
    // What comes in has so many bytes to itself. To a server with TLS nothing but `say_first` and
    // `shake_hands` is of use until hands were shaken.
    server_stream(transport::stream_socket s, server_address const& to, std::size_t bytes);

    // --- before everything else

    // What goes out in the clear, ahead of TLS: few bytes, which a new socket takes.
    std::error_code say_first(std::string_view text) noexcept;
    bool speaks_tls() const noexcept { return tls_ != nullptr; }
    // What was agreed on by ALPN once hands were shaken; empty: nothing.
    std::string_view protocol() const noexcept { return tls_ ? tls_->engine.protocol() : std::string_view{}; }
    // As far as it goes without waiting: true when it is done. Else what `has_output` has to be flushed, or
    // a read to be awaited. Fails with upstream_broken and a note that says why.
    result<bool> shake_hands() { return tls_->open ? result<bool>{true} : advance(); }
    task<std::error_code> flush_some() { return socket_.flush_some(); }

    // --- what comes in

    // Received and not consumed; it moves when a read begins, and when `fill_again` is asked.
    std::span<char> input() const noexcept { return tls_ ? tls_->clear.unread() : socket_.input(); }
    void consume(std::size_t bytes) noexcept { memory().consume(bytes); }
    transport::input_buffer& memory() noexcept { return tls_ ? tls_->clear : socket_.memory(); }
    // Trades memory in which nothing lies for so much.
    void resize(std::size_t bytes);
    // See buffered_socket; whoever is told asks `heard` before anybody else is.
    template<class Told>
    void fill_then(Told told)
    {
        socket_.fill_then(std::move(told));
    }
    bool filling() const noexcept { return socket_.filling(); }
    // A read has ended. False when it brought nothing that anybody is to hear of: read on.
    bool heard() { return tls_ ? heard_in_tls() : !socket_.input().empty() || socket_.ended() != errc{}; }
    // Ends a pending read, so that somebody looks again.
    void stop_waiting() noexcept { socket_.stop_waiting(); }
    // Takes in what has arrived already, as far as that can be known without a system call or is worth one.
    // True when there is something new, or an end.
    bool fill_again() { return tls_ ? decrypt_again() : socket_.fill_again(); }
    // Why nothing more is received; zero: more may come.
    errc ended() const noexcept { return tls_ ? end_in_tls() : socket_.ended(); }
    // One system call, without taking in what there is. With TLS nobody knows what it says, so that a
    // ticket counts as `more`, too; that is seldom, since a read takes in what came earlier.
    transport::peer_says peek() noexcept { return socket_.peek(); }

    // --- what goes out

    // What is taken at once, and, waiting, the next part; what is not taken is left in `p`. What was taken
    // has left only when `has_output` says so.
    std::error_code write_now(transport::pieces& p) noexcept { return tls_ ? encrypt(p) : socket_.write_now(p); }
    task<std::error_code> write_some(transport::pieces& p) { return tls_ ? encrypt_some(p) : socket_.write_some(p); }
    bool has_output() const noexcept { return socket_.has_output(); }
    std::uint64_t bytes_sent() const noexcept { return socket_.bytes_sent(); } // as they are on the wire

    // --- endings

    void finish_sending() noexcept;
    void close(errc why) noexcept;
    // What TLS gave for the reason when it broke; empty otherwise.
    std::string_view trouble() const noexcept { return tls_ ? std::string_view{tls_->trouble} : std::string_view{}; }

private:
    struct encrypted
    {
        encrypted(transport::buffered_socket& over, server_address const& to, std::size_t bytes);

        transport::tls_engine engine;
        transport::input_buffer clear;
        std::string trouble;
        errc end{};        // as TLS announced it, or broke
        bool open = false; // hands were shaken
        bool dry = true;   // all that arrived is decrypted, but for a record that is not whole
    };

    result<bool> advance();
    bool heard_in_tls() { return !tls_->open || decrypt() || ended() != errc{}; }
    bool decrypt();
    bool decrypt_again();
    errc end_in_tls() const noexcept;
    std::error_code encrypt(transport::pieces& p) noexcept;
    task<std::error_code> encrypt_some(transport::pieces& p);

    transport::buffered_socket socket_;
    std::unique_ptr<encrypted> tls_; // null: in the clear
};

} // namespace yett::upstream
