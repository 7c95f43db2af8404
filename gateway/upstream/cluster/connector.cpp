#include "gateway/upstream/cluster/connector.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/basic_resolver.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>

#include <fmt/format.h>

#include <sys/socket.h>

#include <cerrno>
#include <vector>

// A look-up belongs to the connector and not to whoever asked first: its answer serves everybody who waits, and
// one that fails leaves the addresses that worked. It may outlive the connector, which is why it is shared.
// Of several addresses the one that worked last is tried first; all together have one deadline.

namespace yett::upstream {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr seconds believed_for{30};

} // namespace

// What the server's name stands for, and who waits to know.
class connector::addresses : public std::enable_shared_from_this<addresses>
{
public:
    addresses(server_address const& where, executor on) : where_{where}, executor_{on}, resolver_{on}
    {
        error_code not_literal;
        auto const literal = asio::ip::make_address(where.host, not_literal);
        is_literal_ = !not_literal;
        if (is_literal_) known_.emplace_back(literal, where.port);
    }

    std::vector<tcp::endpoint> const& known() const noexcept { return known_; }
    error_code trouble() const noexcept { return trouble_; }

    void refresh(steady_time now)
    {
        if (is_literal_ || resolving_ || (!known_.empty() && now < resolved_at_ + believed_for)) return;
        resolving_ = true;
        auto done = [self = shared_from_this(), now](error_code ec, resolver::results_type const& found) {
            self->resolved(ec, found, now);
        };
        resolver_.async_resolve(where_.host, std::to_string(where_.port), std::move(done));
    }

    // Wakes everybody who waits, at the latest when the deadline calls.
    void wake_all()
    {
        for (auto* w : std::exchange(waiting_, {})) w->wake_later(executor_);
    }
    task<void> wait(waiter& w)
    {
        waiting_.push_back(&w);
        return w.wait();
    }
    void forget(waiter& w) { std::erase(waiting_, &w); }
    executor const& home() const noexcept { return executor_; }

private:
    using resolver = asio::ip::basic_resolver<tcp, executor>;

    void resolved(error_code ec, resolver::results_type const& found, steady_time asked_at)
    {
        resolving_ = false;
        trouble_ = ec;
        resolved_at_ = asked_at;
        if (!ec && !found.empty()) {
            known_.clear();
            for (auto const& entry : found) known_.push_back(entry.endpoint());
        }
        wake_all();
    }

    server_address const where_;
    executor executor_;
    resolver resolver_;
    std::vector<tcp::endpoint> known_;
    std::vector<waiter*> waiting_;
    steady_time resolved_at_{};
    error_code trouble_;
    bool is_literal_ = false;
    bool resolving_ = false;
};

connector::connector(server_address const& where, executor on, base::deadlines& deadlines)
    : where_{where},
      executor_{on},
      deadlines_{deadlines},
      addresses_{std::make_shared<addresses>(where, on)}
{
}

connector::~connector() = default;

task<result<void>> connector::resolved(milliseconds timeout)
{
    auto const names = addresses_;
    names->refresh(deadlines_.now());
    if (!names->known().empty()) co_return result<void>{};

    waiter w;
    base::deadlines::entry limit{[&] {
        names->forget(w);
        w.wake_later(names->home());
    }};
    deadlines_.arm_after(limit, timeout);
    co_await names->wait(w);
    if (names->known().empty())
        co_return upstream_error(errc::upstream_unavailable, fmt::format("{} cannot be resolved", where_.host), names->trouble());
    co_return result<void>{};
}

task<result<stream_socket>> connector::connect(milliseconds timeout)
{
    return where_.scheme == server_scheme::unix_socket ? connect_unix(timeout) : connect_tcp(timeout);
}

task<result<stream_socket>> connector::connect_tcp(milliseconds timeout)
{
    if (auto known = co_await resolved(timeout); !known) co_return known.error();

    auto const endpoints = addresses_->known();
    transport::tcp_socket socket{executor_};
    bool is_late = false;
    base::deadlines::entry limit{[&] {
        is_late = true;
        error_code ignored;
        socket.close(ignored);
    }};
    deadlines_.arm_after(limit, timeout);

    error_code ec;
    for (std::size_t i = 0; i < endpoints.size() && !is_late; ++i) {
        auto const which = (preferred_ + i) % endpoints.size();
        socket = transport::tcp_socket{executor_};
        co_await socket.async_connect(endpoints[which], asio::redirect_error(use_task, ec));
        if (!ec && !is_late) {
            preferred_ = which;
            co_return stream_socket{std::move(socket)};
        }
    }
    if (is_late) co_return late();
    co_return unreachable(ec);
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
