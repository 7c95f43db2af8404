#pragma once

#include "gateway/transport/byte_stream.hpp"

namespace yett::transport {

// Cleartext. The end of what a client sends is always an announced one: TCP cannot tell.
class plain_stream final : public byte_stream
{
public:
    plain_stream(tcp_socket s, buffer_pool& small, buffer_pool& large) : byte_stream{std::move(s), small, large} {}

    task<result<void>> handshake() override;
    result<std::size_t> read_now(std::span<char> into) override;
    peer_says overhear() override;
    void say_goodbye() noexcept override {}

protected:
    std::size_t put(std::string_view bytes) override { return socket_.gather(bytes.data(), bytes.size()); }
};

} // namespace yett::transport
