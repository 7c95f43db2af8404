#include "gateway/net/body_reader.hpp"

#include "gateway/net/http1_exchange.hpp"
#include "gateway/net/worker.hpp"

#include <algorithm>

// Bytes are where they were read: in what the session had read beyond the head (`raw_` begins there), and from then on in
// one buffer of the worker's, which is taken for a read and given back as soon as nothing lies in it. So a client that
// is waited for holds none, and nothing is copied but for bodies that are gathered.
//
// Waiting is the only place with a deadline: how long depends on what is idle at most and on the pace that the client has
// kept so far. "100 Continue" is owed until something came without it, and is sent when somebody waits for the body and
// no reply has begun (RFC 9110 section 10.1.1).

namespace yett::net {

namespace {

// Nobody knows how long a body in chunks gets. Whoever pauses in one may wait for the answer
// to what it sent.
constexpr milliseconds pause_between_chunks{1000};

} // namespace

body_reader::body_reader(http1_exchange& of, http1_surroundings const& around, std::span<char> behind)
    : of_{of},
      around_{around},
      raw_{behind},
      body_{of.request(), around.limits.body_bytes},
      pace_{around.limits.least_rate},
      continue_owed_{of.request().expects_continue()}
{
}

task<result<http::message_part>> body_reader::read()
{
    gathered_.reset();
    for (;;) {
        auto const part = next_part();
        if (!part) co_return part.error();
        if (!part->empty() || body_.complete()) co_return as_part(*part);
        auto const waited = co_await wait(milliseconds::max());
        if (!waited) co_return waited.error();
    }
}

http::message_part body_reader::as_part(std::string_view bytes) const noexcept
{
    return {bytes, body_.complete(), body_.trailers()};
}

http::message_part body_reader::at_hand()
{
    // A failure shows again when the body is read.
    auto const part = next_part();
    return part ? as_part(*part) : http::message_part{};
}

result<std::string_view> body_reader::next_part()
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
        if (part) pace_.moved(part->size());
        if (!part || !part->empty()) return part;
        if (nothing_came) break;
    }
    if (raw_.empty()) buffer_.reset();
    return std::string_view{};
}

result<void> body_reader::read_at_hand()
{
    if (raw_.empty()) {
        auto const read = read_more();
        if (!read) return read;
    }
    // Whoever sends without waiting for it needs no "100 Continue".
    if (!raw_.empty()) continue_owed_ = false;
    return {};
}

result<void> body_reader::read_more()
{
    if (!buffer_) buffer_ = around_.worker.bulk_buffers().take();
    auto const room = buffer_.bytes().first(body_.wanted(std::min(buffer_.size(), read_at_most_), around_.limits.header_bytes));
    // All that has arrived, record by record, so that it goes on in one piece.
    for (std::size_t more = 1; more != 0 && raw_.size() < room.size();) {
        auto const got = around_.stream.read_now(room.subspan(raw_.size()));
        // It fails again when what came before it was taken.
        if (!got && raw_.empty()) return got.error();
        more = got ? *got : 0;
        raw_ = room.first(raw_.size() + more);
    }
    return {};
}

task<result<http::message_part>> body_reader::gather(http::message_part so_far)
{
    auto const most = around_.limits.upload_buffer;
    if (stream_ || so_far.last || so_far.data.size() >= most) co_return so_far;
    gathered_ = std::make_unique<gathered_body>(around_.worker.bodies(), most);
    if (gathered_->room(so_far.data.size()) < so_far.data.size()) co_return so_far;
    gathered_->add(so_far.data);
    auto const gathered = co_await gather_rest();
    read_at_most_ = unbounded;
    if (!gathered) co_return gathered.error();
    co_return as_part(gathered_->text());
}

task<result<void>> body_reader::gather_rest()
{
    for (;;) {
        if (body_.complete()) co_return result<void>{};
        read_at_most_ = std::min(around_.limits.header_bytes, gathered_->room());
        if (read_at_most_ == 0) co_return result<void>{};
        auto const part = next_part();
        if (!part) co_return part.error();
        gathered_->add(*part);
        if (!part->empty() || body_.complete()) continue;
        auto const pause = of_.request().body() == http::body_kind::chunked ? pause_between_chunks : milliseconds::max();
        auto const is_short = pause < patience();
        auto const waited = co_await wait(pause);
        if (waited) continue;
        if (waited.error() != errc::timed_out || !is_short) co_return waited.error();
        around_.stream.socket().resume_reading();
        co_return result<void>{};
    }
}

void body_reader::be_a_stream() noexcept
{
    stream_ = true;
    pace_.forgive();
}

milliseconds body_reader::patience() const noexcept
{
    return std::min(around_.limits.body_idle_timeout, pace_.patience());
}

task<result<void>> body_reader::wait(milliseconds at_most)
{
    if (std::exchange(continue_owed_, false) && !of_.begun()) {
        auto const told = co_await of_.outlet().send(http::continue_reply);
        if (!told) co_return told.error();
    }
    auto& deadlines = around_.worker.deadlines();
    auto const began = deadlines.now();
    auto const most = patience();
    deadlines.arm_after(around_.expires.reading, std::min(at_most, most));
    auto const filled = co_await around_.stream.socket().fill();
    around_.expires.reading.disarm();
    pace_.waited(std::chrono::floor<milliseconds>(deadlines.now() - began));
    if (filled) co_return result<void>{};
    auto const in_vain = filled.error() == errc::timed_out && most <= at_most;
    if (in_vain && !std::exchange(given_up_, true))
        around_.worker.figures().clients_given_up[telemetry::given_up::slow_upload].add();
    co_return read_failed(filled.error());
}

// A body that ends before it is complete was broken off, however politely.
error body_reader::read_failed(error e)
{
    if (e == errc::timed_out || e == errc::stopping) return e;
    if (around_.stream.socket().broken()) of_.client_is_gone();
    if (e == errc::bad_request) return e;
    return client_error(errc::peer_broke_off, e.note());
}

// An early reply leaves a body unread.
bool body_reader::may_be_drained() const noexcept
{
    return !continue_owed_ && body_.is_short() && body_.check_declared();
}

task<bool> body_reader::drain()
{
    while (!body_.complete()) {
        auto const part = co_await read();
        if (!part) co_return false;
    }
    co_return true;
}

// --- a tunnel ----------------------------------------------------------------------

// Bytes that came behind the request come first.
task<result<std::string_view>> body_reader::read_through()
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
result<std::string_view> body_reader::next_through()
{
    if (raw_.empty()) {
        if (!buffer_) buffer_ = around_.worker.bulk_buffers().take();
        auto const got = around_.stream.read_now(buffer_.bytes());
        if (!got) return got.error();
        raw_ = buffer_.bytes().first(*got);
    }
    if (raw_.empty()) buffer_.reset();
    tunnelled_ += raw_.size();
    auto const part = std::exchange(raw_, {});
    return std::string_view{part.data(), part.size()};
}

} // namespace yett::net
