#pragma once

#include "gateway/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yett::transport {

// Whom "[::]" is for: whoever comes, or those that come by IPv6 because another listener has "0.0.0.0" of that port.
enum class families : unsigned char
{
    both,
    ipv6_alone,
};

// Descriptors that listen, all on one port, ready to be handed to the workers.
class listening_sockets
{
public:
    // "0.0.0.0:4443", "[::]:4443"; port 0 takes a free one, the same for all. Fails with
    // `internal` and a note that names the address.
    static result<listening_sockets> open(std::string_view address, std::size_t count, families whom = families::both);

    // The same of sockets that a service manager opened and passed on: takes those out of `passed` that listen on this very
    // address, `count` at most, and has `count` descriptors of them. Nothing when none does; one for port 0 never does.
    static std::optional<listening_sockets> adopt(std::string_view address, std::size_t count, std::vector<int>& passed);

    listening_sockets(listening_sockets&& other) noexcept;
    listening_sockets& operator=(listening_sockets&& other) noexcept;
    ~listening_sockets();

    std::uint16_t port() const noexcept { return port_; }
    // Gives up ownership of the i-th descriptor.
    int release(std::size_t i) noexcept;

private:
    listening_sockets() = default;

    std::vector<int> descriptors_;
    std::uint16_t port_ = 0;
};

// Where a descriptor listens, "[::]:443"; nothing when it is no socket that takes TCP connections.
std::optional<std::string> listens_on(int descriptor);

} // namespace yett::transport
