#include "gateway/net/http2/http2_exchange.hpp"

#include "gateway/http/field_list.hpp"
#include "gateway/http/fields/grpc.hpp"
#include "gateway/http/fields/trailers.hpp"
#include "gateway/http/https_entrance.hpp"
#include "gateway/net/client_connection.hpp"
#include "gateway/net/http2/http2_session.hpp"

#include <algorithm>
#include <utility>

// Neither direction is buffered beyond its window. What the client sends lies in `body_` until it is asked for, and its
// window opens again when whoever asked comes back for more. What it is sent stays with whoever wrote it until it was gathered
// for the client's window, and who waits for that longer than `body_idle_timeout` gives up: the stream is reset, the
// connection goes on.
//
// The engine's calls only note what happened and wake from the event loop; see http2::stream.

namespace yett::net {
namespace {

// Of a body that is taken as it comes. What is on its way of all bodies together is bounded by the connection's.
constexpr std::uint32_t wide_window = 256 * 1024;
// Between two parts of a body without a length that is gathered.
constexpr milliseconds pause_between_parts{1000};
constexpr std::uint64_t worth_widening = 32 * 1024;

} // namespace

http2_exchange::http2_exchange(http2_session& home, http2::field_section&& section, http::head const& head, http::target&& where)
    : home_{home},
      section_{std::move(section)},
      head_{head},
      target_{std::move(where)},
      started_at_{steady_now()},
      body_{home.worker().large_buffers(), home.worker().bodies(), head_, home.limits().body_bytes},
      reading_{[this] { expired(reading_); }, home.limits().least_rate},
      writing_{[this] { expired(writing_); }, home.limits().least_rate},
      hsts_{home.peer().hsts}
{
}

http2_exchange::~http2_exchange()
{
    home_.engine().forget(*this);
}

http::peer const& http2_exchange::from() const noexcept
{
    return home_.peer();
}

void http2_exchange::came_by_proxy(bool https) noexcept
{
    auto const& written = from().hsts_by_proxy;
    hsts_ = https && !written.empty() && http::may_be_https_only(target_.host()) ? written : std::string_view{};
}

void http2_exchange::be_a_stream() noexcept
{
    body_.pass();
    reading_.speed.forgive();
    writing_.speed.forgive();
}

// --- the request's body ------------------------------------------------------------

void http2_exchange::pass_on_taken()
{
    auto const bytes = body_.taken();
    if (bytes == 0) return;
    home_.engine().taken(*this, bytes);
    home_.output().push();
}

http::message_part http2_exchange::body_at_hand()
{
    pass_on_taken();
    auto const part = body_.next();
    return part ? *part : http::message_part{};
}

task<result<http::message_part>> http2_exchange::read_body()
{
    pass_on_taken();
    for (;;) {
        auto const part = body_.next();
        if (!part || !part->data.empty() || part->last) co_return part;
        auto const waited = co_await wait_for_body();
        if (!waited) co_return waited.error();
    }
}

// A length that is known will come, or the client be given up; without one, whoever pauses may be in the midst of a
// conversation, as gRPC's clients are, who are not kept waiting at all.
task<result<http::message_part>> http2_exchange::gather_body(http::message_part so_far)
{
    auto const talks = http::grpc::is_call(head_);
    if (talks || !body_.gather(so_far, home_.limits().upload_buffer)) co_return so_far;
    auto const pause = head_.body() == http::body_kind::chunked ? pause_between_parts : milliseconds::max();
    for (;;) {
        pass_on_taken();
        auto const kept_all = body_.gather_more();
        if (!kept_all) co_return kept_all.error();
        if (*kept_all) break;
        if (body_.has_more()) continue;
        auto const is_short = pause < patience(reading_);
        auto const waited = co_await wait_for_body(pause);
        if (waited) continue;
        if (waited.error() != errc::timed_out || !is_short) co_return waited.error();
        break;
    }
    co_return body_.gathered();
}

task<result<void>> http2_exchange::wait_for_body(milliseconds at_most)
{
    if (gone_) co_return lost();
    if (body_.owes_continue() && !begun()) home_.say_continue(*this);
    if (body_.received() > worth_widening) {
        home_.engine().widen(*this, wide_window);
        home_.output().push();
    }
    auto const before = body_.received();
    auto const in_vain = patience(reading_) <= at_most;
    co_await wait(reading_, at_most);
    reading_.speed.moved(body_.received() - before);
    if (body_.has_more()) co_return result<void>{};
    if (gone_) co_return lost();
    if (!std::exchange(reading_.timed_out, false)) co_return result<void>{};
    if (in_vain) home_.give_up(telemetry::given_up::slow_upload);
    co_return client_error(errc::timed_out);
}

// A deadline says that nothing came; what came too slowly is seen by the pace.
milliseconds http2_exchange::patience(direction const& on) const noexcept
{
    return std::min(home_.limits().body_idle_timeout, on.speed.patience());
}

task<void> http2_exchange::wait(direction& on, milliseconds at_most)
{
    auto& deadlines = home_.worker().deadlines();
    auto const began = deadlines.now();
    on.timed_out = false;
    deadlines.arm_after(on.late, std::min(at_most, patience(on)));
    co_await on.changed.wait();
    on.late.disarm();
    on.speed.waited(std::chrono::floor<milliseconds>(deadlines.now() - began));
}

void http2_exchange::expired(direction& on)
{
    on.timed_out = true;
    on.changed.wake_later(home_.worker().executor());
}

error http2_exchange::lost() const
{
    return client_error(errc::peer_broke_off);
}

// --- the reply ---------------------------------------------------------------------

task<result<void>> http2_exchange::begin(http::reply_head const& head, http::message_part part)
{
    if (begun()) co_return our_error(errc::internal, "a second reply was begun");
    if (gone_) co_return lost();
    auto const context = http::reply_context{
        .version = http::version::http_2, .method = head_.method(), .date = home_.worker().date(), .hsts = hsts_};
    auto const follows = home_.fields().write(head, context);
    if (!follows) co_return follows.error();
    auto const status = head.status;
    reply_.begin(*follows, head.length.value_or(0));
    auto const body = reply_.admit(part.data, part.last);
    status_ = status;
    if (!body) {
        give_up(http2::error_code::internal_error);
        co_return body.error();
    }
    auto const trailers = trailers_for_client(part);
    auto const is_all = part.last && body->empty() && trailers.empty();
    home_.engine().reply(*this, home_.fields().get(), is_all);
    if (is_all || (body->empty() && !part.last)) {
        home_.output().push();
        co_return result<void>{};
    }
    co_return co_await send(*body, part.last, trailers);
}

task<result<void>> http2_exchange::write(http::message_part part)
{
    if (!begun() || reply_.complete()) co_return our_error(errc::internal, "written outside of a reply");
    if (gone_) co_return lost();
    auto const body = reply_.admit(part.data, part.last);
    if (!body) {
        give_up(http2::error_code::internal_error);
        co_return body.error();
    }
    if (body->empty() && !part.last) co_return result<void>{};
    auto const trailers = trailers_for_client(part);
    co_return co_await send(*body, part.last, trailers);
}

task<result<void>> http2_exchange::send(std::string_view bytes, bool last, std::span<http::field const> trailers)
{
    home_.engine().offer(*this, bytes, last, trailers);
    home_.output().push();
    if (!has_unsent() && !gone_) co_return result<void>{};
    co_return co_await wait_until_sent();
}

task<result<void>> http2_exchange::wait_until_sent()
{
    while (!gone_ && !home_.output().failed()) {
        if (!has_unsent()) co_return result<void>{};
        auto const before = unsent_bytes();
        co_await wait(writing_, milliseconds::max());
        writing_.speed.moved(before - unsent_bytes());
        auto const late = std::exchange(writing_.timed_out, false) && has_unsent();
        if (late && (before == unsent_bytes() || writing_.speed.too_slow())) {
            home_.give_up(telemetry::given_up::slow_reader);
            break;
        }
    }
    reply_.break_off();
    give_up(http2::error_code::cancel);
    co_return lost();
}

// Only to those who said that they read them (RFC 9110 section 6.5.1), or whose protocol is nothing without.
bool http2_exchange::wants_trailers() const noexcept
{
    return http::list_has(head_.value(http::known::te), "trailers") || http::grpc::is_call(head_);
}

std::span<http::field const> http2_exchange::trailers_for_client(http::message_part const& part)
{
    trailers_.clear();
    if (!part.last || part.trailers.empty() || !wants_trailers()) return {};
    trailers_.assign(part.trailers.begin(), part.trailers.end());
    return http::fit_trailers(trailers_);
}

void http2_exchange::abort() noexcept
{
    give_up(http2::error_code::cancel);
}

// The reset says that this was not all.
void http2_exchange::give_up(http2::error_code why) noexcept
{
    if (reply_.complete() || !is_open()) return;
    home_.engine().reset(*this, why);
    gone_ = true;
    for (auto* each : {&reading_, &writing_}) each->changed.wake_later(home_.worker().executor());
    home_.output().push();
}

// --- the client's end --------------------------------------------------------------

void http2_exchange::on_abandoned(std::function<void()> notify)
{
    notify_ = std::move(notify);
    if (notify_ && gone_) client_is_gone();
}

void http2_exchange::client_is_gone()
{
    gone_ = true;
    for (auto* each : {&reading_, &writing_}) each->changed.wake_later(home_.worker().executor());
    if (auto const notify = std::exchange(notify_, nullptr)) notify();
}

void http2_exchange::on_data(std::string_view bytes)
{
    body_.came(bytes);
    reading_.changed.wake_later(home_.worker().executor());
}

void http2_exchange::on_trailers(http2::field_section& section)
{
    body_.trailers_came(section);
}

void http2_exchange::on_end()
{
    body_.ended();
    reading_.changed.wake_later(home_.worker().executor());
}

void http2_exchange::on_sent()
{
    writing_.changed.wake_later(home_.worker().executor());
}

void http2_exchange::on_closed(http2::error_code why) noexcept
{
    if (why == http2::error_code::no_error && reply_.complete()) return;
    gone_ = true;
    home_.has_left(*this);
}

} // namespace yett::net
