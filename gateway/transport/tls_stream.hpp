#pragma once

#include "gateway/transport/byte_stream.hpp"
#include "gateway/transport/tls_context.hpp"

#include <openssl/types.h>

#include <memory>

namespace yett::transport {

// TLS on a wire, without copies beyond those OpenSSL makes: a small BIO lets it read from
// the wire's buffer and gathers all it writes, which then leaves in one send.
class tls_stream final : public byte_stream
{
public:
    // Throws std::bad_alloc when OpenSSL has no memory.
    tls_stream(tcp_socket s, buffer_pool& small, buffer_pool& large, std::shared_ptr<tls_context> context);
    ~tls_stream() override;
    tls_stream(tls_stream const&) = delete;
    tls_stream& operator=(tls_stream const&) = delete;

    // Fails with bad_request when the client does not speak TLS as we do (the note says
    // why), and with whatever ends the wire.
    task<result<void>> handshake() override;
    result<std::size_t> read_now(std::span<char> into) override;
    peer_says overhear() override;
    void say_goodbye() noexcept override;

    std::string_view tls_version() const noexcept override;
    std::string server_name() const override;
    bool resumed() const noexcept;
    // True when the first byte was one of a request in clear. It is the one failure of a
    // handshake that is worth an answer, so everything from then on stays in clear.
    bool met_cleartext() const noexcept { return cleartext_; }

protected:
    std::size_t put(std::string_view bytes) override;

private:
    struct bio; // what OpenSSL calls

    peer_says peek();
    error failed();

    std::shared_ptr<tls_context> context_;
    ssl_st* ssl_ = nullptr;
    bool cleartext_ = false;
    bool dead_ = false; // a fatal alert: no close_notify may follow
};

} // namespace yett::transport
