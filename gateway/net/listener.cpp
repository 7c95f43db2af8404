#include "gateway/net/listener.hpp"

#include "gateway/http/bodies/problem.hpp"
#include "gateway/http/http1_writer.hpp"
#include "gateway/net/client_connection.hpp"
#include "gateway/net/worker.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstring>

// Accepting never waits for a client: the socket is readable, a burst is taken, and each connection
// goes its own way. Whoever is refused costs little more than the accept, and hears why where that
// can be said in plain text.
//
// Each worker has its own socket on the same port (SO_REUSEPORT), and the kernel deals connections
// out. That is why a port is probed first without the option: another program of the same user
// could have it, and the two would silently share the clients.
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
int bound(addrinfo const& to, bool shared)
{
    auto const fd = ::socket(to.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    auto const ready = set(fd, SOL_SOCKET, SO_REUSEADDR, 1) && (!shared || set(fd, SOL_SOCKET, SO_REUSEPORT, 1)) &&
                       (to.ai_family != AF_INET6 || set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1)) &&
                       set(fd, IPPROTO_TCP, TCP_NODELAY, 1) && set(fd, SOL_SOCKET, SO_KEEPALIVE, 1) &&
                       ::bind(fd, to.ai_addr, to.ai_addrlen) == 0;
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

// --- listening_sockets -------------------------------------------------------------

result<listening_sockets> listening_sockets::open(std::string_view address, std::size_t count)
{
    address_list found;
    if (!resolve(address, found)) return cannot_listen(address, EINVAL);
    auto& to = *found.first;
    auto const shared = count > 1;
    if (shared && port_in(to.ai_addr) != 0) {
        // Sockets that share a port would silently share it with another program, too.
        auto const probe = bound(to, false);
        if (probe < 0) return cannot_listen(address, errno);
        ::close(probe);
    }
    listening_sockets made;
    for (std::size_t i = 0; i < count; ++i) {
        auto const fd = bound(to, shared);
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

// --- listener ----------------------------------------------------------------------

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
        take(fd, address_in(from), ntohs(port_in(reinterpret_cast<sockaddr*>(&from))));
        return outcome::accepted;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return outcome::none;
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) return outcome::exhausted;
    // The client left before it was taken in; the next one may be there (accept(2)).
    return outcome::accepted;
}

// Those of this worker that nothing is running on make room for a newcomer.
admission::verdict listener::admit(ip_address const& client)
{
    auto& door = *settings_->admission;
    auto const verdict = door.admit(client, settings_->limits);
    if (verdict != admission::verdict::too_many || !worker_.connections().make_room()) return verdict;
    return door.admit(client, settings_->limits, true);
}

void listener::take(int descriptor, ip_address const& client, std::uint16_t port)
{
    using telemetry::refused_because;
    auto& figures = worker_.figures();
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
        settings_->admission->release(client);
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
