#pragma once

#include "gateway/transport/byte_stream.hpp"
#include "gateway/transport/tls_client_context.hpp"
#include "gateway/transport/tls_context.hpp"

#include <openssl/types.h>

#include <memory>

namespace yett::transport {

// TLS on a socket, without copies beyond those OpenSSL makes: a small BIO lets it read from
// the socket's buffer and gathers all it writes, which then leaves in one send.
class tls_stream final : public byte_stream
{
public:
    // The server's side, for a client that came; the client's, for a server that was called by that
    // name. Both throw std::bad_alloc when OpenSSL has no memory.
    tls_stream(tcp_socket s, buffer_pool& small, buffer_pool& large, std::shared_ptr<tls_context> context);
    tls_stream(tcp_socket s, buffer_pool& small, buffer_pool& large, std::shared_ptr<tls_client_context> context,
               std::string const& server_name);
    ~tls_stream() override;
    tls_stream(tls_stream const&) = delete;
    tls_stream& operator=(tls_stream const&) = delete;

    // Fails, with a note that says why, when the peer does not speak TLS as we do, or is not whom
    // its name says: with bad_request when it is a client, with upstream_broken when it is a server.
    // Fails with whatever ends the socket, too.
    task<result<void>> handshake();
    result<std::size_t> read_now(std::span<char> into) override;
    peer_says overhear() override;
    void say_goodbye() noexcept override;

    std::string_view version() const noexcept;  // "TLSv1.3"
    std::string server_name() const;            // SNI, empty when none
    std::string_view protocol() const noexcept; // by ALPN, empty when none was agreed
    bool resumed() const noexcept;
    // True when a client's first byte was one of a request in clear. It is the one failure of a
    // handshake that is worth an answer, so everything from then on stays in clear.
    bool met_cleartext() const noexcept { return cleartext_; }

protected:
    std::size_t put(std::string_view bytes) override;

private:
    struct bio; // what OpenSSL calls

    tls_stream(tcp_socket s, origin peer, buffer_pool& small, buffer_pool& large, std::shared_ptr<void const> context,
               ssl_ctx_st* handle);
    peer_says peek();
    error failed();
    error failure(errc why) const { return {why, socket_.peer()}; }

    std::shared_ptr<void const> context_; // what `ssl_` points into
    ssl_st* ssl_ = nullptr;
    bool cleartext_ = false;
    bool dead_ = false; // a fatal alert: no close_notify may follow
};

} // namespace yett::transport
