#include "gateway/net/client_connection.hpp"

#include "gateway/net/http1_session.hpp"
#include "gateway/transport/plain_stream.hpp"
#include "gateway/transport/tls_stream.hpp"

#include <boost/asio/co_spawn.hpp>

#include <algorithm>

// Most connections of a crowd are silent most of the time, and a silent one has to be small. The
// coroutine that waits for a request would hold more memory than all of its connection but the TLS
// state, so a connection that waits is parked: the session returns (`disposition::parked`), the coroutine
// ends, and what is left is one wait for readiness that keeps the connection alive. The next byte, or
// the client's end, starts another coroutine, which finds the session as it was left.
//
// Whoever wants to end a connection looks at its state. A parked one has nobody to tell, so it is
// closed, which ends the wait. One that is served is told by its pending read, which fails; its
// coroutine then ends the connection in its own order. Between the session's decision to park and the
// moment when the connection is parked there is a turn of the event loop; a connection that is to end
// in it is still served, and its coroutine looks at the read's failure first.

namespace yett::net {

namespace {

// Each worker has a thread of its own.
std::uint64_t next_number()
{
    thread_local std::uint64_t last = 0;
    return ++last;
}

telemetry::certificate_refusal refusal_for(transport::certificate_fault fault)
{
    using enum transport::certificate_fault;
    using telemetry::certificate_refusal;
    switch (fault) {
    case missing: return certificate_refusal::missing;
    case untrusted: return certificate_refusal::untrusted;
    case expired: return certificate_refusal::expired;
    case revoked: return certificate_refusal::revoked;
    case crl_expired: return certificate_refusal::crl_expired;
    case crl_missing: return certificate_refusal::crl_missing;
    case other: break;
    }
    return certificate_refusal::other;
}

std::unique_ptr<transport::byte_stream> stream_over(transport::tcp_socket socket, worker& home, listener_settings const& settings)
{
    auto& small = home.small_buffers();
    auto& bulk = home.bulk_buffers();
    if (settings.tls) return std::make_unique<transport::tls_stream>(std::move(socket), small, bulk, settings.tls);
    return std::make_unique<transport::plain_stream>(std::move(socket), origin::client, small, bulk);
}

} // namespace

void client_connection::start(net::worker& home, std::shared_ptr<listener_settings const> settings, transport::tcp_socket socket,
                              http::peer client)
{
    auto const made = std::make_shared<client_connection>(home, std::move(settings), std::move(socket), std::move(client));
    made->resume();
}

client_connection::client_connection(net::worker& home, std::shared_ptr<listener_settings const> settings,
                                     transport::tcp_socket socket, http::peer client)
    : worker_{home},
      settings_{std::move(settings)},
      stream_{stream_over(std::move(socket), home, *settings_)},
      peer_{std::move(client)},
      reading_{[this] { reading_expired(); }},
      unnamed_{settings_->proxies.has_value()}
{
    peer_.connection = next_number();
    peer_.to_https = settings_->to_https.get();
    if (settings_->hsts.written) peer_.hsts_by_proxy = settings_->hsts.value;
    worker_.enter(*this);
    worker_.connections().is_silent(*this);
    worker_.figures().listeners[settings_->slot].open.add(1);
}

client_connection::~client_connection()
{
    worker_.leave(*this);
    worker_.figures().listeners[settings_->slot].open.add(-1);
    if (unnamed_) settings_->admission->release_unnamed();
    else settings_->admission->release(peer_.ip);
}

// --- the life of a connection ------------------------------------------------------

void client_connection::resume()
{
    // Nothing is thrown but for want of memory; then this connection alone ends.
    auto ended = [self = shared_from_this()](std::exception_ptr const& failed) {
        if (failed) self->close_now();
    };
    boost::asio::co_spawn(worker_.executor(), run(), std::move(ended));
}

task<void> client_connection::run()
{
    auto how = disposition::quiet;
    if (state_ == state::opening) how = co_await open_session();
    if (session_) {
        state_ = state::serving;
        how = co_await session_->serve();
        if (how == disposition::speaks_http2) {
            turn_to_http2(session_->received());
            how = co_await session_->serve();
        }
        session_->leave_exchange();
    }
    if (how == disposition::parked) park();
    else co_await end(how);
}

// The protocol is known once hands were shaken; in clear it is HTTP/1 until a client begins otherwise. How the
// connection ends where no session could be opened.
task<disposition> client_connection::open_session()
{
    auto how = disposition::quiet;
    if (unnamed_) [[unlikely]] {
        auto const named = co_await hear_proxy();
        if (!named) co_return how;
    }
    auto const shaken = co_await shake_hands();
    if (!shaken && shaken.error() == errc::bad_request) how = disposition::lingering;
    if (!shaken && tls().met_cleartext()) speak_in_clear();
    if (shaken || entrance_) session_ = open_agreed();
    co_return how;
}

std::unique_ptr<client_session> client_connection::open_agreed()
{
    auto const http2 = settings_->http2 && settings_->tls && !entrance_ && tls().protocol() == "h2";
    if (!http2) return std::make_unique<http1_session>(*this);
    turn_to_http2({});
    return std::move(session_);
}

// Requests of many users may come on it: nothing is bound to it.
void client_connection::turn_to_http2(std::string_view first)
{
    peer_.connection = 0;
    session_ = settings_->http2(*this, first);
}

// Before everything else, TLS as well.
task<bool> client_connection::hear_proxy()
{
    worker_.deadlines().arm_after(reading_, settings_->limits.handshake_timeout);
    auto const told = co_await receive_proxy_header();
    reading_.disarm();
    if (!told) count_refused(told.error());
    auto const known = told && believe(*told);
    co_return known;
}

// It may come in pieces. What the client says behind it stays with the socket.
task<result<proxy_header>> client_connection::receive_proxy_header()
{
    auto& socket = stream_->socket();
    std::string received;
    for (;;) {
        auto const filled = co_await socket.fill();
        if (!filled && (received.empty() || filled.error() == errc::timed_out)) co_return filled.error();
        if (!filled) co_return client_error(errc::bad_request, "the connection ended within its PROXY header");
        auto const known = received.size();
        auto const came = socket.input().first(std::min(socket.input().size(), longest_proxy_header - known));
        received.append(came.data(), came.size());
        auto const found = read_proxy_header(received);
        if (!found) co_return found.error();
        socket.consume(*found ? (*found)->bytes - known : came.size());
        if (*found) co_return **found;
    }
}

// From here on the client is whom the proxy named, as if it had connected itself.
bool client_connection::believe(proxy_header const& told)
{
    if (told.client) {
        peer_.ip = told.client->ip;
        peer_.address = to_string(peer_.ip);
        peer_.port = told.client->port;
    }
    if (told.tls) peer_.tls = true;
    if (told.tls && settings_->hsts.written) peer_.hsts = settings_->hsts.value;
    unnamed_ = settings_->admission->name(peer_.ip, settings_->limits) != admission::verdict::admitted;
    if (unnamed_) worker_.figures().connections_refused[telemetry::refused_because::client_limit].add();
    return !unnamed_;
}

// A health check that only connects has said nothing wrong, nor has whoever was told to make room.
void client_connection::count_refused(error const& why)
{
    auto const left = why == errc::peer_closed || why == errc::peer_broke_off || why == errc::stopping;
    if (!left) worker_.figures().connections_refused[telemetry::refused_because::proxy_protocol].add();
}

task<result<void>> client_connection::shake_hands()
{
    if (!settings_->tls) co_return result<void>{};
    worker_.deadlines().arm_after(reading_, settings_->limits.handshake_timeout);
    auto shaken = co_await tls().handshake();
    reading_.disarm();
    count_handshake(shaken.has_value());
    if (shaken) {
        peer_.tls_version = tls().version();
        peer_.server_name = tls().server_name();
        peer_.certificate = tls().certificate();
        promise_https();
    }
    co_return shaken;
}

transport::tls_stream& client_connection::tls() noexcept
{
    return static_cast<transport::tls_stream&>(*stream_);
}

// Somebody typed http:// for https://. Whatever they ask, they are told in the language they
// speak to ask where TLS is spoken; see peer::to_https.
void client_connection::speak_in_clear()
{
    http::certificate_names names{settings_->tls->names()};
    entrance_ = std::make_unique<http::https_entrance const>(std::move(names), http::https_entrance::as_asked);
    peer_.tls = false;
    peer_.to_https = entrance_.get();
}

// Where nobody wrote what to promise, it is promised for names that the whole world knows.
void client_connection::promise_https()
{
    auto const& name = peer_.server_name;
    auto const& promise = settings_->hsts;
    if (promise.value.empty() || !http::may_be_https_only(name)) return;
    if (promise.written || settings_->tls->has_public(name)) peer_.hsts = promise.value;
}

void client_connection::count_handshake(bool done)
{
    using telemetry::handshake, telemetry::tls_version;
    auto& counts = worker_.figures().tls_handshakes;
    if (!done) {
        counts[tls_version::unknown][handshake::failed].add();
        if (auto const fault = tls().fault()) worker_.figures().certificates_refused[refusal_for(*fault)].add();
        return;
    }
    auto const version = tls().version() == "TLSv1.3" ? tls_version::tls13 : tls_version::tls12;
    counts[version][tls().resumed() ? handshake::resumed : handshake::full].add();
}

// --- parked ------------------------------------------------------------------------

void client_connection::park()
{
    state_ = state::parked;
    worker_.connections().rests(*this);
    stream_->socket().park([self = shared_from_this()] {
        if (self->state_ == state::parked) self->wake_up();
    });
}

void client_connection::wake_up()
{
    state_ = state::serving;
    if (session_->was_used()) open_connections::speaks(*this);
    resume();
}

// Closing ends the wait, and with it the connection.
void client_connection::end_parked()
{
    state_ = state::ending;
    stream_->say_goodbye();
    stream_->socket().close();
}

// --- endings -----------------------------------------------------------------------

// Closing a socket that still receives resets it, and a reset can overtake the reply. So
// the client is told that nothing follows and heard out for a while (RFC 9112 section 9.6).
task<void> client_connection::end(disposition how)
{
    state_ = state::ending;
    auto& socket = stream_->socket();
    if (how == disposition::broken) socket.reset();
    else stream_->say_goodbye();
    if (how == disposition::lingering && !socket.broken()) {
        socket.finish_sending();
        socket.resume_reading();
        worker_.deadlines().arm_after(reading_, settings_->limits.linger_timeout);
        co_await socket.discard();
        reading_.disarm();
    }
    socket.close();
}

void client_connection::stop_reading(errc why)
{
    if (state_ == state::parked) end_parked();
    else stream_->socket().interrupt_reading(why);
}

void client_connection::drain()
{
    auto const opening = state_ != state::parked && !session_;
    if (!opening && !(session_->drain() && state_ != state::parked)) stop_reading(errc::stopping);
}

void client_connection::make_room()
{
    stop_reading(errc::stopping);
}

void client_connection::close_now()
{
    stream_->socket().reset();
    if (session_) session_->client_is_gone();
}

void client_connection::reading_expired()
{
    stop_reading(errc::timed_out);
}

} // namespace yett::net
