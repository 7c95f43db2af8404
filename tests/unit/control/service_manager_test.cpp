#include "gateway/control/service_manager.hpp"

#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>

#include <cstddef>
#include <cstring>
#include <memory>

namespace yett::control {
namespace {

// The other end: a datagram socket, bound as a service manager binds its own.
class ear
{
public:
    explicit ear(std::string const& name) : descriptor_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)}
    {
        sockaddr_un at{};
        at.sun_family = AF_UNIX;
        std::memcpy(at.sun_path, name.data(), name.size());
        if (name.front() == '@') at.sun_path[0] = '\0';
        auto const size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
        REQUIRE(::bind(descriptor_, reinterpret_cast<sockaddr*>(&at), size) == 0);
    }
    ~ear() { ::close(descriptor_); }
    ear(ear const&) = delete;
    ear& operator=(ear const&) = delete;

    // The next datagram; empty when there is none.
    std::string hear() const
    {
        std::array<char, 256> room;
        auto const count = ::recv(descriptor_, room.data(), room.size(), 0);
        return {room.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
    }

private:
    int descriptor_;
};

TEST_CASE("service manager: hears each thing as one datagram, by path or by abstract name")
{
    tests::temporary_folder const folder;
    for (auto const& name : {(folder.path() / "notify").string(), "@yett-test-" + std::to_string(::getpid())}) {
        CAPTURE(name);
        ear const manager{name};
        service_manager const told{name};
        REQUIRE(told.listens());
        told.tell("READY=1");
        told.tell("STOPPING=1\nSTATUS=Draining");
        CHECK(manager.hear() == "READY=1");
        CHECK(manager.hear() == "STOPPING=1\nSTATUS=Draining");
        CHECK(manager.hear().empty());
    }
}

TEST_CASE("service manager: where nobody is, nothing happens")
{
    for (auto const& name : {std::string{}, std::string{"@"}, std::string{"/"}, std::string{"run/notify"},
                             std::string{"/nowhere/notify"}, "/" + std::string(200, 'x')}) {
        CAPTURE(name);
        service_manager const nobody{name};
        CHECK_FALSE(nobody.listens());
        nobody.tell("READY=1");
    }
}

TEST_CASE("service manager: one that went away is no matter")
{
    tests::temporary_folder const folder;
    auto const name = (folder.path() / "notify").string();
    auto manager = std::make_unique<ear>(name);
    service_manager const told{name};
    manager.reset();
    told.tell("WATCHDOG=1");
    CHECK(told.listens());
}

} // namespace
} // namespace yett::control
