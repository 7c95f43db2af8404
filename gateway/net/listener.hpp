#pragma once

#include "gateway/base/async/deadlines.hpp"
#include "gateway/base/async/task.hpp"
#include "gateway/base/ip.hpp"
#include "gateway/base/result.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/http/https_entrance.hpp"
#include "gateway/net/admission.hpp"
#include "gateway/net/client_limits.hpp"
#include "gateway/telemetry/metrics.hpp"
#include "gateway/transport/buffered_socket.hpp"
#include "gateway/transport/tls_context.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yett::net {

class client_connection;
class client_session;
class worker;

// Strict-Transport-Security of a listener.
struct hsts_policy
{
    std::string value;
    bool written = false; // by the operator: for private names, and behind a trusted proxy, too
};

// What a listener and all its connections go by. Another certificate makes a new one;
// connections keep the one they began with.
struct listener_settings
{
    std::string name;                            // the configured address
    std::size_t slot = 0;                        // metrics::listener(name)
    std::shared_ptr<transport::tls_context> tls; // null: cleartext
    hsts_policy hsts;
    std::shared_ptr<http::https_entrance const> to_https; // where it sends everybody; null: nowhere
    // Who alone connects, and begins each connection with a PROXY header; nothing: clients come
    // themselves.
    std::optional<std::vector<ip_prefix>> proxies;
    client_limits limits;
    std::shared_ptr<net::admission> admission; // shared by all workers and listeners
    http::answers answers;                     // of this worker
    // Opens the session of a client that speaks HTTP/2 and has sent `first` already; null: it is not spoken.
    std::function<std::unique_ptr<client_session>(client_connection&, std::string_view first)> http2;
};

// Accepts the connections of one address for one worker.
//
// Several are accepted for each wake-up, yet not so many that those already open wait.
// Where there are as many connections as there may be, the silent and the idle make room.
// If all are busy the newcomer is told so, in clear where that costs no handshake. Where proxies
// bring the clients, whoever is none is closed unheard.
//
// Without free descriptors it gives up a reserved one to turn the next client away, and
// rests a moment.
class listener
{
public:
    // Takes over the descriptor, which listens already.
    listener(worker& home, int descriptor, std::shared_ptr<listener_settings const> settings);
    ~listener();
    listener(listener const&) = delete;
    listener& operator=(listener const&) = delete;

    void start();
    // Accepts no more; what is open goes on.
    void stop();
    // For connections that open from now on; on the worker's thread.
    void use(std::shared_ptr<transport::tls_context> tls);
    void use(std::shared_ptr<http::https_entrance const> to_https);
    listener_settings const& settings() const noexcept { return *settings_; }

private:
    using tcp = boost::asio::ip::tcp;
    using acceptor = boost::asio::basic_socket_acceptor<tcp, executor>;

    void wait();
    enum class outcome : unsigned char
    {
        accepted,
        none,
        exhausted
    };
    // Up to a bound for each wake-up; the rest of a burst waits in the backlog for its turn.
    void accept_some();
    outcome accept_one();
    bool is_stranger(ip_address const& peer) const;
    // Counts the client in, or says why not. Whoever was admitted is released once, when the
    // connection ends.
    admission::verdict admit(ip_address const& client);
    admission::verdict admit(ip_address const& client, bool instead);
    void take(int descriptor, ip_address const& client, std::uint16_t port);
    void turn_away(int descriptor, bool with_reply);
    task<void> see_off(transport::tcp_socket client);
    void rest();

    worker& worker_;
    std::shared_ptr<listener_settings const> settings_;
    acceptor acceptor_;
    deadlines::entry resting_;
    std::string sorry_; // a reply, as it is sent
    std::size_t seen_off_ = 0;
    int reserve_ = -1;
};

} // namespace yett::net
