#include "tests/support/child_process.hpp"

#include <stdexcept>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace yett::tests {

void become(std::vector<std::string> const& command, std::string const& log, int when_we_end)
{
    prctl(PR_SET_PDEATHSIG, when_we_end);
    auto const file = ::open(log.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
    dup2(file, STDOUT_FILENO);
    dup2(file, STDERR_FILENO);
    std::vector<char*> words;
    for (auto const& each : command) words.push_back(const_cast<char*>(each.c_str()));
    words.push_back(nullptr);
    execv(words.front(), words.data());
    _exit(127);
}

std::uint16_t free_port()
{
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    auto const socket = ::socket(AF_INET, SOCK_STREAM, 0);
    auto const bound = ::bind(socket, reinterpret_cast<sockaddr const*>(&at), size) == 0 &&
                       ::getsockname(socket, reinterpret_cast<sockaddr*>(&at), &size) == 0;
    ::close(socket);
    if (!bound) throw std::runtime_error{"no port is free"};
    return ntohs(at.sin_port);
}

} // namespace yett::tests
