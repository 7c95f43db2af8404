#include "gateway/control/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>

namespace yett::control {
namespace {

// False for what is no such address: too long, or relative to a folder that may change.
bool write_address(std::string const& socket, sockaddr_un& into)
{
    if (socket.size() < 2 || socket.size() >= sizeof into.sun_path) return false;
    if (socket.front() != '/' && socket.front() != '@') return false;
    into.sun_family = AF_UNIX;
    std::memcpy(into.sun_path, socket.data(), socket.size());
    if (socket.front() == '@') into.sun_path[0] = '\0'; // unix(7): the abstract namespace
    return true;
}

int connected_to(std::string const& socket)
{
    sockaddr_un address{};
    if (!write_address(socket, address)) return -1;
    auto const size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket.size());
    auto const fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr const*>(&address), size) == 0) return fd;
    ::close(fd);
    return -1;
}

} // namespace

service_manager::service_manager(std::string const& socket) : descriptor_{connected_to(socket)} {}

service_manager::~service_manager()
{
    if (descriptor_ >= 0) ::close(descriptor_);
}

void service_manager::tell(std::string_view lines) const noexcept
{
    if (descriptor_ >= 0) (void)::send(descriptor_, lines.data(), lines.size(), MSG_NOSIGNAL);
}

} // namespace yett::control
