#include "gateway/net/listener.hpp"

#include "gateway/http/bodies/problem.hpp"
#include "gateway/http/http1_writer.hpp"
#include "gateway/net/client_connection.hpp"
#include "gateway/net/worker.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

// Accepting never waits for a client: the socket is readable, a burst is taken, and each connection
// goes its own way. Whoever is refused costs little more than the accept, and hears why where that
// can be said in plain text.
//
// Running out of descriptors is the one failure that does not pass by itself, since the listening
// socket stays readable and a loop would spin. So one descriptor is held in reserve: it is given up
// to take the first in line and turn them away, and then nothing is accepted for a moment (`rest`).

namespace yett::net {

namespace {

// Enough to empty a burst, few enough that open connections hardly wait.
constexpr int accepted_at_once = 16;
constexpr milliseconds rest_without_descriptors{250};
// Whoever is turned away is heard out for a moment: closing at once would reset the
// connection, and a reset can overtake the reply.
constexpr std::size_t seen_off_at_once = 64;
constexpr milliseconds hearing_out{1000};

ip_address address_in(sockaddr_storage const& from)
{
    ip_address out;
    if (from.ss_family == AF_INET6) {
        std::memcpy(out.bytes.data(), &reinterpret_cast<sockaddr_in6 const&>(from).sin6_addr, 16);
    } else {
        out.bytes[10] = out.bytes[11] = 0xff;
        std::memcpy(out.bytes.data() + 12, &reinterpret_cast<sockaddr_in const&>(from).sin_addr, 4);
    }
    return out;
}

std::uint16_t port_in(sockaddr_storage const& from)
{
    if (from.ss_family == AF_INET6) return ntohs(reinterpret_cast<sockaddr_in6 const&>(from).sin6_port);
    return ntohs(reinterpret_cast<sockaddr_in const&>(from).sin_port);
}

// Made once; it is sent when there is least time to make anything.
std::string overloaded_reply()
{
    auto const reply = http::problem_reply(our_error(errc::overloaded), {});
    std::vector<http::field> fields;
    for (auto const& [name, value] : reply.fields) fields.push_back({name, value, http::known_named(name)});
    auto const head = http::reply_head{reply.status, fields, reply.body.size()};
    auto const context = http::reply_context{.keep_alive = false};
    std::string out;
    if (!http::append_reply_head(out, head, context)) return {};
    return out + reply.body;
}

} // namespace

listener::listener(worker& home, int descriptor, std::shared_ptr<listener_settings const> settings)
    : worker_{home},
      settings_{std::move(settings)},
      acceptor_{home.executor()},
      resting_{[this] { wait(); }},
      sorry_{overloaded_reply()},
      reserve_{::open("/dev/null", O_RDONLY | O_CLOEXEC)}
{
    sockaddr_storage own{};
    socklen_t size = sizeof own;
    ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&own), &size);
    acceptor_.assign(own.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), descriptor);
}

listener::~listener()
{
    if (reserve_ >= 0) ::close(reserve_);
}

void listener::start()
{
    wait();
}

void listener::stop()
{
    resting_.disarm();
    boost::system::error_code ignored;
    acceptor_.close(ignored);
}

// Connections that are open hold the settings they began with.
void listener::use(std::shared_ptr<transport::tls_context> tls)
{
    auto next = std::make_shared<listener_settings>(*settings_);
    next->tls = std::move(tls);
    settings_ = std::move(next);
}

void listener::use(std::shared_ptr<http::https_entrance const> to_https)
{
    auto next = std::make_shared<listener_settings>(*settings_);
    next->to_https = std::move(to_https);
    settings_ = std::move(next);
}

void listener::wait()
{
    if (!acceptor_.is_open()) return;
    acceptor_.async_wait(acceptor::wait_read, [this](boost::system::error_code ec) {
        if (ec || !acceptor_.is_open()) return;
        accept_some();
    });
}

void listener::accept_some()
{
    for (int i = 0; i < accepted_at_once; ++i) {
        auto const next = accept_one();
        if (next == outcome::none) break;
        if (next == outcome::exhausted) return rest();
    }
    wait();
}

listener::outcome listener::accept_one()
{
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    auto const fd = ::accept4(acceptor_.native_handle(), reinterpret_cast<sockaddr*>(&from), &size, SOCK_CLOEXEC);
    if (fd >= 0) {
        take(fd, address_in(from), port_in(from));
        return outcome::accepted;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return outcome::none;
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) return outcome::exhausted;
    // The client left before it was taken in; the next one may be there (accept(2)).
    return outcome::accepted;
}

bool listener::is_stranger(ip_address const& peer) const
{
    auto const& proxies = settings_->proxies;
    return proxies && std::ranges::none_of(*proxies, [&](ip_prefix const& each) { return each.contains(peer); });
}

// Those of this worker that nothing is running on make room for a newcomer.
admission::verdict listener::admit(ip_address const& client)
{
    auto const verdict = admit(client, false);
    if (verdict != admission::verdict::too_many || !worker_.connections().make_room()) return verdict;
    return admit(client, true);
}

// A proxy is no client: whose connection it brings is known when it has said so.
admission::verdict listener::admit(ip_address const& client, bool instead)
{
    auto& door = *settings_->admission;
    if (settings_->proxies) return door.admit_unnamed(settings_->limits, instead);
    return door.admit(client, settings_->limits, instead);
}

void listener::take(int descriptor, ip_address const& client, std::uint16_t port)
{
    using telemetry::refused_because;
    auto& figures = worker_.figures();
    if (is_stranger(client)) [[unlikely]] {
        figures.connections_refused[refused_because::proxy_protocol].add();
        return turn_away(descriptor, false);
    }
    auto const verdict = admit(client);
    if (verdict != admission::verdict::admitted) {
        auto const all = verdict == admission::verdict::too_many;
        figures.connections_refused[all ? refused_because::limit : refused_because::client_limit].add();
        return turn_away(descriptor, all && !settings_->tls);
    }
    figures.listeners[settings_->slot].accepted.add();
    transport::tcp_socket socket{worker_.executor()};
    boost::system::error_code ec;
    socket.assign(client.is_v4() ? tcp::v4() : tcp::v6(), descriptor, ec);
    if (ec) {
        if (settings_->proxies) settings_->admission->release_unnamed();
        else settings_->admission->release(client);
        ::close(descriptor);
        return;
    }
    http::peer peer;
    peer.ip = client;
    peer.address = to_string(client);
    peer.port = port;
    peer.tls = settings_->tls != nullptr;
    peer.listener = settings_->name;
    client_connection::start(worker_, settings_, std::move(socket), std::move(peer));
}

void listener::turn_away(int descriptor, bool with_reply)
{
    transport::tcp_socket client{worker_.executor()};
    boost::system::error_code ec;
    if (with_reply && seen_off_ < seen_off_at_once) client.assign(tcp::v4(), descriptor, ec);
    if (ec || !client.is_open()) {
        ::close(descriptor);
        return;
    }
    (void)::send(descriptor, sorry_.data(), sorry_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    client.shutdown(transport::tcp_socket::shutdown_send, ec);
    ++seen_off_;
    boost::asio::co_spawn(worker_.executor(), see_off(std::move(client)), boost::asio::detached);
}

task<void> listener::see_off(transport::tcp_socket client)
{
    std::array<char, 4096> ignored;
    boost::system::error_code ec;
    deadlines::entry enough{[&client, &ec] { client.close(ec); }};
    worker_.deadlines().arm_after(enough, hearing_out);
    auto const room = boost::asio::buffer(ignored);
    boost::system::error_code ended;
    while (!ended) co_await client.async_read_some(room, boost::asio::redirect_error(use_task, ended));
    --seen_off_;
}

// Without descriptors the backlog stays readable and a loop would spin. The reserved one
// lets the first client in line be turned away instead of left hanging.
void listener::rest()
{
    if (reserve_ >= 0) {
        ::close(reserve_);
        auto const fd = ::accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC);
        if (fd >= 0) ::close(fd);
        worker_.figures().connections_refused[telemetry::refused_because::limit].add();
    }
    reserve_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    worker_.deadlines().arm_after(resting_, rest_without_descriptors);
}

} // namespace yett::net
