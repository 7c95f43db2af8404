#include "gateway/app/parts/bind_listeners.hpp"

#include "gateway/app/parts/startup_error.hpp"
#include "gateway/app/parts/translate.hpp"

namespace yett::app {
namespace {

using transport::listening_sockets;

listening_sockets bind(config::listener const& one, std::vector<config::listener> const& all, unsigned workers)
{
    auto opened = listening_sockets::open(text_of(one.address), workers, families_of(one, all));
    if (opened) return std::move(*opened);
    auto const& why = opened.error();
    throw startup_error{startup_error::blame::unavailable, why.note() + ": " + why.cause().message()};
}

} // namespace

std::vector<listening_sockets> bind_listeners(std::vector<config::listener> const& listeners, unsigned workers)
{
    std::vector<listening_sockets> made;
    for (auto const& each : listeners) made.push_back(bind(each, listeners, workers));
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
