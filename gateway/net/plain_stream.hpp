#pragma once

#include "gateway/net/stream.hpp"

namespace yett::net {

// Cleartext. The end of what a client sends is always an announced one: TCP cannot tell.
class plain_stream final : public stream
{
public:
    plain_stream(wire::socket s, buffer_pool& small, buffer_pool& large) : stream{std::move(s), small, large} {}

    task<result<void>> handshake() override;
    result<std::size_t> read_now(std::span<char> into) override;
    client_says overhear() override;
    void say_goodbye() noexcept override {}

protected:
    std::size_t put(std::string_view bytes) override { return wire_.gather(bytes.data(), bytes.size()); }
};

} // namespace yett::net
