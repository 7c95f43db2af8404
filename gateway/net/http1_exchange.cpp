#include "gateway/net/http1_exchange.hpp"

#include "gateway/http/chunks.hpp"
#include "gateway/http/https_entrance.hpp"
#include "gateway/net/worker.hpp"

namespace yett::net {

namespace {

// Up to here the copy into one write costs less than a second record would.
constexpr std::size_t joined_bytes = 32 * 1024;
// Nobody knows how long a body in chunks gets. Whoever pauses in one may wait for the answer
// to what it sent.
constexpr milliseconds pause_between_chunks{1000};

} // namespace

http1_exchange::http1_exchange(http1_surroundings around, http::head head, http::target&& where, std::span<char> behind)
    : around_{around},
      head_{head},
      target_{std::move(where)},
      started_at_{steady_now()},
      raw_{behind},
      body_{head_, around.limits.body_bytes},
      body_pace_{around.limits.least_rate},
      read_at_most_{around.limits.header_bytes},
      outlet_{*this, around_},
      continue_owed_{head_.expects_continue()},
      hsts_{around.peer.hsts}
{
}

void http1_exchange::came_by_proxy(bool https) noexcept
{
    auto const& written = around_.peer.hsts_by_proxy;
    hsts_ = https && !written.empty() && http::may_be_https_only(target_.host()) ? written : std::string_view{};
}

// --- the request's body ------------------------------------------------------------

task<result<http::message_part>> http1_exchange::read_body()
{
    if (tunnel_) {
        auto const through = co_await read_through();
        if (!through) co_return through.error();
        co_return http::message_part{*through, through->empty()};
    }
    gathered_.reset();
    for (;;) {
        auto const part = next_part();
        if (!part) co_return part.error();
        if (!part->empty() || body_.complete()) co_return as_part(*part);
        auto const waited = co_await wait_for_body(milliseconds::max());
        if (!waited) co_return waited.error();
    }
}

http::message_part http1_exchange::as_part(std::string_view bytes) const noexcept
{
    return {bytes, body_.complete(), body_.trailers()};
}

http::message_part http1_exchange::body_at_hand()
{
    // A failure shows again when the body is read.
    auto const part = next_part();
    return part ? as_part(*part) : http::message_part{};
}

result<std::string_view> http1_exchange::next_part()
{
    auto const allowed = body_.check_declared();
    if (!allowed) return allowed.error();
    // A read gives one TLS record at a time, and a record may hold nothing but a piece of a
    // chunk's size: nobody may wait before all that has arrived was looked at.
    while (!body_.complete()) {
        auto const read = read_at_hand();
        if (!read) return read_failed(read.error());
        auto const nothing_came = raw_.empty();
        auto part = body_.take(raw_); // also without bytes: what was wrong with the body stays wrong
        if (part) body_pace_.moved(part->size());
        if (!part || !part->empty()) return part;
        if (nothing_came) break;
    }
    if (raw_.empty()) body_buffer_.reset();
    return std::string_view{};
}

result<void> http1_exchange::read_at_hand()
{
    if (raw_.empty()) {
        auto const read = read_more();
        if (!read) return read;
    }
    // Whoever sends without waiting for it needs no "100 Continue".
    if (!raw_.empty()) continue_owed_ = false;
    return {};
}

result<void> http1_exchange::read_more()
{
    if (!body_buffer_) body_buffer_ = around_.worker.large_buffers().take();
    auto const room = body_buffer_.bytes().first(body_.wanted(read_at_most_));
    auto const got = around_.stream.read_now(room);
    if (!got) return got.error();
    raw_ = room.first(*got);
    return {};
}

task<result<http::message_part>> http1_exchange::gather_body(http::message_part so_far)
{
    auto const most = around_.limits.upload_buffer;
    if (stream_ || so_far.last || so_far.data.size() >= most) co_return so_far;
    gathered_ = std::make_unique<gathered_body>(around_.worker.bodies(), most);
    if (gathered_->room(so_far.data.size()) < so_far.data.size()) co_return so_far;
    gathered_->add(so_far.data);
    auto const gathered = co_await gather_rest();
    read_at_most_ = around_.limits.header_bytes;
    if (!gathered) co_return gathered.error();
    co_return as_part(gathered_->text());
}

task<result<void>> http1_exchange::gather_rest()
{
    for (;;) {
        if (body_.complete()) co_return result<void>{};
        read_at_most_ = std::min(around_.limits.header_bytes, gathered_->room());
        if (read_at_most_ == 0) co_return result<void>{};
        auto const part = next_part();
        if (!part) co_return part.error();
        gathered_->add(*part);
        if (!part->empty() || body_.complete()) continue;
        auto const pause = head_.body() == http::body_kind::chunked ? pause_between_chunks : milliseconds::max();
        auto const is_short = pause < body_patience();
        auto const waited = co_await wait_for_body(pause);
        if (waited) continue;
        if (waited.error() != errc::timed_out || !is_short) co_return waited.error();
        around_.stream.socket().resume_reading();
        co_return result<void>{};
    }
}

void http1_exchange::be_a_stream() noexcept
{
    stream_ = true;
    body_pace_.forgive();
    outlet_.forgive_slowness();
}

milliseconds http1_exchange::body_patience() const noexcept
{
    return std::min(around_.limits.body_idle_timeout, body_pace_.patience());
}

task<result<void>> http1_exchange::wait_for_body(milliseconds at_most)
{
    if (std::exchange(continue_owed_, false) && !begun()) {
        auto const told = co_await outlet_.send(http::continue_reply);
        if (!told) co_return told.error();
    }
    auto& deadlines = around_.worker.deadlines();
    auto const began = deadlines.now();
    auto const patience = body_patience();
    deadlines.arm_after(around_.expires.reading, std::min(at_most, patience));
    auto const filled = co_await around_.stream.socket().fill();
    around_.expires.reading.disarm();
    body_pace_.waited(std::chrono::floor<milliseconds>(deadlines.now() - began));
    if (filled) co_return result<void>{};
    auto const in_vain = filled.error() == errc::timed_out && patience <= at_most;
    if (in_vain && !std::exchange(given_up_, true))
        around_.worker.figures().clients_given_up[telemetry::given_up::slow_upload].add();
    co_return read_failed(filled.error());
}

// A body that ends before it is complete was broken off, however politely.
error http1_exchange::read_failed(error e)
{
    if (e == errc::timed_out || e == errc::stopping) return e;
    if (around_.stream.socket().broken()) client_is_gone();
    if (e == errc::bad_request) return e;
    return client_error(errc::peer_broke_off, e.note());
}

task<bool> http1_exchange::drain_body()
{
    while (!body_.complete()) {
        auto const part = co_await read_body();
        if (!part) co_return false;
    }
    co_return true;
}

// --- a tunnel ----------------------------------------------------------------------

// Bytes that came behind the request come first.
task<result<std::string_view>> http1_exchange::read_through()
{
    for (;;) {
        auto part = next_through();
        if (!part) {
            if (part.error() == errc::peer_closed) co_return std::string_view{};
            co_return read_failed(part.error());
        }
        if (!part->empty()) co_return part;
        auto const filled = co_await around_.stream.socket().fill();
        if (!filled && filled.error() == errc::peer_closed) co_return std::string_view{};
        if (!filled) co_return read_failed(filled.error());
    }
}

// What is at hand; a tunnel that waits holds no buffer.
result<std::string_view> http1_exchange::next_through()
{
    if (raw_.empty()) {
        if (!body_buffer_) body_buffer_ = around_.worker.large_buffers().take();
        auto const got = around_.stream.read_now(body_buffer_.bytes());
        if (!got) return got.error();
        raw_ = body_buffer_.bytes().first(*got);
    }
    if (raw_.empty()) body_buffer_.reset();
    tunnelled_in_ += raw_.size();
    auto const part = std::exchange(raw_, {});
    return std::string_view{part.data(), part.size()};
}

// --- the reply ---------------------------------------------------------------------

// After an early reply the connection goes on only if what is left of the body is
// certain to come and short.
bool http1_exchange::client_may_go_on() const noexcept
{
    return head_.keep_alive() && !last_here_ && !around_.worker.draining() && !continue_owed_ && body_.is_short() &&
           body_.check_declared();
}

task<result<void>> http1_exchange::begin(http::reply_head const& head, http::message_part part)
{
    if (begun()) co_return our_error(errc::internal, "a second reply was begun");
    if (abandoned()) co_return client_error(errc::peer_broke_off);
    auto out = take_scratch();
    auto const context = http::reply_context{.version = head_.version(),
                                             .method = head_.method(),
                                             .keep_alive = client_may_go_on(),
                                             .date = around_.worker.date(),
                                             .hsts = hsts_};
    auto const framing = http::append_reply_head(out, head, context);
    if (!framing) co_return framing.error();
    status_ = head.status;
    if (head.status == 101) become_tunnel();
    reply_body_ = tunnel_ ? http::response_body::until_close : framing->body;
    keeps_alive_ = framing->keep_alive;
    left_out_ = head.length.value_or(0);

    auto const body = account(part.data, part.last);
    if (!body) co_return body.error();
    auto const beyond = frame(out, *body, part.last); // trailers are dropped (RFC 9110 section 6.5.1)
    auto const rest = outlet_.send_now(out);
    if (rest.empty() && outlet_.settled() && beyond.part.empty()) {
        around_.worker.scratch() = std::move(out);
        co_return result<void>{};
    }
    auto const done = out.size() - rest.size();
    co_return co_await send_rest(std::move(out), done, beyond);
}

void http1_exchange::become_tunnel() noexcept
{
    tunnel_ = true;
    be_a_stream();
    outlet_.hold_nothing();
}

task<result<void>> http1_exchange::write(http::message_part part)
{
    if (!begun() || finished_) co_return our_error(errc::internal, "written outside of a reply");
    if (abandoned()) co_return client_error(errc::peer_broke_off);
    auto const body = account(part.data, part.last);
    if (!body) co_return body.error();
    auto out = take_scratch();
    auto const beyond = frame(out, *body, part.last);
    auto sent = co_await send_rest(std::move(out), 0, beyond);
    if (sent && part.last && tunnel_) {
        around_.stream.say_goodbye();
        around_.stream.socket().finish_sending();
    }
    co_return sent;
}

// Checks a part against what the head promised. Empty for a reply without a body.
result<std::string_view> http1_exchange::account(std::string_view part, bool last)
{
    if (reply_body_ == http::response_body::none) {
        finished_ = last;
        return std::string_view{};
    }
    if (reply_body_ == http::response_body::length) {
        if (part.size() > left_out_ || (last && part.size() != left_out_)) {
            abort();
            return our_error(errc::internal, "a reply's body has another length than its head says");
        }
        left_out_ -= part.size();
    }
    bytes_out_ += part.size();
    finished_ = last;
    return part;
}

// Appends the part with what surrounds it; one too large to be copied comes back.
http1_exchange::framed http1_exchange::frame(std::string& out, std::string_view part, bool last) const
{
    auto const chunked = reply_body_ == http::response_body::chunked;
    auto after = std::string_view{};
    if (chunked && !part.empty()) {
        http::chunk_line_buffer line;
        out += http::chunk_line(part.size(), line);
        after = last ? "\r\n0\r\n\r\n" : http::chunk_end;
    } else if (chunked && last) {
        after = http::last_chunk;
    }
    // Bytes that nothing surrounds need no copy; few bytes are better off in one record.
    if (part.size() > joined_bytes || (out.empty() && after.empty())) return {part, after};
    out.append(part).append(after);
    return {};
}

task<result<void>> http1_exchange::send_rest(std::string out, std::size_t done, framed beyond)
{
    auto sent = co_await outlet_.send(std::string_view{out}.substr(done));
    if (sent && !beyond.part.empty()) sent = co_await outlet_.send(beyond.part);
    if (sent && !beyond.after.empty()) sent = co_await outlet_.send(beyond.after);
    if (!sent) finished_ = false;
    around_.worker.scratch() = std::move(out);
    co_return sent;
}

std::string http1_exchange::take_scratch()
{
    auto out = std::move(around_.worker.scratch());
    out.clear();
    return out;
}

void http1_exchange::abort() noexcept
{
    // The last bytes of a tunnel may be on their way to somebody who does not take them.
    if (finished_ && (!tunnel_ || around_.stream.settled())) return;
    around_.stream.socket().reset();
    gone_ = true;
}

// --- the client's end --------------------------------------------------------------

void http1_exchange::on_abandoned(std::function<void()> notify)
{
    notify_ = std::move(notify);
    if (notify_ && abandoned()) client_is_gone();
}

void http1_exchange::client_is_gone()
{
    gone_ = true;
    if (auto const notify = std::exchange(notify_, nullptr)) notify();
}

} // namespace yett::net
