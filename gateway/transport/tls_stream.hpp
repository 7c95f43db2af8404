#pragma once

#include "gateway/transport/byte_stream.hpp"
#include "gateway/transport/tls_engine.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace yett::transport {

// A stream that is encrypted on its way, with an engine at this end; see there.
class tls_stream final : public byte_stream
{
public:
    // The server's side, for a client that came; the client's, for a server that was called by that
    // name. Both throw std::bad_alloc when OpenSSL has no memory.
    tls_stream(stream_socket s, buffer_pool& small, buffer_pool& large, std::shared_ptr<tls_context> context)
        : byte_stream{std::move(s), origin::client, small, large},
          engine_{socket_, std::move(context)}
    {
    }
    tls_stream(stream_socket s, buffer_pool& small, buffer_pool& large, std::shared_ptr<tls_client_context> context,
               std::string const& server_name)
        : byte_stream{std::move(s), origin::upstream, small, large},
          engine_{socket_, std::move(context), server_name}
    {
    }

    // Fails as `tls_engine::handshake` does.
    task<result<void>> handshake() { return engine_.handshake(); }
    result<std::size_t> read_now(std::span<char> into) override;
    peer_says overhear() override;
    void say_goodbye() noexcept override { engine_.say_goodbye(); }

    std::string_view version() const noexcept { return engine_.version(); }
    std::string server_name() const { return engine_.server_name(); }
    std::string_view protocol() const noexcept { return engine_.protocol(); }
    bool resumed() const noexcept { return engine_.resumed(); }
    std::shared_ptr<client_certificate const> certificate() const { return engine_.certificate(); }
    std::optional<certificate_fault> fault() const noexcept { return engine_.fault(); }
    bool met_cleartext() const noexcept { return engine_.met_cleartext(); }

protected:
    std::size_t put(std::string_view bytes) override;

private:
    tls_engine engine_;
};

} // namespace yett::transport
