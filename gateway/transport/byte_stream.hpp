#pragma once

#include "gateway/transport/buffered_socket.hpp"

#include <span>
#include <string>
#include <string_view>

namespace yett::transport {

// What a client says and is told, in the clear, whether or not the wire is encrypted.
class byte_stream
{
public:
    virtual ~byte_stream() = default;

    virtual task<result<void>> handshake() = 0;
    // Copies what is at hand; 0 means that the wire has to be filled first. Fails with
    // peer_closed at an end that TLS announced. One that it did not announce shows when
    // the wire is filled; cleartext knows no other.
    virtual result<std::size_t> read_now(std::span<char> into) = 0;
    // Hears whether the client has ended, while nobody waits for input, and takes nothing
    // away from whoever reads next. A goodbye that TLS announced is `gone`.
    virtual peer_says overhear() = 0;
    // Says that nothing follows, without waiting for the client to have heard it.
    virtual void say_goodbye() noexcept = 0;

    virtual std::string_view tls_version() const noexcept { return {}; }
    virtual std::string server_name() const { return {}; }

    // Sends what goes without waiting and returns the rest.
    std::string_view write_now(std::string_view bytes);
    // True when nothing waits to be sent and nothing failed.
    bool settled() const noexcept { return !socket_.has_output() && !socket_.broken(); }
    // Sends all of it. Fails with peer_broke_off or timed_out.
    task<result<void>> write(std::string_view bytes);

    buffered_socket& socket() noexcept { return socket_; }

protected:
    explicit byte_stream(tcp_socket s, buffer_pool& small, buffer_pool& large) : socket_{std::move(s), small, large} {}

    // Hands bytes to the wire as far as they find room; returns how many were taken.
    virtual std::size_t put(std::string_view bytes) = 0;
    // What is read and overheard where nothing is encrypted.
    std::size_t read_clear(std::span<char> into) noexcept;
    peer_says overhear_clear() noexcept;

    buffered_socket socket_;
};

} // namespace yett::transport
