#include "gateway/net/http1_session.hpp"

#include "gateway/http/framing.hpp"
#include "gateway/http/http1_writer.hpp"
#include "gateway/net/client_connection.hpp"
#include "gateway/transport/byte_stream.hpp"

#include <algorithm>
#include <cstring>

namespace yett::net {

namespace {

// A connection that waits for a request is parked within two ticks of the deadlines. What
// it gives back then lies between what later connections keep, so the longer it waits, the
// more holes a crowd leaves in memory: a second of it is 1.5 KiB for each of 2,000.
constexpr milliseconds silence{0};
// The same for an exchange, whose client is looked at from then on.
constexpr milliseconds first_look{0};
// After so long without a byte a half-read head gives its buffer back, and a client that
// cannot be watched is looked at again.
constexpr milliseconds long_silence{1000};

} // namespace

http1_session::http1_session(client_connection& home)
    : home_{home},
      writing_{[this] { writing_expired(); }},
      quiet_{[this] { be_quiet(); }}
{
}

task<disposition> http1_session::serve()
{
    for (;;) {
        auto const head_bytes = co_await receive_head();
        if (!head_bytes) {
            // Bytes that stopped before they were a head deserve to hear why.
            if (have_ == 0 || head_bytes.error() != errc::timed_out) co_return disposition::quiet;
            co_await refuse(head_bytes.error());
            co_return disposition::lingering;
        }
        if (*head_bytes == 0) co_return disposition::parked;
        auto const refused = open_exchange(*head_bytes);
        if (!refused && is_http2()) co_return disposition::speaks_http2;
        if (!refused) {
            co_await refuse(refused.error());
            co_return disposition::lingering;
        }
        auto& ex = *exchange_;
        co_await home_.settings().answers.request(ex);
        if (ex.outlet().is_pouring()) co_await ex.outlet().poured();
        home_.stream().socket().unpark();
        if (!ex.finished()) co_return disposition::broken;
        if (!ex.keeps_alive()) co_return disposition::lingering;
        if (!ex.body_complete() && !co_await ex.drain_body()) co_return disposition::lingering;
        keep_what_follows(ex.behind());
        exchange_.reset();
        kept_ = true;
    }
}

// --- a head ------------------------------------------------------------------------

// How many bytes to hand to framing; none when the client is silent and has said nothing yet.
task<result<std::size_t>> http1_session::receive_head()
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
            auto const outgrown = have_ > home_.settings().limits.header_bytes || have_ == head_room().size();
            if (end != http::framing::npos || outgrown) co_return std::min(end, have_);
            seen = have_;
        }
        if (!head_) head_ = home_.worker().large_buffers().take();
        auto const got = home_.stream().read_now(head_room().subspan(have_));
        if (!got) co_return got.error();
        have_ += *got;
        if (*got != 0) {
            open_connections::speaks(home_);
            continue;
        }

        if (have_ == 0) head_.reset();
        if (waits == wait_for::first_byte && home_.worker().draining()) co_return client_error(errc::stopping);
        arm_for_head(waits);
        auto const filled = co_await home_.stream().socket().fill();
        idle_ = false;
        // The timeout counts from the first byte; later ones do not put it off.
        waits = waits == wait_for::first_byte ? wait_for::rest : wait_for::rest_still;
        if (!filled) co_return filled.error();
        if (home_.stream().socket().input().empty()) co_return std::size_t{0};
    }
}

// One line end behind a request's body is no part of it and not of the next one (RFC 9112
// section 2.2). Another one, or one before the first request, is refused by framing.
bool http1_session::is_half_a_line_end() const noexcept
{
    return kept_ && !line_end_skipped_ && have_ == 1 && *head_.data() == '\r';
}

bool http1_session::skip_line_end() noexcept
{
    constexpr std::string_view line_end = "\r\n";
    if (have_ == 0 || !kept_ || line_end_skipped_ || !std::string_view{head_.data(), have_}.starts_with(line_end)) return false;
    line_end_skipped_ = true;
    have_ -= line_end.size();
    if (have_ != 0) std::memmove(head_.data(), head_.data() + line_end.size(), have_);
    return true;
}

void http1_session::arm_for_head(wait_for what)
{
    auto& deadlines = home_.worker().deadlines();
    auto const& limits = home_.settings().limits;
    idle_ = what == wait_for::first_byte;
    if (idle_) deadlines.arm_after(home_.reading(), kept_ ? limits.idle_timeout : limits.first_byte_timeout);
    if (what == wait_for::rest) deadlines.arm_after(home_.reading(), limits.header_timeout);
    deadlines.arm_after(quiet_, idle_ ? silence : long_silence);
}

std::span<char> http1_session::head_room() const noexcept
{
    auto const fields = home_.settings().limits.header_fields * sizeof(http::field);
    return head_.bytes().first(head_.size() - std::min(fields, head_.size() / 2));
}

// The fields lie behind the bytes they point into, and live and die with them.
std::span<http::field> http1_session::field_room() const noexcept
{
    auto const room = head_.bytes().subspan(head_room().size());
    return {reinterpret_cast<http::field*>(room.data()), room.size() / sizeof(http::field)};
}

// --- an exchange -------------------------------------------------------------------

result<void> http1_session::open_exchange(std::size_t head_bytes)
{
    home_.reading().disarm();
    auto const& limits = home_.settings().limits;
    auto const room = field_room();
    auto const framed = http::framing::limits{.header_bytes = limits.header_bytes,
                                              .fields = std::min(limits.header_fields, room.size()),
                                              .target_bytes = limits.target_bytes,
                                              .methods = limits.methods};
    auto const head = http::framing::read_request({head_.data(), head_bytes}, room, framed);
    if (!head) return head.error();
    auto where = http::target::from(*head);
    if (!where) return where.error();
    auto const around =
        http1_surroundings{home_.worker(), home_.stream(), home_.peer(), limits, {home_.reading(), writing_}, home_};
    auto const behind = std::span{head_.data(), have_}.subspan(head_bytes);
    exchange_ = std::make_unique<http1_exchange>(around, *head, std::move(*where), behind);
    half_close_.reset();
    line_end_skipped_ = false;
    home_.worker().deadlines().arm_after(quiet_, first_look);
    return {};
}

// What was read beyond the request moves to where the next head begins.
void http1_session::keep_what_follows(std::span<char> behind)
{
    have_ = behind.size();
    if (have_ != 0) std::memmove(head_.data(), behind.data(), have_);
}

std::string_view http1_session::received() const noexcept
{
    return head_ ? std::string_view{head_.data(), have_} : std::string_view{};
}

// Somebody begins with the preface of HTTP/2 (RFC 9113 section 3.3), which is no request so that nobody takes it for
// one. Over TLS it would have been agreed on.
bool http1_session::is_http2() const noexcept
{
    auto const& settings = home_.settings();
    return !kept_ && settings.http2 && !settings.tls && received().starts_with("PRI * HTTP/2.0\r\n");
}

// Answers bytes that never became a request.
task<void> http1_session::refuse(error why)
{
    auto const reply = home_.settings().answers.refusal(home_.peer(), why, received());
    std::vector<http::field> fields;
    fields.reserve(reply.fields.size());
    for (auto const& [name, value] : reply.fields) fields.push_back({name, value, http::known_named(name)});
    auto const head = http::reply_head{reply.status, fields, reply.body.size()};
    auto const context = http::reply_context{.keep_alive = false, .date = home_.worker().date(), .hsts = home_.peer().hsts};
    std::string out;
    if (!http::append_reply_head(out, head, context)) co_return;
    out += reply.body;
    home_.worker().deadlines().arm_after(writing_, home_.settings().limits.linger_timeout);
    co_await home_.stream().write(out);
    writing_.disarm();
}

// --- the client of an exchange -------------------------------------------------------

void http1_session::client_is_gone()
{
    if (exchange_) exchange_->client_is_gone();
}

// Without an exchange it is the refusal of bytes that never were one.
void http1_session::writing_expired()
{
    if (exchange_ && !exchange_->outlet().is_late()) return;
    if (exchange_) home_.worker().figures().clients_given_up[telemetry::given_up::slow_reader].add();
    home_.stream().socket().interrupt_writing(errc::timed_out);
}

void http1_session::be_quiet()
{
    auto& socket = home_.stream().socket();
    if (idle_ && socket.filling()) return socket.stop_waiting();
    if (socket.filling()) socket.go_quiet();
    if (!exchange_ || exchange_->abandoned()) return;
    home_.worker().deadlines().arm_after(quiet_, long_silence);
    look_after_client();
}

// Whoever waits for input hears of its end anyway; else somebody has to look. What a tunnel
// is told passes through it, so that only a reset is left.
void http1_session::look_after_client()
{
    auto& socket = home_.stream().socket();
    if (socket.filling() || !socket.is_open()) return;
    auto const heard = exchange_->is_tunnel() ? socket.standing(transport::peer_says::more) : home_.stream().overhear();
    if (heard == transport::peer_says::gone) return exchange_->client_is_gone();
    if (heard == transport::peer_says::finished && !exchange_->is_tunnel()) return client_finished();
    // Bytes that nobody wants yet would wake a watch for ever.
    if (heard == transport::peer_says::nothing)
        socket.park([this, alive = home_.shared_from_this()] {
            if (exchange_ && !exchange_->abandoned()) look_after_client();
        });
}

void http1_session::client_finished()
{
    auto& deadlines = home_.worker().deadlines();
    auto const& socket = home_.stream().socket();
    auto const now = half_close::progress{deadlines.now(), socket.bytes_sent(), exchange_->bytes_in(), socket.has_output()};
    if (!half_close_) half_close_ = std::make_unique<half_close>(home_.settings().limits.half_close_timeout, now);
    auto const verdict = half_close_->judge(now);
    if (verdict.client == half_close::left) {
        home_.worker().figures().clients_given_up[telemetry::given_up::left].add();
        exchange_->client_is_gone();
    }
    if (verdict.client == half_close::silent) deadlines.arm_after(quiet_, std::min(verdict.look_again, long_silence));
}

} // namespace yett::net
