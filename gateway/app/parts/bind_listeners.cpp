#include "gateway/app/parts/bind_listeners.hpp"

#include "gateway/app/parts/startup_error.hpp"
#include "gateway/app/parts/translate.hpp"

namespace yett::app {
namespace {

using transport::listening_sockets;

listening_sockets bind(config::listener const& one, std::vector<config::listener> const& all, unsigned workers,
                       std::vector<int>& passed)
{
    auto const address = text_of(one.address);
    if (auto adopted = listening_sockets::adopt(address, workers, passed)) return std::move(*adopted);
    auto opened = listening_sockets::open(address, workers, families_of(one, all));
    if (opened) return std::move(*opened);
    auto const& why = opened.error();
    throw startup_error{startup_error::blame::unavailable, why.note() + ": " + why.cause().message()};
}

// Clients would connect to it and wait for ever.
void refuse_strangers(std::vector<int> const& passed)
{
    if (passed.empty()) return;
    auto const where = transport::listens_on(passed.front());
    throw startup_error{startup_error::blame::configuration,
                        where ? "the service manager passed a socket on " + *where + ", and there is no listener for it"
                              : "the service manager passed a descriptor that takes no TCP connections"};
}

} // namespace

std::vector<listening_sockets> bind_listeners(std::vector<config::listener> const& listeners, unsigned workers,
                                              std::vector<int> passed)
{
    std::vector<listening_sockets> made;
    for (auto const& each : listeners) made.push_back(bind(each, listeners, workers, passed));
    refuse_strangers(passed);
    return made;
}

transport::families families_of(config::listener const& one, std::vector<config::listener> const& listeners)
{
    for (auto const& other : listeners) {
        auto const shares_port = other.address.port == one.address.port && one.address.port != 0;
        if (shares_port && other.address.host.find(':') == std::string::npos) return transport::families::ipv6_alone;
    }
    return transport::families::both;
}

} // namespace yett::app
