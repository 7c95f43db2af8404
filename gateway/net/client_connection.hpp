#pragma once

#include "gateway/net/connection.hpp"
#include "gateway/net/listener.hpp"
#include "gateway/net/proxy_header.hpp"
#include "gateway/net/client_session.hpp"
#include "gateway/net/worker.hpp"
#include "gateway/transport/byte_stream.hpp"

#include <memory>
#include <optional>

namespace yett::transport {
class byte_stream;
class tls_stream;
} // namespace yett::transport

namespace yett::net {

// A client's connection from its acceptance to its end: a proxy's word about whose it is, where one
// is wanted, the handshake, the protocol that was agreed on, the sleep between two requests, and an end at which the client sees the last reply.
// What is said on it is the session's business. It keeps itself alive until then.
//
//   opening ─→ serving ─→ ending
//                │  ↑
//                ↓  │ a byte, or the client's end
//               parked ─→ ending (idle too long, draining, or its place is needed)
class client_connection final : public connection, public std::enable_shared_from_this<client_connection>
{
public:
    // Starts to serve. The admission of the client is released when the connection ends.
    static void start(net::worker& home, std::shared_ptr<listener_settings const> settings, transport::tcp_socket socket,
                      http::peer client);

    client_connection(net::worker& home, std::shared_ptr<listener_settings const> settings, transport::tcp_socket socket,
                      http::peer client);
    ~client_connection();

    // Orders of the worker: end after the reply that is under way; end now; end if nothing is under
    // way.
    void drain() override;
    void close_now() override;
    void make_room() override;

    // For the session.
    net::worker& worker() noexcept { return worker_; }
    listener_settings const& settings() const noexcept { return *settings_; }
    transport::byte_stream& stream() noexcept { return *stream_; }
    http::peer const& peer() const noexcept { return peer_; }
    // Expires: reading fails with timed_out; a parked connection ends.
    deadlines::entry& reading() noexcept { return reading_; }

private:
    enum class state : unsigned char
    {
        opening, // a PROXY header, the handshake
        serving, // a coroutine runs
        parked,  // none does: nothing is held but what TLS needs, and the client's next byte starts one
        ending,
    };

    void resume();
    task<void> run();
    // Up to the session: what a proxy says of the client, the handshake, or the look whether a
    // client speaks TLS where it should not.
    task<disposition> open_session();
    // False when the connection is to end, and was counted where that is worth a count.
    task<bool> hear_proxy();
    task<result<proxy_header>> receive_proxy_header();
    bool believe(proxy_header const& told);
    void count_refused(error const& why);
    task<result<void>> shake_hands();
    void speak_in_clear();
    std::unique_ptr<client_session> open_agreed();
    void turn_to_http2(std::string_view first);
    void promise_https();
    void count_handshake(bool done);
    void park();
    void wake_up();
    void end_parked();
    void stop_reading(errc why);
    task<void> end(disposition how);
    void reading_expired();
    transport::tls_stream& tls() noexcept;

    net::worker& worker_;
    std::shared_ptr<listener_settings const> settings_;
    std::unique_ptr<transport::byte_stream> stream_;
    http::peer peer_;
    std::unique_ptr<http::https_entrance const> entrance_; // of a client that did not speak TLS
    deadlines::entry reading_;
    std::unique_ptr<client_session> session_;
    state state_ = state::opening;
    bool unnamed_; // a proxy is yet to say whose it is
};

} // namespace yett::net
