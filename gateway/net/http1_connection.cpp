#include "gateway/net/http1_connection.hpp"

#include "gateway/http/framing.hpp"
#include "gateway/http/http1_writer.hpp"
#include "gateway/transport/plain_stream.hpp"
#include "gateway/transport/tls_stream.hpp"

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <cstring>

namespace yett::net {

namespace {

// A connection that waits for a request falls asleep within two ticks of the deadlines. What
// it gives back then lies between what later connections keep, so the longer it waits, the
// more holes a crowd leaves in memory: a second of it is 1.5 KiB for each of 2,000.
constexpr milliseconds silence{0};
// The same for an exchange, whose client is looked at from then on.
constexpr milliseconds first_look{0};
// After so long without a byte a half-read head gives its buffer back, and a client that
// cannot be watched is looked at again.
constexpr milliseconds long_silence{1000};

// Each worker has a thread of its own.
std::uint64_t next_number()
{
    thread_local std::uint64_t last = 0;
    return ++last;
}

} // namespace

void http1_connection::start(worker& home, std::shared_ptr<listener_settings const> settings, transport::tcp_socket socket,
                             ip_address const& client, http::peer peer)
{
    auto const made = std::make_shared<http1_connection>(home, std::move(settings), std::move(socket), client, std::move(peer));
    made->resume();
}

void http1_connection::resume()
{
    // Nothing is thrown but for want of memory; then this connection alone ends.
    auto ended = [self = shared_from_this()](std::exception_ptr const& failed) {
        if (failed) self->close_now();
    };
    boost::asio::co_spawn(worker_.executor(), run(), std::move(ended));
}

http1_connection::http1_connection(worker& home, std::shared_ptr<listener_settings const> settings, transport::tcp_socket socket,
                                   ip_address const& client, http::peer peer)
    : worker_{home},
      settings_{std::move(settings)},
      client_{client},
      peer_{std::move(peer)},
      reading_{[this] { reading_expired(); }},
      writing_{[this] { writing_expired(); }},
      quiet_{[this] { be_quiet(); }}
{
    peer_.connection = next_number();
    peer_.to_https = settings_->to_https.get();
    if (settings_->hsts.written) peer_.hsts_by_proxy = settings_->hsts.value;
    auto& small = home.small_buffers();
    auto& large = home.large_buffers();
    if (settings_->tls) {
        auto secure = std::make_unique<transport::tls_stream>(std::move(socket), small, large, settings_->tls);
        tls_ = secure.get();
        stream_ = std::move(secure);
    } else {
        stream_ = std::make_unique<transport::plain_stream>(std::move(socket), origin::client, small, large);
    }
    worker_.enter(*this);
    worker_.is_silent(*this);
    worker_.figures().listeners[settings_->slot].open.add(1);
}

http1_connection::~http1_connection()
{
    worker_.leave(*this);
    worker_.figures().listeners[settings_->slot].open.add(-1);
    settings_->admission->release(client_);
}

// --- the life of a connection ------------------------------------------------------

task<void> http1_connection::run()
{
    auto how = ending::quiet;
    auto const shaken = co_await shake_hands();
    if (shaken) {
        how = co_await serve();
        exchange_.reset();
    } else if (shaken.error() == errc::bad_request) {
        how = ending::lingering;
        if (tls_->met_cleartext()) how = co_await serve_in_clear();
        exchange_.reset();
    }
    if (how == ending::asleep) fall_asleep();
    else co_await end(how);
}

// Somebody typed http:// for https://. Whatever they ask, they are told in the language they
// speak to ask where TLS is spoken; see peer::to_https.
task<http1_connection::ending> http1_connection::serve_in_clear()
{
    http::certificate_names names{settings_->tls->names()};
    entrance_ = std::make_unique<http::https_entrance const>(std::move(names), http::https_entrance::as_asked);
    peer_.tls = false;
    peer_.to_https = entrance_.get();
    co_return co_await serve();
}

// The coroutine of a silent client would hold more memory than all of the connection but
// its TLS state, so it ends; the next byte starts another.
void http1_connection::fall_asleep()
{
    worker_.rests(*this);
    auto& socket = stream_->socket();
    socket.resume_reading();
    socket.park([self = shared_from_this()] {
        if (self->asleep_) self->wake_up();
    });
}

void http1_connection::wake_up()
{
    asleep_ = false;
    if (kept_) worker::speaks(*this);
    resume();
}

task<result<void>> http1_connection::shake_hands()
{
    if (tls_ == nullptr || std::exchange(shaken_, true)) co_return result<void>{};
    worker_.deadlines().arm_after(reading_, settings_->limits.handshake_timeout);
    auto shaken = co_await tls_->handshake();
    reading_.disarm();
    count_handshake(shaken.has_value());
    if (shaken) {
        peer_.tls_version = tls_->version();
        peer_.server_name = tls_->server_name();
        promise_https();
    }
    co_return shaken;
}

// Where nobody wrote what to promise, it is promised for names that the whole world knows.
void http1_connection::promise_https()
{
    auto const& name = peer_.server_name;
    auto const& promise = settings_->hsts;
    if (promise.value.empty() || !http::may_be_https_only(name)) return;
    if (promise.written || settings_->tls->has_public(name)) peer_.hsts = promise.value;
}

void http1_connection::count_handshake(bool done)
{
    using telemetry::handshake, telemetry::tls_version;
    auto& counts = worker_.figures().tls_handshakes;
    if (!done) return counts[tls_version::unknown][handshake::failed].add();
    auto const version = tls_->version() == "TLSv1.3" ? tls_version::tls13 : tls_version::tls12;
    counts[version][tls_->resumed() ? handshake::resumed : handshake::full].add();
}

task<http1_connection::ending> http1_connection::serve()
{
    for (;;) {
        auto const head_bytes = co_await receive_head();
        if (!head_bytes) {
            if (asleep_) co_return ending::asleep;
            // Bytes that stopped before they were a head deserve to hear why.
            if (have_ == 0 || head_bytes.error() != errc::timed_out) co_return ending::quiet;
            co_await refuse(head_bytes.error());
            co_return ending::lingering;
        }
        auto const refused = open_exchange(*head_bytes);
        if (!refused) {
            co_await refuse(refused.error());
            co_return ending::lingering;
        }
        auto& ex = *exchange_;
        co_await settings_->answers.request(ex);
        if (ex.outlet().is_pouring()) co_await ex.outlet().poured();
        stream_->socket().unpark();
        if (!ex.finished()) co_return ending::broken;
        if (!ex.keeps_alive()) co_return ending::lingering;
        if (!ex.body_complete() && !co_await ex.drain_body()) co_return ending::lingering;
        keep_what_follows(ex.behind());
        exchange_.reset();
        kept_ = true;
    }
}

// --- a head ------------------------------------------------------------------------

// How many bytes to hand to framing.
task<result<std::size_t>> http1_connection::receive_head()
{
    std::size_t seen = 0;
    auto waits = have_ == 0 ? wait_for::first_byte : wait_for::rest;
    for (;;) {
        if (skip_line_end()) {
            seen = 0;
            if (have_ == 0) waits = wait_for::first_byte;
        }
        if (have_ > seen && !is_half_a_line_end()) {
            auto const end = http::framing::end_of_head({head_.data(), have_}, seen);
            // What has outgrown its limit is complete in that it is to be refused by name.
            auto const outgrown = have_ > settings_->limits.header_bytes || have_ == head_room().size();
            if (end != http::framing::npos || outgrown) co_return std::min(end, have_);
            seen = have_;
        }
        if (!head_) head_ = worker_.large_buffers().take();
        auto const got = stream_->read_now(head_room().subspan(have_));
        if (!got) co_return got.error();
        have_ += *got;
        if (*got != 0) {
            worker::speaks(*this);
            continue;
        }

        if (have_ == 0) head_.reset();
        if (waits == wait_for::first_byte && worker_.draining()) co_return client_error(errc::stopping);
        arm_for_head(waits);
        auto const filled = co_await stream_->socket().fill();
        idle_ = false;
        // The timeout counts from the first byte; later ones do not put it off.
        waits = waits == wait_for::first_byte ? wait_for::rest : wait_for::rest_still;
        if (!filled) co_return filled.error();
        // It spoke up in the moment it was to be left alone.
        if (std::exchange(asleep_, false)) stream_->socket().resume_reading();
    }
}

// One line end behind a request's body is no part of it and not of the next one (RFC 9112
// section 2.2). Another one, or one before the first request, is refused by framing.
bool http1_connection::is_half_a_line_end() const noexcept
{
    return kept_ && !line_end_skipped_ && have_ == 1 && *head_.data() == '\r';
}

bool http1_connection::skip_line_end() noexcept
{
    constexpr std::string_view line_end = "\r\n";
    if (have_ == 0 || !kept_ || line_end_skipped_ || !std::string_view{head_.data(), have_}.starts_with(line_end)) return false;
    line_end_skipped_ = true;
    have_ -= line_end.size();
    if (have_ != 0) std::memmove(head_.data(), head_.data() + line_end.size(), have_);
    return true;
}

void http1_connection::arm_for_head(wait_for what)
{
    auto& deadlines = worker_.deadlines();
    auto const& limits = settings_->limits;
    idle_ = what == wait_for::first_byte;
    if (idle_) deadlines.arm_after(reading_, kept_ ? limits.idle_timeout : limits.first_byte_timeout);
    if (what == wait_for::rest) deadlines.arm_after(reading_, limits.header_timeout);
    deadlines.arm_after(quiet_, idle_ ? silence : long_silence);
}

std::span<char> http1_connection::head_room() const noexcept
{
    auto const fields = settings_->limits.header_fields * sizeof(http::field);
    return head_.bytes().first(head_.size() - std::min(fields, head_.size() / 2));
}

// The fields lie behind the bytes they point into, and live and die with them.
std::span<http::field> http1_connection::field_room() const noexcept
{
    auto const room = head_.bytes().subspan(head_room().size());
    return {reinterpret_cast<http::field*>(room.data()), room.size() / sizeof(http::field)};
}

// --- an exchange -------------------------------------------------------------------

result<void> http1_connection::open_exchange(std::size_t head_bytes)
{
    reading_.disarm();
    auto const& limits = settings_->limits;
    auto const room = field_room();
    auto const framed = http::framing::limits{.header_bytes = limits.header_bytes,
                                              .fields = std::min(limits.header_fields, room.size()),
                                              .target_bytes = limits.target_bytes,
                                              .methods = limits.methods};
    auto const head = http::framing::read_request({head_.data(), head_bytes}, room, framed);
    if (!head) return head.error();
    auto where = http::target::from(*head);
    if (!where) return where.error();
    auto const around = http1_surroundings{worker_, *stream_, peer_, limits, reading_, writing_, *this};
    auto const behind = std::span{head_.data(), have_}.subspan(head_bytes);
    exchange_ = std::make_unique<http1_exchange>(around, *head, std::move(*where), behind);
    half_close_.reset();
    line_end_skipped_ = false;
    worker_.deadlines().arm_after(quiet_, first_look);
    return {};
}

// What was read beyond the request moves to where the next head begins.
void http1_connection::keep_what_follows(std::span<char> behind)
{
    have_ = behind.size();
    if (have_ != 0) std::memmove(head_.data(), behind.data(), have_);
}

// Answers bytes that never became a request.
task<void> http1_connection::refuse(error why)
{
    auto const received = head_ ? std::string_view{head_.data(), have_} : std::string_view{};
    auto const reply = settings_->answers.refusal(peer_, why, received);
    std::vector<http::field> fields;
    fields.reserve(reply.fields.size());
    for (auto const& [name, value] : reply.fields) fields.push_back({name, value, http::known_named(name)});
    auto const head = http::reply_head{reply.status, fields, reply.body.size()};
    auto const context = http::reply_context{.keep_alive = false, .date = worker_.date(), .hsts = peer_.hsts};
    std::string out;
    if (!http::append_reply_head(out, head, context)) co_return;
    out += reply.body;
    worker_.deadlines().arm_after(writing_, settings_->limits.linger_timeout);
    co_await stream_->write(out);
    writing_.disarm();
}

// --- endings -----------------------------------------------------------------------

// Closing a socket that still receives resets it, and a reset can overtake the reply. So
// the client is told that nothing follows and heard out for a while (RFC 9112 section 9.6).
task<void> http1_connection::end(ending how)
{
    auto& socket = stream_->socket();
    if (how == ending::broken) socket.reset();
    else stream_->say_goodbye();
    if (how == ending::lingering && !socket.broken()) {
        socket.finish_sending();
        socket.resume_reading();
        worker_.deadlines().arm_after(reading_, settings_->limits.linger_timeout);
        co_await socket.discard();
        reading_.disarm();
    }
    socket.close();
}

void http1_connection::drain()
{
    if (asleep_) end_asleep();
    else if (idle_) stream_->socket().interrupt_reading(errc::stopping);
}

// Closing ends the wait, and with it the connection.
void http1_connection::end_asleep()
{
    stream_->say_goodbye();
    stream_->socket().close();
}

void http1_connection::make_room()
{
    if (asleep_) end_asleep();
    else stream_->socket().interrupt_reading(errc::stopping);
}

void http1_connection::close_now()
{
    stream_->socket().reset();
    if (exchange_) exchange_->client_is_gone();
}

void http1_connection::reading_expired()
{
    if (asleep_) end_asleep();
    else stream_->socket().interrupt_reading(errc::timed_out);
}

// Without an exchange it is the refusal of bytes that never were one.
void http1_connection::writing_expired()
{
    if (exchange_ && !exchange_->outlet().is_late()) return;
    if (exchange_) worker_.figures().clients_given_up[telemetry::given_up::slow_reader].add();
    stream_->socket().interrupt_writing(errc::timed_out);
}

void http1_connection::be_quiet()
{
    auto& socket = stream_->socket();
    if (idle_ && socket.filling()) {
        asleep_ = true;
        return socket.interrupt_reading(errc::stopping);
    }
    if (socket.filling()) socket.go_quiet();
    if (!exchange_ || exchange_->abandoned()) return;
    worker_.deadlines().arm_after(quiet_, long_silence);
    look_after_client();
}

// Whoever waits for input hears of its end anyway; else somebody has to look. What a tunnel
// is told passes through it, so that only a reset is left.
void http1_connection::look_after_client()
{
    auto& socket = stream_->socket();
    if (socket.filling() || !socket.is_open()) return;
    auto const heard = exchange_->is_tunnel() ? socket.standing(transport::peer_says::more) : stream_->overhear();
    if (heard == transport::peer_says::gone) return exchange_->client_is_gone();
    if (heard == transport::peer_says::finished && !exchange_->is_tunnel()) return client_finished();
    // Bytes that nobody wants yet would wake a watch for ever.
    if (heard == transport::peer_says::nothing)
        socket.park([self = shared_from_this()] {
            if (self->exchange_ && !self->exchange_->abandoned()) self->look_after_client();
        });
}

void http1_connection::client_finished()
{
    auto& deadlines = worker_.deadlines();
    auto const& socket = stream_->socket();
    auto const now = half_close::progress{deadlines.now(), socket.bytes_sent(), exchange_->bytes_in(), socket.has_output()};
    if (!half_close_) half_close_.emplace(settings_->limits.half_close_timeout, now);
    auto const verdict = half_close_->judge(now);
    if (verdict.client == half_close::left) {
        worker_.figures().clients_given_up[telemetry::given_up::left].add();
        exchange_->client_is_gone();
    }
    if (verdict.client == half_close::silent) deadlines.arm_after(quiet_, std::min(verdict.look_again, long_silence));
}

} // namespace yett::net
