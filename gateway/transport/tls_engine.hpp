#pragma once

#include "gateway/base/client_certificate.hpp"
#include "gateway/transport/buffered_socket.hpp"
#include "gateway/transport/certificates/certificate_fault.hpp"
#include "gateway/transport/tls_client_context.hpp"
#include "gateway/transport/tls_context.hpp"

#include <openssl/types.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace yett::transport {

// TLS between a socket and who talks over it, without copies beyond those OpenSSL makes: a small BIO
// lets it read from the socket's buffer and gathers all it writes, which then leaves in one send. The
// socket has to be one that gathers, and outlives this.
//
// Nothing here waits but `handshake`: what is at hand is decrypted, and what finds room encrypted.
class tls_engine
{
public:
    // The server's side, for a client that came; the client's, for a server that was called by that
    // name. Both throw std::bad_alloc when OpenSSL has no memory.
    tls_engine(buffered_socket& over, std::shared_ptr<tls_context> context);
    tls_engine(buffered_socket& over, std::shared_ptr<tls_client_context> context, std::string const& server_name);
    ~tls_engine();
    tls_engine(tls_engine const&) = delete;
    tls_engine& operator=(tls_engine const&) = delete;

    // Of a client, before the handshake: goes on with what the server let us keep, if it still takes
    // that, and keeps what it gives us this time. It is one of the context's.
    void resume(tls_client_context::session& with, steady_time now);
    // Fails, with a note that says why, when the peer does not speak TLS as we do, or is not whom
    // its name says: with bad_request when it is a client, with upstream_broken when it is a server.
    // Fails with whatever ends the socket, too.
    task<result<void>> handshake();
    // The same as far as it goes without waiting. True when it is done; else what the socket still holds
    // back has to leave, or more has to come. For a client's side alone.
    result<bool> advance();

    // As byte_stream does; 0 also when what came was not for us, such as a ticket.
    result<std::size_t> read_now(std::span<char> into);
    // What the records at hand say; they stay to be read.
    peer_says peek();
    bool is_dead() const noexcept { return dead_; }
    // Encrypts bytes as far as they find room, at most a record; returns how many were taken.
    std::size_t put(std::string_view bytes);
    // Says close_notify, once, and sends what goes without waiting.
    void say_goodbye() noexcept;

    std::string_view version() const noexcept;  // "TLSv1.3"
    std::string server_name() const;            // SNI, empty when none
    std::string_view protocol() const noexcept; // by ALPN, empty when none was agreed
    bool resumed() const noexcept;
    // What a client's certificate says, once it shook hands; null: it showed none, which a resumed session
    // still knows of the one that it goes on with.
    std::shared_ptr<client_certificate const> certificate() const;
    // What was wrong with it, once a handshake failed; nothing when it failed for another reason.
    std::optional<certificate_fault> fault() const noexcept { return fault_; }
    // True when a client's first byte was one of a request in clear. It is the one failure of a
    // handshake that is worth an answer, so everything from then on stays in clear.
    bool met_cleartext() const noexcept { return cleartext_; }

private:
    struct bio; // what OpenSSL calls

    tls_engine(buffered_socket& over, std::shared_ptr<void const> context, ssl_ctx_st* handle);
    error failed();
    std::string reason() const;
    error failure(errc why) const { return {why, socket_.peer()}; }

    buffered_socket& socket_;
    std::shared_ptr<void const> context_; // what `ssl_` points into
    ssl_st* ssl_ = nullptr;
    bool cleartext_ = false;
    bool dead_ = false; // a fatal alert: no close_notify may follow
    std::optional<certificate_fault> fault_;
};

} // namespace yett::transport
