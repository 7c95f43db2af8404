#pragma once

#include "gateway/transport/buffered_socket.hpp"

#include <span>
#include <string_view>

namespace yett::transport {

// What one end of a connection says to the other, in the clear, whether or not it is encrypted
// on its way. The same for both ends: who came and who was called differ in their handshake
// alone, and in the origin of their failures.
class byte_stream
{
public:
    virtual ~byte_stream() = default;

    // Copies what is at hand; 0 means that the socket has to be filled first. Fails with
    // peer_closed at an end that TLS announced. One that it did not announce shows when
    // the socket is filled; cleartext knows no other.
    virtual result<std::size_t> read_now(std::span<char> into) = 0;
    // Hears whether the peer has ended, while nobody waits for input, and takes nothing
    // away from whoever reads next. A goodbye that TLS announced is `gone`.
    virtual peer_says overhear() = 0;
    // Says that nothing follows, as far as the protocol has a word for it, without waiting for
    // the peer to have heard it.
    virtual void say_goodbye() noexcept = 0;

    // Sends what goes without waiting and returns the rest.
    std::string_view write_now(std::string_view bytes);
    // True when nothing waits to be sent and nothing failed.
    bool settled() const noexcept { return !socket_.has_output() && !socket_.broken(); }
    // Sends all of it. Fails with peer_broke_off or timed_out.
    task<result<void>> write(std::string_view bytes);

    buffered_socket& socket() noexcept { return socket_; }

protected:
    byte_stream(stream_socket s, origin peer, buffer_pool& small, buffer_pool& large) : socket_{std::move(s), peer, small, large} {}

    // Hands bytes to the socket as far as they find room; returns how many were taken.
    virtual std::size_t put(std::string_view bytes) = 0;
    // What is read and overheard where nothing is encrypted.
    std::size_t read_clear(std::span<char> into) noexcept;
    peer_says overhear_clear() noexcept;

    buffered_socket socket_;
};

} // namespace yett::transport
