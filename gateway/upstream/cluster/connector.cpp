#include "gateway/upstream/cluster/connector.hpp"

#include "gateway/upstream/addresses/address_race.hpp"

#include <boost/asio/local/stream_protocol.hpp>

#include <fmt/format.h>

#include <sys/socket.h>

#include <cerrno>

// Addresses of a name are known to `resolved_name`, and a race decides which of them a connection is to. What is
// remembered from race to race is who lost: they come last until the name was looked up again, for then they may be
// other ones, or well.

namespace yett::upstream {

namespace asio = boost::asio;
using boost::system::error_code;

connector::connector(server_address const& where, executor on, base::deadlines& deadlines)
    : where_{where},
      executor_{on},
      deadlines_{deadlines}
{
    if (where.scheme != server_scheme::unix_socket)
        name_ = std::make_shared<resolved_name>(where.host, where.port, on, deadlines);
}

connector::~connector()
{
    if (name_) name_->stop();
}

task<result<stream_socket>> connector::connect(milliseconds timeout)
{
    return where_.scheme == server_scheme::unix_socket ? connect_unix(timeout) : connect_tcp(timeout);
}

task<result<stream_socket>> connector::connect_tcp(milliseconds timeout)
{
    auto const name = name_;
    if (name->known().empty()) co_await name->wait(timeout);
    if (name->known().empty())
        co_return upstream_error(errc::upstream_unavailable, fmt::format("{} cannot be resolved", where_.host), name->trouble());

    if (std::exchange(looked_up_, name->look_ups()) != name->look_ups()) shunned_.clear();
    auto const race = std::make_shared<address_race>(in_order(name->known(), turn_++, shunned_), executor_, deadlines_);
    co_await race->run(timeout);
    if (auto won = race->take()) {
        shunned_.insert(shunned_.end(), race->losers().begin(), race->losers().end());
        co_return stream_socket{std::move(*won)};
    }
    shunned_.clear();
    if (race->is_late()) co_return late();
    co_return unreachable(race->trouble());
}

// Such a socket connects at once or not at all: when the server has not accepted what waits already it
// says so (EAGAIN), and there is no event for the moment when it has (unix(7)). So it is asked again.
task<result<stream_socket>> connector::connect_unix(milliseconds timeout)
{
    asio::local::stream_protocol::endpoint const at{where_.host};
    auto const until = deadlines_.now() + timeout;
    for (;;) {
        asio::basic_stream_socket<asio::local::stream_protocol, executor> socket{executor_};
        error_code ec;
        socket.open(asio::local::stream_protocol{}, ec);
        if (!ec) socket.native_non_blocking(true, ec);
        if (ec) co_return unreachable(ec);
        if (::connect(socket.native_handle(), at.data(), static_cast<socklen_t>(at.size())) == 0)
            co_return stream_socket{std::move(socket)};
        std::error_code const why{errno, std::system_category()};
        if (why != std::errc::resource_unavailable_try_again) co_return unreachable(why);
        if (deadlines_.now() >= until) co_return late();
        waiter w;
        base::deadlines::entry soon{[&] { w.wake_later(executor_); }};
        deadlines_.arm_after(soon, base::deadlines::step);
        co_await w.wait();
    }
}

error connector::unreachable(std::error_code why) const
{
    return upstream_error(errc::upstream_unavailable, fmt::format("{} cannot be reached", where_.text), why);
}

error connector::late() const
{
    return upstream_error(errc::upstream_timeout, fmt::format("{} does not take connections in time", where_.text));
}

} // namespace yett::upstream
