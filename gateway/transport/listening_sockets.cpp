#include "gateway/transport/listening_sockets.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <string>
#include <system_error>
#include <utility>

// Each worker has its own socket on the same port (SO_REUSEPORT), and the kernel deals connections
// out. That is why a port is probed first without the option: another program of the same user
// could have it, and the two would silently share the clients.
namespace yett::transport {
namespace {

struct address_list
{
    addrinfo* first = nullptr;
    ~address_list()
    {
        if (first != nullptr) ::freeaddrinfo(first);
    }
};

error cannot_listen(std::string_view address, int cause)
{
    return our_error(errc::internal, "cannot listen on " + std::string{address}, {cause, std::system_category()});
}

bool set(int descriptor, int level, int option, int value)
{
    return ::setsockopt(descriptor, level, option, &value, sizeof value) == 0;
}

// Accepted sockets inherit these options (Linux), which saves two calls for each.
bool set_for_clients(int fd)
{
    return set(fd, IPPROTO_TCP, TCP_NODELAY, 1) && set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
}

// Linux decides by net.ipv6.bindv6only who comes to "[::]"; said here, it is the same everywhere.
bool set_families(int fd, addrinfo const& to, families whom)
{
    return to.ai_family != AF_INET6 || set(fd, IPPROTO_IPV6, IPV6_V6ONLY, whom == families::ipv6_alone);
}

int bound(addrinfo const& to, families whom, bool shared)
{
    auto const fd = ::socket(to.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    auto const ready = set(fd, SOL_SOCKET, SO_REUSEADDR, 1) && (!shared || set(fd, SOL_SOCKET, SO_REUSEPORT, 1)) &&
                       set_families(fd, to, whom) && set_for_clients(fd) && ::bind(fd, to.ai_addr, to.ai_addrlen) == 0;
    if (ready) return fd;
    auto const why = errno;
    ::close(fd);
    errno = why;
    return -1;
}

std::uint16_t& port_in(sockaddr* address)
{
    if (address->sa_family == AF_INET6) return reinterpret_cast<sockaddr_in6*>(address)->sin6_port;
    return reinterpret_cast<sockaddr_in*>(address)->sin_port;
}

// "host:port" taken apart; brackets around IPv6 come off.
bool resolve(std::string_view address, address_list& into)
{
    auto const colon = address.rfind(':');
    if (colon == std::string_view::npos) return false;
    std::string host{address.substr(0, colon)};
    std::string const port{address.substr(colon + 1)};
    // The library takes any number and cuts it to 16 bits.
    std::uint16_t number = 0;
    auto const* const end = port.data() + port.size();
    if (auto const read = std::from_chars(port.data(), end, number); read.ec != std::errc{} || read.ptr != end) return false;
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    addrinfo hints{};
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_STREAM;
    return ::getaddrinfo(host.empty() ? nullptr : host.c_str(), port.c_str(), &hints, &into.first) == 0;
}

} // namespace

result<listening_sockets> listening_sockets::open(std::string_view address, std::size_t count, families whom)
{
    address_list found;
    if (!resolve(address, found)) return cannot_listen(address, EINVAL);
    auto& to = *found.first;
    auto const shared = count > 1;
    if (shared && port_in(to.ai_addr) != 0) {
        auto const probe = bound(to, whom, false);
        if (probe < 0) return cannot_listen(address, errno);
        ::close(probe);
    }
    listening_sockets made;
    for (std::size_t i = 0; i < count; ++i) {
        auto const fd = bound(to, whom, shared);
        if (fd < 0 || ::listen(fd, SOMAXCONN) != 0) {
            auto const why = errno;
            if (fd >= 0) ::close(fd);
            return cannot_listen(address, why);
        }
        made.descriptors_.push_back(fd);
        ::getsockname(fd, to.ai_addr, &to.ai_addrlen);
    }
    made.port_ = ntohs(port_in(to.ai_addr));
    return made;
}

listening_sockets::listening_sockets(listening_sockets&& other) noexcept
    : descriptors_{std::exchange(other.descriptors_, {})},
      port_{other.port_}
{
}

listening_sockets& listening_sockets::operator=(listening_sockets&& other) noexcept
{
    std::swap(descriptors_, other.descriptors_);
    std::swap(port_, other.port_);
    return *this;
}

listening_sockets::~listening_sockets()
{
    for (auto const fd : descriptors_)
        if (fd >= 0) ::close(fd);
}

int listening_sockets::release(std::size_t i) noexcept
{
    return std::exchange(descriptors_[i], -1);
}

} // namespace yett::transport
