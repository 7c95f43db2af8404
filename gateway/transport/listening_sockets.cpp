#include "gateway/transport/listening_sockets.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

// Connections come from sockets of our own, one a worker, among which the kernel deals the clients out (SO_REUSEPORT); that is
// why a port is probed first without the option: another program of the same user could have it, and the two would silently share
// the clients. Or they come from sockets that a service manager opened, which has privileged ports for us and keeps them while
// the program is restarted, so that nobody is refused meanwhile. Which of them a listener takes is decided by its address alone: the
// configuration is the same with and without such a manager.
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

// Where a socket that takes connections is bound; family AF_UNSPEC for everything else.
sockaddr_storage address_of(int fd)
{
    sockaddr_storage at{};
    socklen_t size = sizeof at, room = sizeof(int);
    int listens = 0;
    auto const asked = ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &room) == 0 &&
                       ::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) == 0;
    auto const is_ip = at.ss_family == AF_INET || at.ss_family == AF_INET6;
    return asked && listens != 0 && is_ip ? at : sockaddr_storage{};
}

// The kernel's padding may differ, so addresses are compared as what they are.
bool are_same(sockaddr const& a, sockaddr_storage const& b)
{
    if (a.sa_family != b.ss_family) return false;
    if (a.sa_family == AF_INET6) {
        auto const& left = reinterpret_cast<sockaddr_in6 const&>(a);
        auto const& right = reinterpret_cast<sockaddr_in6 const&>(b);
        return left.sin6_port == right.sin6_port && std::memcmp(&left.sin6_addr, &right.sin6_addr, sizeof left.sin6_addr) == 0;
    }
    auto const& left = reinterpret_cast<sockaddr_in const&>(a);
    auto const& right = reinterpret_cast<sockaddr_in const&>(b);
    return left.sin_port == right.sin_port && left.sin_addr.s_addr == right.sin_addr.s_addr;
}

// At most `most`, for one that nobody waits for would leave its clients hanging.
std::vector<int> take_those_on(sockaddr const& address, std::size_t most, std::vector<int>& passed)
{
    std::vector<int> taken;
    std::erase_if(passed, [&](int fd) {
        auto const wanted = taken.size() < most && are_same(address, address_of(fd));
        if (wanted) taken.push_back(fd);
        return wanted;
    });
    return taken;
}

// What our own sockets are made with. The manager's copy sees O_NONBLOCK as well, which it never minds.
void make_ours(int fd)
{
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
    set_for_clients(fd);
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

// A socket that was passed on is one for all workers: each waits for it in a loop of its own, and whoever comes first accepts.
// Descriptors were raised to the limit before, and none is in use yet, so that a copy does not fail.
std::optional<listening_sockets> listening_sockets::adopt(std::string_view address, std::size_t count, std::vector<int>& passed)
{
    address_list wanted;
    if (!resolve(address, wanted)) return {};
    listening_sockets made;
    made.descriptors_ = take_those_on(*wanted.first->ai_addr, count, passed);
    auto const given = made.descriptors_.size();
    if (given == 0) return {};
    for (auto const fd : made.descriptors_) make_ours(fd);
    for (auto i = given; i < count; ++i) made.descriptors_.push_back(::fcntl(made.descriptors_[i % given], F_DUPFD_CLOEXEC, 0));
    made.port_ = ntohs(port_in(wanted.first->ai_addr));
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

std::optional<std::string> listens_on(int descriptor)
{
    auto const at = address_of(descriptor);
    if (at.ss_family == AF_UNSPEC) return {};
    std::array<char, INET6_ADDRSTRLEN> host;
    std::array<char, 8> port;
    constexpr auto numeric = NI_NUMERICHOST | NI_NUMERICSERV;
    if (::getnameinfo(reinterpret_cast<sockaddr const*>(&at), sizeof at, host.data(), host.size(), port.data(), port.size(),
                      numeric) != 0)
        return {};
    auto const is_v6 = at.ss_family == AF_INET6;
    return (is_v6 ? "[" : "") + std::string{host.data()} + (is_v6 ? "]:" : ":") + port.data();
}

} // namespace yett::transport
