#pragma once

#include "gateway/transport/byte_stream.hpp"

namespace yett::transport {

// Cleartext. The end of what a peer sends is always an announced one: TCP cannot tell.
class plain_stream final : public byte_stream
{
public:
    plain_stream(stream_socket s, origin peer, buffer_pool& small, buffer_pool& large)
        : byte_stream{std::move(s), peer, small, large}
    {
    }

    // Nothing stands between the socket and whoever reads: all of it is the base's.
    result<std::size_t> read_now(std::span<char> into) override { return read_clear(into); }
    peer_says overhear() override { return overhear_clear(); }
    void say_goodbye() noexcept override {}

protected:
    std::size_t put(std::string_view bytes) override { return socket_.enqueue(bytes); }
};

} // namespace yett::transport
